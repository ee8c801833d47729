"""Limits as platforms tell them: how long an answer asks us to stay away."""

from datetime import UTC, datetime, timedelta

import pytest

from crawler.politeness import asked_wait

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
EPOCH = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"retry-after": "30"}, 30),
        (429, {"retry-after": "30", "x-ratelimit-reset": str(EPOCH + 90)}, 30),
        (429, {"x-ratelimit-reset": "2026-11-28T09:05:00.000000Z"}, 300),  # Mastodon
        (429, {"ratelimit-reset": str(EPOCH + 120), "ratelimit-remaining": "0"}, 120),  # Bluesky
        (429, {"x-rate-limit-reset": str(EPOCH + 60)}, 60),  # X
        (429, {"x-ratelimit-reset": "45"}, 45),  # Reddit
        (429, {"ratelimit": "limit=100, remaining=0, reset=50"}, 50),
        (429, {"ratelimit": '"burst";r=0;t=7'}, 7),
        (429, {}, None),
        (429, {"x-ratelimit-reset": "soon"}, None),
        (429, {"x-ratelimit-reset": str(EPOCH - 5)}, 0),
        (429, {"x-ratelimit-reset": str(EPOCH + 10**8)}, 86_400),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-11-28T09:01:00Z"}, 60),
        (200, {"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "20"}, 20),
        (200, {"ratelimit": '"burst";r=0;t=7'}, 7),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "80000"}, 3_600),
        (200, {"x-ratelimit-remaining": "3", "x-ratelimit-reset": "20"}, None),
        (200, {"retry-after": "30"}, None),
        (503, {"retry-after": "Sat, 28 Nov 2026 09:00:10 GMT"}, 10),
    ],
)
def test_an_answer_says_how_long_to_wait(status: int, headers: dict[str, str], seconds: int | None) -> None:
    assert asked_wait(status, headers, NOW) == (None if seconds is None else timedelta(seconds=seconds))
