"""The interface for programs: pages by cursor, ETags, problems, scopes, and a description that is true."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from domain.model import Incident, IncidentState, Rights, Token, TriageEvent
from storage.memory import MemoryArchive
from tests.fixtures.room import NOW, add_account, browser, desk_over, fill, items, signal_of, signed_in
from web.api.openapi import PATHS, document, written
from web.app import ROUTES
from web.desk import Desk, Shield
from web.people import hash_of
from web.scopes import SCOPES

HARSH = "child_sexual_exploitation"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    archive = MemoryArchive()
    filed = items(7)
    filed[6] = replace(filed[6], rights=Rights.DENY, title="Verwehrter Titel")
    fill(archive, filed)
    archive.keep_signals([signal_of(f"g{n}") for n in range(2, 6)])
    for n, (tlp, owner) in enumerate((("GREEN", ""), ("AMBER", ""), ("RED", "anna"), ("RED", "ben"))):
        opened = Incident(
            id=f"x{n}", title=f"Fall {n}", market="DE", severity=4, state=IncidentState.NEW,
            opened_at=NOW + timedelta(minutes=n), tlp=tlp, owner=owner,
        )  # fmt: skip
        archive.open_incident(opened, TriageEvent(incident_id=f"x{n}", at=NOW, by="ben", action="opened"))
    for day in (27, 28):
        body = json.dumps({"sections": [], "day": f"2026-11-{day}"})
        archive.keep_digest(f"d{day}", "DE", date(2026, 11, day), "daily", "de", body, [])
    for name, role in (("anna", "analyst"), ("rita", "reader"), ("root", "admin")):
        add_account(archive, name, role)
        scopes = tuple(scope for scope in SCOPES if scope.endswith(":read"))
        archive.keep_token(
            Token(name, name, "t", scopes, hash_of(f"lb_{name}"), NOW, NOW + timedelta(days=9))
        )
    yield desk_over(archive)
    archive.close()


def program(desk: Desk, name: str = "anna") -> TestClient:
    return browser(desk, headers={"Authorization": f"Bearer lb_{name}"})


def walked(client: TestClient, path: str) -> list[list[str]]:
    """The ids of each page, to the last."""
    pages: list[list[str]] = []
    place: str | None = path
    while place:
        body = client.get(place).json()
        pages.append([row.get("id") or row["digest_id"] for row in body["rows"]])
        place = body["next"]
    return pages


@pytest.mark.parametrize(
    ("path", "pages"),
    [
        ("/api/v1/items?limit=3", [["i1", "i2", "i3"], ["i4", "i5", "i6"], ["i7"]]),
        ("/api/v1/items?q=Cybermobbing&limit=4", [["i1", "i2", "i3", "i4"], ["i5", "i6"]]),
        ("/api/v1/items?topic=bullying_harassment", [["i1"]]),
        ("/api/v1/items?until=2026-11-28T02:30:00Z&limit=2", [["i4", "i5"], ["i6", "i7"]]),
        ("/api/v1/items?market=AT", [[]]),
        ("/api/v1/stories", [["s1"]]),
        ("/api/v1/signals?limit=2", [["g5", "g4"], ["g3", "g2"], ["g1"]]),
        ("/api/v1/signals?until=2026-11-27", [[]]),
        ("/api/v1/incidents?limit=2", [["x2", "x1"], ["x0"]]),
        ("/api/v1/incidents?state=closed", [[]]),
        ("/api/v1/digests?limit=1", [["d28"], ["d27"]]),
        ("/api/v1/digests?market=AT", [[]]),
    ],
)
def test_lists_are_walked_by_cursor_without_gap_or_repeat(
    desk: Desk, path: str, pages: list[list[str]]
) -> None:
    assert walked(program(desk), path) == pages


def test_what_comes_in_meanwhile_moves_no_page() -> None:
    archive = MemoryArchive()
    fill(archive, items(4)[2:])
    client = browser(desk_over(archive))
    first = client.get("/api/v1/items?limit=1").json()
    fill(archive, items(4)[:2])
    assert [row["id"] for row in client.get(first["next"]).json()["rows"]] == ["i4"]


def test_an_unchanged_answer_is_not_sent_again(desk: Desk) -> None:
    client = program(desk)
    first = client.get("/api/v1/items/i1")
    tag = first.headers["etag"]
    for sent in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get("/api/v1/items/i1", headers={"If-None-Match": sent})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get("/api/v1/items/i1", headers={"If-None-Match": '"other"'}).status_code == 200
    assert "private" in first.headers["cache-control"]


def test_an_item_comes_with_its_tags_and_without_its_text(desk: Desk) -> None:
    body = program(desk).get("/api/v1/items/i1").json()
    assert body["title"] == "Cybermobbing an Schulen 1"
    assert [tag["label"] for tag in body["tags"]] == ["bullying_harassment"]
    assert "Behörde prüft" not in str(body)


def test_titles_stand_as_lists_show_them(desk: Desk) -> None:
    titles = {row["id"]: row["title"] for row in program(desk).get("/api/v1/items").json()["rows"]}
    assert "Verwehrter" not in titles["i7"]
    shielded = replace(desk, shield=Shield(cover=lambda topics: "always" if topics else "none"))
    body = program(shielded).get("/api/v1/items/i1").json()
    assert "Cybermobbing" not in body["title"]
    assert "Cybermobbing" not in program(shielded).get("/api/v1/stories").text


def test_red_is_for_its_owner_and_for_admins(desk: Desk) -> None:
    assert program(desk, "anna").get("/api/v1/incidents/x2").status_code == 200
    assert program(desk, "anna").get("/api/v1/incidents/x3").status_code == 404
    assert program(desk, "root").get("/api/v1/incidents/x3").status_code == 200
    assert program(desk, "rita").get("/api/v1/incidents/x0").status_code == 403


def test_an_issue_comes_as_it_was_kept(desk: Desk) -> None:
    row = program(desk).get("/api/v1/digests").json()["rows"][0]
    assert program(desk).get(row["link"]).json()["issue"]["day"] == "2026-11-28"


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=x", "limit=9999999999999", "limit=-1", "limit=²", "cursor=%ff", "cursor=x", "cursor=AA", "since=yesterday",
        "since=0001-01-01T00:00:00%2B23:59", "severity=9", "lens=other", "relevant=yes", "q=%00", "market=%00", "q=" + "x" * 501,
        "&".join(f"topic={n}" for n in range(51)),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_told_as_a_problem(desk: Desk, query: str) -> None:
    answer = program(desk).get(f"/api/v1/items?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) == {"type", "title", "status", "detail"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/items/none", 404),
        ("/api/v1/stories/none", 404),
        ("/api/v1/incidents/none", 404),
        ("/api/v1/digests/DE/2026-11-28/daily/fr", 404),
        ("/api/v1/digests/DE/someday/daily/de", 404),
        ("/api/v1/nothing", 404),
        ("/api/v2/items", 404),
    ],
)
def test_what_is_not_there_is_a_problem_too(desk: Desk, path: str, status: int) -> None:
    answer = program(desk).get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_nobody_unknown_and_no_token_without_scope_gets_an_answer(desk: Desk) -> None:
    nobody = browser(desk).get("/api/v1/items")
    assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, "Bearer")
    desk.archive.keep_token(Token("n", "anna", "n", ("metrics",), hash_of("lb_narrow"), NOW, None))
    narrow = browser(desk, headers={"Authorization": "Bearer lb_narrow"}).get("/api/v1/items")
    assert (narrow.status_code, narrow.json()["status"]) == (403, 403)


def test_people_may_look_with_their_session(desk: Desk) -> None:
    assert signed_in(desk, "rita").get("/api/v1/items").status_code == 200


def test_every_call_is_described_and_every_description_is_a_call() -> None:
    doors = {
        door.path: door
        for door in ROUTES
        if door.path.startswith("/api/v1/") and not door.path.endswith(".json")
    }
    assert set(doors) == set(PATHS)
    for path, described in PATHS.items():
        assert f"`{doors[path].scope}`" in described["get"]["description"]
    assert browser(desk_over(MemoryArchive())).get("/api/v1/openapi.json").json() == document()


def test_the_description_in_the_docs_is_this_one() -> None:
    kept = Path(__file__).parents[2] / "docs" / "openapi.json"
    assert kept.read_text(encoding="utf-8") == written(), "run make reference"
