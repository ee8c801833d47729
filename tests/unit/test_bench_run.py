"""A figure is a loss only when it is told twice."""

import pytest

from bench.run import compared


def a_row(ratio: float) -> dict[str, object]:
    return {
        "name": "store",
        "workload": "w",
        "ratio": ratio,
        "at_least": True,
        "target": 0.8,
        "verdict": "ok",
        "quick": True,
    }


@pytest.mark.parametrize(
    ("told", "fails"),
    [([1.0], 0), ([0.8], 0), ([0.6, 1.0], 0), ([0.6, 0.6], 1), ([None, 1.0], 0), ([None, None], 1)],
)
def test_a_worse_figure_is_measured_once_more(told, fails):
    answers = [None if ratio is None else [a_row(ratio)] for ratio in told]
    assert compared(["store"], lambda name: answers.pop(0), {"store, short": a_row(1.0)}) == fails
    assert not answers
