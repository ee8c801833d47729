"""Broken feeds, listings and pages: each is read or refused in words of ours, within five seconds.

usage: python -m bench.faults.mangled [--count 5000] [--seed 7]

The seeds are the fixtures of every connector and every publisher. A body is cut, doubled, spiced with scraps, or blown up
to two megabytes. Feeds and listings go through the connector as in a visit, pages through the extraction. Seconds are of
this process's CPU, so that a busy machine does not count. Prints one JSON object; exit 1 for any other exception or for an
answer over the bound.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from crawler.extract import extract
from crawler.registry import connector_for, known_kinds
from domain.errors import LagebildError
from domain.model import Checkpoint, Fetched, Lens, Purpose, Request, Source

FIXTURES = Path(__file__).parents[2] / "tests" / "fixtures"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LONGEST_SECONDS = 5.0
BLOWN_UP = 2_000_000
BLOWN_UP_SHARE = 0.03
SCRAPS = (
    b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!DOCTYPE x [", b"<!ENTITY a 'b'>", b"&#0;", b"&#x110000;", b"\x00", b"\xff\xfe",
    b"\xef\xbb\xbf", b"<!--", b"-->", b"xmlns:a=''", b"encoding='utf-7'", b"xml:base='\x01'", b'{"items": 7}', b"href='http://['",
    b"</p>", b"<svg>", b"<div>" * 400, b"{" * 300, b"[" * 300, b'"', b"\\ud800", b"1e999", b"null", b"-1", b"<br>" * 60, b"\xc3",
    b"\xed\xa0\x80", b"<script>", b"</html>", b"<table>", b"99999999999999999999", b"0000-00-00T99:99:99Z", b"&amp;" * 50,
)  # fmt: skip
TYPES = (
    "",
    "text/xml",
    "application/rss+xml; charset=iso-8859-1",
    "text/html; charset=x",
    "application/json",
    "text/html; charset=utf-16",
)


@dataclass(frozen=True, slots=True)
class Seed:
    """A whole body and who reads it."""

    name: str
    body: bytes
    read: Callable[[bytes, str], object]


@dataclass
class Found:
    """What came of it. `uncaught` names seed, number and exception."""

    outcomes: Counter[str] = field(default_factory=Counter)
    uncaught: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    slowest: float = 0.0


def seeds() -> list[Seed]:
    listings = [seed for kind in known_kinds() if (seed := listing(kind)) is not None]
    pages = sorted((FIXTURES / "pages").glob("*/page.html"))
    return [*listings, *(Seed(page.parent.name, page.read_bytes(), read_page) for page in pages)]


def listing(kind: str) -> Seed | None:
    bodies = list((FIXTURES / "connectors" / kind).glob("answer.*"))
    options = FIXTURES / "connectors" / kind / "options.json"
    source = Source(
        id="probe", name="Probe", kind=kind, url="https://source.example/listing", language="de", markets=("DE",), lens=Lens.MEDIA,
        options=json.loads(options.read_text()) if options.exists() else {},
    )  # fmt: skip
    connector = connector_for(kind)
    planned = next(iter(connector.plan(source, Checkpoint(source.id), NOW)), None)
    request = planned or Request(source.url, Purpose.LISTING)

    def read(body: bytes, content_type: str) -> object:
        fetched = Fetched("probe", request, source.url, 200, {"content-type": content_type}, body, NOW)
        return list(connector.parse(fetched, source))

    return Seed(kind, bodies[0].read_bytes(), read) if bodies else None


def read_page(body: bytes, content_type: str) -> object:
    return extract(body, "https://www.blatt.example/x", content_type=content_type)


def mangled(body: bytes, chance: random.Random) -> bytes:
    """The body with some changes; a few are blown up."""
    made = bytearray(body)
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(made) + 1)
        match chance.randrange(5):
            case 0:
                made[at:at] = chance.choice(SCRAPS)
            case 1:
                del made[at : at + chance.randrange(1, 500)]
            case 2:
                made[at:at] = made[max(0, at - chance.randrange(300)) : at]
            case 3 if at < len(made):
                made[at] = chance.randrange(256)
            case _:
                made = made[:at] if chance.random() < 0.1 else made
    return blown_up(bytes(made), chance) if chance.random() < BLOWN_UP_SHARE else bytes(made)


def blown_up(body: bytes, chance: random.Random) -> bytes:
    """A part of the body repeated up to two megabytes, in the middle of it."""
    if not body:
        return body
    start = chance.randrange(len(body))
    part = body[start : start + chance.choice((1, 7, 60, 900))]
    return body[:start] + part * (BLOWN_UP // len(part)) + body[start:]


def bodies(count: int, seed: int) -> Iterator[tuple[Seed, bytes, str, int]]:
    """Seed, body, content type and number; feeds as often as pages."""
    known = seeds()
    listings, pages = [s for s in known if s.read is not read_page], [s for s in known if s.read is read_page]
    for number in range(count):
        chance = random.Random(seed * 1_000_003 + number)
        chosen = chance.choice(listings if number % 2 else pages)
        yield chosen, mangled(chosen.body, chance), chance.choice(TYPES), number


def judged(count: int, seed: int) -> Found:
    found = Found()
    for chosen, body, content_type, number in bodies(count, seed):
        began = time.process_time()
        try:
            chosen.read(body, content_type)
            outcome = "read"
        except LagebildError as error:
            outcome = type(error).__name__
        except Exception as error:  # noqa: BLE001  # this is what we look for
            outcome = "uncaught"
            found.uncaught.append(f"{number} {chosen.name} {len(body)} octets: {error!r}"[:200])
        seconds = time.process_time() - began
        found.outcomes[outcome] += 1
        found.slowest = max(found.slowest, seconds)
        if seconds > LONGEST_SECONDS:
            found.slow.append(f"{number} {chosen.name} {len(body)} octets: {seconds:.1f} s")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    began = time.monotonic()
    found = judged(given.count, given.seed)
    told = {
        "bodies": given.count, "outcomes": found.outcomes, "uncaught": found.uncaught, "over 5 s": found.slow,
        "slowest CPU s": round(found.slowest, 2), "seconds": round(time.monotonic() - began),
    }  # fmt: skip
    print(json.dumps(told, indent=2))
    sys.exit(1 if found.uncaught or found.slow else 0)


if __name__ == "__main__":
    main()
