"""Clocks that change, jump and stand still, in small; `make faults-clock` lives through all of them."""

from datetime import timedelta

import pytest

from bench.faults.clock import CHANGES, change, judged, jump, stories, week_asleep


@pytest.mark.slow
@pytest.mark.parametrize(
    "story",
    [
        change(CHANGES[0]),
        change(CHANGES[1]),
        jump(6, timedelta(hours=1)),
        jump(6, -timedelta(hours=1)),
        week_asleep(),
    ],
    ids=lambda story: story.name,
)
def test_each_markets_issue_appears_once_per_local_date(story) -> None:
    assert judged([story]) == []


def test_the_whole_run_jumps_at_every_second_hour_both_ways() -> None:
    assert len(stories()) == len(CHANGES) + 24 + 1
