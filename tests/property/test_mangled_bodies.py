"""The nightly run of mangled bodies, in small."""

import pytest

from bench.faults.mangled import BLOWN_UP, blown_up, judged, seeds
from crawler.judge import LENIENT_OCTETS, beginning_of
from domain.errors import ParseError


@pytest.mark.slow
def test_mangled_bodies_are_read_or_refused_in_time() -> None:
    found = judged(200, 5)
    assert (found.uncaught, found.slow) == ([], [])


def test_every_connector_and_publisher_gives_a_seed() -> None:
    assert {"rss", "html", "mastodon", "nzz"} <= {seed.name for seed in seeds()}


def test_a_long_broken_feed_keeps_its_first_whole_entries() -> None:
    entry = b"<item><title>&nbsp;A</title></item>"
    kept = beginning_of(b"<rss><channel>" + entry * 30_000)
    assert kept.endswith(b"</item>") and LENIENT_OCTETS - len(entry) < len(kept) <= LENIENT_OCTETS


def test_a_long_broken_feed_without_entries_is_refused() -> None:
    with pytest.raises(ParseError, match="too large"):
        beginning_of(b"<rss>" + b"<" * BLOWN_UP)


def test_blowing_up_makes_two_megabytes() -> None:
    import random

    assert len(blown_up(b"<rss>" * 10, random.Random(1))) > BLOWN_UP * 0.99
