"""A month of bad weather: three calls in ten fail in the platform's own ways; nothing is lost or doubled, no budget passed.

Real sockets, the real collect belt and ledger; only the clock is simulated, and Scrapy's road (with its real waits) is
left out, since a platform's "come back in five minutes" would be kept to the minute.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from crawler.dedupe import NearIndex
from crawler.faults import Fault
from crawler.secret import filled
from crawler.visit import Visiting
from domain.model import Fetched, Lens, Limits, Outcome, Source
from lagebild.belts.collect import CollectRun, Desk
from storage.memory import MemoryArchive
from tests.integration.loopback import Asked, Platform, Told, serving

START = datetime(2026, 3, 1, tzinfo=UTC)
MONTH = timedelta(days=30)
EVERY = timedelta(hours=2)
FINE_DAYS = timedelta(days=2)  # after the month, to catch up
BAD = 0.3
OUTAGE = (START + timedelta(days=11), START + timedelta(days=13))
"""When YouTube's feeds answer 404, as they did for days in 2026."""
UNITS_A_DAY, SEARCHES_A_DAY = 150, 60
PACIFIC = ZoneInfo("America/Los_Angeles")


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


@dataclass
class World:
    """All platforms behind one door; `now` is the moment they live in. `calls` counts what each day was asked for."""

    now: datetime = START
    chance: random.Random = field(default_factory=lambda: random.Random(11))
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    bad: int = 0
    asked: int = 0

    def __post_init__(self) -> None:
        dice = random.Random(3)
        moments = [START + timedelta(seconds=dice.uniform(0, MONTH.total_seconds())) for _ in range(1200)]
        # A burst that no ceiling holds in one answer.
        burst = [START + timedelta(days=20, seconds=n) for n in range(2600)]
        self.toots = sorted(moments)
        self.skeets = sorted(
            START + timedelta(seconds=dice.uniform(0, MONTH.total_seconds())) for _ in range(1500)
        )
        self.stories = sorted([*(m.replace(microsecond=0) for m in moments), *burst])
        self.videos = [START + timedelta(hours=12 * n + 1) for n in range(60)]
        self.comments = {
            n: sorted(at + timedelta(minutes=dice.uniform(1, 2_800)) for _ in range(20))
            for n, at in enumerate(self.videos)
        }

    def out(self, moments: list[datetime]) -> list[tuple[int, datetime]]:
        """What is out by now, newest first."""
        return [(n, at) for n, at in enumerate(moments) if at <= self.now][::-1]

    # --- the door ---

    def __call__(self, asked: Asked) -> Told:
        self.asked += 1
        place = asked.path.split("/")[1]
        if place == "youtube":
            self.calls[f"{self.now.astimezone(PACIFIC):%Y-%m-%d}", "youtube"] += 1
        if place == "api" and asked.path.endswith("search_by_date"):
            self.calls[f"{self.now:%Y-%m-%d}", "hackernews"] += 1
        if place == "feeds" and OUTAGE[0] <= self.now < OUTAGE[1]:
            return Told(status=404)
        is_month = self.now < START + MONTH
        if is_month and self.chance.random() < BAD:
            self.bad += 1
            return self.bad_answer(asked)
        return self.good_answer(asked)

    def bad_answer(self, asked: Asked) -> Told:
        epoch = str(int(self.now.timestamp()) + 300)
        limits = {
            "api": {
                "X-RateLimit-Reset": stamp(self.now + timedelta(minutes=5)),
                "X-RateLimit-Remaining": "0",
            },
            "xrpc": {"ratelimit-remaining": "0", "ratelimit-reset": epoch},
        }
        return self.chance.choice(
            [
                Told(b"Too Many Requests", 429, limits.get(asked.path.split("/")[1], {"retry-after": "120"})),
                Told(b"<html>oops</html>", 500),
                Told(b"", 503, {"retry-after": "60"}),
                Told(b"<html>not found</html>", 404),
                Told(status=-1),  # the connection is dropped: a timeout, as the client sees it
            ]
        )

    def good_answer(self, asked: Asked) -> Told:
        match asked.path:
            case "/api/v2/instance":
                return Told(b"{}")
            case "/api/v1/timelines/public":
                return self.timeline(asked.query)
            case "/xrpc/app.bsky.feed.searchPosts":
                return self.search(asked.query)
            case "/api/v1/search_by_date":
                return self.algolia(asked.query)
            case "/feeds/videos.xml":
                return self.feed()
            case "/youtube/playlistItems":
                return self.uploads(asked.query)
            case "/youtube/commentThreads":
                return self.threads(asked.query)
        return Told(status=404)

    # --- Mastodon, forty a page, ids that sort ---

    def timeline(self, query: Any) -> Told:
        rows = self.out(self.toots)
        floor, ceiling = query.get("min_id", ""), query.get("max_id", "")
        rows = [
            row
            for row in rows
            if (not floor or f"{row[0]:06d}" > floor) and (not ceiling or f"{row[0]:06d}" < ceiling)
        ]
        rows = rows[-40:] if floor else rows[:40]
        account = {"id": "7", "acct": "a", "indexable": True}
        told = [
            {
                "id": f"{n:06d}",
                "created_at": stamp(at),
                "visibility": "public",
                "content": f"T {n}",
                "account": account,
            }
            for n, at in rows
        ]
        return Told(json.dumps(told).encode())

    # --- Bluesky, a cursor that counts hits ---

    def search(self, query: Any) -> Told:
        rows = [
            r
            for r in self.out(self.skeets)
            if query.get("since", "") <= stamp(r[1]) < query.get("until", "9")
        ]
        start = int(query.get("cursor", "0"))
        posts = [
            {
                "uri": f"at://did:plc:a/app.bsky.feed.post/{n}",
                "author": {"did": "did:plc:a"},
                "record": {"text": f"T {n}", "createdAt": stamp(at)},
                "indexedAt": stamp(at),
            }
            for n, at in rows[start : start + 25]
        ]
        more = {"cursor": str(start + 25)} if start + 25 < len(rows) else {}
        return Told(json.dumps({"posts": posts, **more}).encode())

    # --- Algolia, never more than a thousand ---

    def algolia(self, query: Any) -> Told:
        bounds = query["numericFilters"].split(",")
        floor = int(bounds[0].removeprefix("created_at_i>"))
        ceiling = int(bounds[1].removeprefix("created_at_i<=")) if bounds[1:] else 10**11
        rows = [(n, int(at.timestamp())) for n, at in self.out(self.stories)]
        hits = [
            {
                "objectID": str(n),
                "created_at_i": at,
                "created_at": stamp(datetime.fromtimestamp(at, UTC)),
                "title": f"T {n}",
                "author": "a",
            }
            for n, at in rows
            if floor < at <= ceiling
        ]
        return Told(json.dumps({"hits": hits[:1000]}).encode())

    # --- YouTube, fifteen in a feed; the interface by pages ---

    def feed(self) -> Told:
        rows = "".join(
            f"<entry><yt:videoId>v{n:03d}</yt:videoId><title>T</title><published>{stamp(at)}</published></entry>"
            for n, at in self.out(self.videos)[:15]
        )
        spaces = 'xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns="http://www.w3.org/2005/Atom"'
        return Told(f"<feed {spaces}>{rows}</feed>".encode())

    def uploads(self, query: Any) -> Told:
        rows = [
            {
                "snippet": {"title": "T"},
                "contentDetails": {"videoId": f"v{n:03d}", "videoPublishedAt": stamp(at)},
            }
            for n, at in self.out(self.videos)
        ]
        return self.by_page(rows, query)

    def threads(self, query: Any) -> Told:
        video = query["videoId"]
        rows = [
            {
                "snippet": {
                    "topLevelComment": {
                        "id": f"{video}-{n}",
                        "snippet": {"textOriginal": "Ja", "publishedAt": stamp(at)},
                    }
                }
            }
            for n, at in self.out(self.comments[int(video[1:])])
        ]
        return self.by_page(rows, {**query, "maxResults": "8"})

    def by_page(self, rows: list[dict[str, Any]], query: Any) -> Told:
        start, size = int(query.get("pageToken", "0")), int(query["maxResults"])
        more = {"nextPageToken": str(start + size)} if start + size < len(rows) else {}
        return Told(json.dumps({"items": rows[start : start + size], **more}).encode())


def sources(base: str) -> list[Source]:
    def source(name: str, kind: str, **given: Any) -> Source:
        plain = Source(
            id=name, name=name, kind=kind, url=base + "/", language="de", markets=("DE",), lens=Lens.USER, fetch_pages=False
        )  # fmt: skip
        return replace(plain, **given)

    channel = {"channels": ["UCx"], "days": 3}
    return [
        source("mastodon", "mastodon", options={"days": 3}),
        source("bluesky", "bluesky", options={"queries": ["t"], "days": 3}),
        source(
            "hackernews",
            "hackernews",
            limits=Limits(daily_budget=SEARCHES_A_DAY),
            options={"queries": [{"any": ["t"], "daily_budget": SEARCHES_A_DAY - 10}], "days": 3},
        ),
        source("youtube", "youtube", options=channel),
        source(
            "youtube-api",
            "youtube",
            auth="env:KEY",
            limits=Limits(daily_budget=UNITS_A_DAY),
            options={**channel, "api": base + "/youtube"},
        ),
    ]


def visit(source: Source, desk: Desk, now: datetime, client: httpx.Client) -> None:
    """One visit over sockets; what waits after a platform asked to be left alone is not sent."""
    run = CollectRun(desk, [source], secrets=lambda reference: "geheim" if reference else "")
    visiting = Visiting(run.jobs[0], now)
    waiting = visiting.first_requests()
    while waiting:
        plain = waiting.pop(0)
        if visiting.stopped is not None:
            visiting.failed(Fault(Outcome.UNREACHABLE, "the host asked us to wait"))
            continue
        sent = filled(plain, run.jobs[0].secret)
        try:
            came = client.request(sent.method, sent.url, headers=dict(sent.headers), content=sent.body)
        except httpx.HTTPError as error:
            visiting.failed(Fault(Outcome.UNREACHABLE, f"timeout: {error!r}"))
            continue
        headers = {name.lower(): value for name, value in came.headers.items()}
        waiting += visiting.answered(
            Fetched(source.id, plain, plain.url, came.status_code, headers, came.content, now)
        )
    visiting.choose(fetch_pages=False)
    desk.receive(visiting.harvest(now))


@dataclass
class Month:
    """What is left at its end."""

    world: World
    archive: MemoryArchive

    def held(self, platform: str) -> list[str]:
        rows = self.archive.rows("SELECT raw_id FROM item WHERE platform = ? AND state = 'live'", (platform,))
        return sorted(row[0] for row in rows)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    world, archive = World(), MemoryArchive()
    with serving(world) as platform, httpx.Client(timeout=5.0) as client:
        live_through(world, platform, archive, client)
        yield Month(world, archive)
    archive.close()


def live_through(world: World, platform: Platform, archive: MemoryArchive, client: httpx.Client) -> None:
    desk = Desk(archive, NearIndex(), lambda: world.now)
    watched = sources(platform.base)
    world.now = START + timedelta(minutes=7)
    while world.now < START + MONTH + FINE_DAYS:
        for source in watched:
            visit(source, desk, world.now, client)
        world.now += EVERY


pytestmark = pytest.mark.slow


def test_the_weather_was_as_bad_as_said(month: Month) -> None:
    assert month.world.asked > 3000
    assert month.world.bad / month.world.asked > 0.25


def test_nothing_of_mastodon_is_lost_or_doubled(month: Month) -> None:
    assert month.held("mastodon") == [f"{n:06d}" for n in range(len(month.world.toots))]


def test_nothing_of_bluesky_is_lost_or_doubled(month: Month) -> None:
    wanted = sorted(f"at://did:plc:a/app.bsky.feed.post/{n}" for n in range(len(month.world.skeets)))
    assert month.held("bluesky") == wanted


def test_nothing_of_hacker_news_is_lost_or_doubled(month: Month) -> None:
    assert month.held("hackernews") == sorted(str(n) for n in range(len(month.world.stories)))


def test_no_video_and_no_comment_is_lost_or_doubled(month: Month) -> None:
    videos = [f"v{n:03d}" for n in range(60)]
    comments = [f"{video}-{n}" for video in videos for n in range(20)]
    assert month.held("youtube") == sorted([*videos, *comments])


def test_no_budget_was_passed_by_the_ledger_or_at_the_platform(month: Month) -> None:
    caps = {"youtube-api": UNITS_A_DAY, "hackernews": SEARCHES_A_DAY, "hackernews / t": SEARCHES_A_DAY - 10}
    spent = month.archive.spendings()
    assert {one.account for one in spent} == set(caps)
    assert all(one.spent <= caps[one.account] for one in spent)
    most = {"youtube": UNITS_A_DAY, "hackernews": SEARCHES_A_DAY}
    assert all(count <= most[name] for (_, name), count in month.world.calls.items())
    assert (
        max(count for (_, name), count in month.world.calls.items() if name == "youtube") > UNITS_A_DAY * 0.9
    )
