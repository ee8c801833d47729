"""What every connector promises; a new file in the folder is tested as soon as it has its fixture and heading."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.registry import connector_for, known_kinds
from domain.model import Checkpoint, Entry, Fetched, Lens, Outcome, Purpose, Request, Source
from domain.ports import Connector

FIXTURES = Path(__file__).parents[1] / "fixtures" / "connectors"
DOCS = Path(__file__).parents[2] / "docs" / "plugs" / "connectors.md"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KINDS = [kind for kind in known_kinds() if (FIXTURES / kind / "expected.json").exists()]


def source_of(kind: str) -> Source:
    options = FIXTURES / kind / "options.json"
    return Source(
        id="probe", name="Probe", kind=kind, url="https://source.example/listing", language="de", markets=("DE",),
        lens=Lens.MEDIA, options=json.loads(options.read_text()) if options.exists() else {},
    )  # fmt: skip


def answer(kind: str, request: Request) -> Fetched:
    (body,) = (FIXTURES / kind).glob("answer.*")
    headers = {"content-type": "", "etag": '"1"'}
    return Fetched("probe", request, request.url, 200, headers, body.read_bytes(), NOW)


def first_request(connector: Connector, kind: str) -> Request:
    """The first listing; a question that comes before it is answered with nothing."""
    request = next(iter(connector.plan(source_of(kind), Checkpoint("probe"), NOW)))
    if request.purpose is Purpose.LISTING:
        return request
    nothing = Fetched("probe", request, request.url, 404, {}, b"", NOW)
    return next(part for part in connector.parse(nothing, source_of(kind)) if isinstance(part, Request))


@pytest.mark.parametrize("kind", known_kinds())
def test_a_kind_has_a_heading_and_a_fixture(kind: str) -> None:
    assert re.search(rf"^#+ .*`{kind}`", DOCS.read_text(encoding="utf-8"), re.M), f"no heading for `{kind}`"
    assert (FIXTURES / kind).is_dir(), f"no fixture folder for {kind}"


@pytest.mark.parametrize("kind", known_kinds())
def test_a_connector_bears_the_name_of_its_file(kind: str) -> None:
    assert connector_for(kind).kind == kind


@pytest.mark.parametrize("kind", KINDS)
def test_a_connector_reads_its_fixture(kind: str) -> None:
    connector = connector_for(kind)
    fetched = answer(kind, first_request(connector, kind))
    found = [part for part in connector.parse(fetched, source_of(kind)) if isinstance(part, Entry)]
    expected = json.loads((FIXTURES / kind / "expected.json").read_text(encoding="utf-8"))
    told = [
        {name: plain(getattr(entry, name)) for name in row}
        for entry, row in zip(found, expected, strict=True)
    ]
    assert told == expected


def plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("kind", KINDS)
def test_entries_name_their_source_and_are_unique(kind: str) -> None:
    connector = connector_for(kind)
    parts = connector.parse(answer(kind, first_request(connector, kind)), source_of(kind))
    entries = [part for part in parts if isinstance(part, Entry)]
    assert {entry.source_id for entry in entries} == {"probe"}
    assert len({entry.raw_id for entry in entries}) == len(entries)
    assert all(entry.raw_id for entry in entries)


@pytest.mark.parametrize("kind", KINDS)
def test_advancing_twice_is_advancing_once(kind: str) -> None:
    connector, source = connector_for(kind), source_of(kind)
    parts = connector.parse(answer(kind, first_request(connector, kind)), source)
    entries = [part for part in parts if isinstance(part, Entry)]
    once = connector.advance(source, Checkpoint("probe"), entries)
    assert connector.advance(source, once, entries) == once
    assert connector.advance(source, once, []) == once


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.OK), (304, Outcome.UNCHANGED), (401, Outcome.BLOCKED), (403, Outcome.BLOCKED),
        (404, Outcome.UNREACHABLE), (410, Outcome.GONE), (429, Outcome.UNREACHABLE), (503, Outcome.UNREACHABLE),
    ],
)  # fmt: skip
def test_a_status_means_the_same_everywhere(kind: str, status: int, outcome: Outcome) -> None:
    connector = connector_for(kind)
    fetched = Fetched(
        "probe", first_request(connector, kind), "https://source.example/", status, {}, b"", NOW
    )
    assert connector.health(fetched) is outcome
