"""Counts of days are what counting gives, whatever happened to the items since they were counted."""

import json
import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.mentions import Key, Mentions, joined
from domain.model import Annotation, Copy, Lens, Membership, New, Reading, Story, Tombstone, Updated
from storage.times import local_days

ZONE = "Europe/Berlin"
MARKETS = ("DE", "AT", "CH", "UK", "DACH", "ALL")
DAYS = 4
HOUR = timedelta(hours=1)
Items = dict[str, int]


@pytest.fixture
def days(now) -> tuple[date, date]:
    last = now.astimezone(ZoneInfo(ZONE)).date()
    return last - timedelta(days=DAYS - 1), last


@pytest.fixture
def counted(archive, days):
    """The items that were mentioned on all days together, by key."""
    return lambda layer, market: _items(joined(archive.day_mentions(layer, *days, ZONE, market).values()))


def _items(mentions: dict[Key, Mentions]) -> dict[Key, tuple[int, int]]:
    return {key: (told.items, len(told.publishers)) for key, told in mentions.items()}


@pytest.fixture
def ask(archive, days, now):
    """A figure of a digest over the same days, as of much later than all that happens."""
    spans = local_days(*days, ZONE)
    window = {"since": spans[0][1], "until": spans[-1][2]}
    later = now + timedelta(days=400)

    def answer(name: str, market: str, **more: str) -> list[dict[str, Any]]:
        return json.loads(archive.ask(name, {"market": market, **window, **more}, later).value)

    return answer


@pytest.fixture
def agree(archive, days, counted, ask) -> Callable[[], None]:
    """Holds every layer of every market against the figures that count from the rows."""

    def compare() -> None:
        for market in MARKETS:
            for layer in ("topic", "platform", "feature"):
                told = {
                    (row["label"],): (row["items"], row["publishers"]) for row in ask(f"{layer}s", market)
                }
                assert counted(layer, market) == told, (layer, market)
            cells = {(row["topic"], row["feature"]): row["items"] for row in ask("cells", market)}
            assert _numbers(counted("cell", market)) == cells, market
            assert _numbers(counted("tone", market)) == _tone(ask("lenses", market), "lens"), market
            told = _tone(ask("lenses_by_platform", market), "platform", "lens")
            assert _numbers(counted("platform_tone", market)) == told, market
            _compare_days(market)

    def _compare_days(market: str) -> None:
        spans = json.dumps([[day.isoformat(), start, stop] for day, start, stop in local_days(*days, ZONE)])
        volume = archive.day_mentions("volume", *days, ZONE, market)
        for row in ask("daily", market, days=spans):
            held = volume[date.fromisoformat(row["day"])]
            items, relevant = held.get(("items",), Mentions()), held.get(("relevant",), Mentions())
            told = (items.items, relevant.items, len(relevant.publishers))
            assert told == (row["items"], row["relevant"], row["publishers"]), (market, row)

    return compare


def _numbers(told: dict[Key, tuple[int, int]]) -> dict[Key, int]:
    return {key: items for key, (items, _) in told.items()}


def _tone(rows: Iterable[dict[str, Any]], *names: str) -> dict[Key, int]:
    """As the layers `tone` and `platform_tone` have it; nothing where nobody is critical."""
    told: dict[Key, int] = {}
    for row in rows:
        key = tuple(row[name] for name in names)
        told |= {(*key, ""): row["n"]} | ({(*key, "critical"): row["critical"]} if row["critical"] else {})
    return told


def reading(item_id: str, chance: random.Random, version: int = 1) -> Reading:
    """What an annotator says; one item in four is not relevant, and some tags were taken back by a rule."""

    def say(layer: str, label: str, target: str = "") -> Annotation:
        return Annotation(
            item_id=item_id, layer=layer, label=label, annotator=f"risk/{version}", target=target,
            suppressed=chance.random() < 0.2,
        )  # fmt: skip

    said = [say("relevance", "relevant")] if chance.random() < 0.75 else []
    said += [say("topic", topic) for topic in chance.sample(["hate", "fraud", "youth"], chance.randrange(3))]
    said += [say("feature", chance.choice(["live", "chat"])), say("platform", "tiktok")]
    said.append(say("perception", chance.choice(["critical", "neutral"]), chance.choice(["tiktok", "x", ""])))
    return Reading(item_id, f"risk/{version}", tuple(said))


@pytest.fixture
def world(archive, source, item, batch, now):
    """Forty items over four days, some of them copies of earlier ones, in several markets and lenses."""
    chance = random.Random(7)
    archive.sync_sources([source()], now - timedelta(days=9))
    filed = []
    for n in range(40):
        made = item(
            f"i{n}",
            author_ref=f"author-{n % 5}",
            published_at=now - HOUR * (DAYS * 24 - 8) * (1 - n / 40),
            markets=chance.choice([("DE",), ("AT", "DE"), ("CH",), ("UK",)]),
            lens=chance.choice(list(Lens)),
            publisher=f"Haus {n % 6}",
            outlet=f"Ort {n % 9}",
        )
        filed.append((made, Copy(f"i{chance.randrange(n)}", 0.9) if n % 4 == 3 else New()))
    archive.commit(batch(*filed))
    archive.keep_readings([reading(made.id, chance) for made, _ in filed], now)
    return [made for made, _ in filed]


def test_days_are_counted_as_figures_count(world, agree) -> None:
    agree()


def test_a_day_is_counted_once(archive, world, days) -> None:
    assert archive.count_days(*days, ZONE) == DAYS
    assert archive.count_days(*days, ZONE) == 0
    assert archive.day_mentions("volume", *days, ZONE, "DE").keys() == {
        days[0] + timedelta(days=n) for n in range(DAYS)
    }


def _more_items(archive, world, item, batch, now) -> None:
    late = item("late", published_at=world[20].published_at, publisher="Spät")
    archive.commit(batch(late, (item("copy", published_at=now), Copy("i0", 0.9))))
    archive.keep_readings([reading("late", random.Random(1))], now)


def _read_again(archive, world, item, batch, now) -> None:
    chance = random.Random(8)
    archive.keep_readings([reading(made.id, chance, 2) for made in world[::2]], now + HOUR)


def _a_new_version(archive, world, item, batch, now) -> None:
    changed = replace(world[4], title="Anders", content_hash="anders", publisher="Wer anders")
    archive.commit(batch((changed, Updated(("title",)))))
    archive.keep_readings([reading("i4", random.Random(3))], now + HOUR)


def _erased(archive, world, item, batch, now) -> None:
    assert archive.erase(now + HOUR, author_refs=["author-0"], reason="asked") > 0


def _deleted(archive, world, item, batch, now) -> None:
    assert archive.copies("i0") or archive.copies("i1") or archive.copies("i2")
    stones = tuple(
        Tombstone(source_id="blatt", raw_id=made.raw_id, state="deleted", reason="asked") for made in world[:4]
    )  # fmt: skip
    assert archive.commit(batch(tombstones=stones, at=now + HOUR)).removed == 4


def _expired(archive, world, item, batch, now) -> None:
    assert archive.expire(now + timedelta(days=9), {"press": 8}) > 0


def _merged(archive, world, item, batch, now) -> None:
    story = Story(id="s", title="S", language="de", opened_at=now, changed_at=now)
    archive.keep_stories(
        [story], [Membership("s", made.id, now, why="merge", by="anna") for made in world], now
    )


HAPPENS = [_more_items, _read_again, _a_new_version, _erased, _deleted, _expired, _merged]


@pytest.mark.parametrize("happens", HAPPENS, ids=lambda one: one.__name__.strip("_"))
def test_counts_follow_what_happens(archive, world, days, agree, item, batch, now, happens) -> None:
    archive.count_days(*days, ZONE)
    happens(archive, world, item, batch, now)
    agree()
    assert [fault for fault in archive.verify() if "counts" in fault] == []


def test_counts_follow_copies_that_are_settled(archive, source, item, batch, days, agree, now) -> None:
    archive.sync_sources([source()], now)
    times = ("fetched", "exact", "fetched", "exact")
    texts = [
        item(f"t{n}", published_at=now - HOUR * 20 * n, publisher=f"Haus {n}", time_quality=quality)
        for n, quality in enumerate(times)
    ]
    archive.commit(batch(texts[0], (texts[1], Copy("t0", 0.9)), texts[2], texts[3]))
    archive.count_days(*days, ZONE)
    assert archive.settle_copies({"t1": None, "t2": Copy("t3", 0.9), "t0": Copy("t1", 0.8)}) == 3
    archive.keep_readings([reading(text.id, random.Random(n)) for n, text in enumerate(texts)], now)
    agree()


def test_a_count_that_was_tampered_with_is_told(archive, world, days) -> None:
    archive.count_days(*days, ZONE)
    archive.run("UPDATE day_count SET counts = replace(counts, 'hate', 'fate') WHERE layer = 'topic'")
    assert any("counts: " in fault for fault in archive.verify())
    archive.rebuild_index()
    assert not any("counts: " in fault for fault in archive.verify())
