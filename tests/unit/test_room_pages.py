"""The reading room over an invented month, through the roof: what an analyst sees and decides on each page."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from domain.ports import Archive
from storage.sqlite import open_archive
from tests.fixtures.room_client import client_of
from tests.fixtures.room_world import NOW, fill


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    kept = open_archive(tmp_path / "room.db")
    fill(kept)
    yield kept
    kept.close()


@pytest.fixture
def room(archive: Archive, tmp_path: Path) -> TestClient:
    return client_of(archive, tmp_path)


def token(room: TestClient, path: str = "/incidents") -> str:
    found = re.search(r'name="token" value="([0-9a-f]+)"', room.get(path).text)
    assert found
    return found[1]


def said(room: TestClient, path: str, language: str = "de") -> str:
    return room.get(path, headers={"accept-language": language}).text


# --- items ---------------------------------------------------------------------------------------


def test_a_sensitive_sentence_is_not_on_the_page_until_it_is_asked_for_and_a_link_never_shows_it(
    room: TestClient, archive: Archive
) -> None:
    assert "die Rede" not in said(room, "/item/heikel?shown=1&span=1")
    answer = room.post("/item/heikel/reveal", data={"token": token(room), "span": "1"})
    assert "die Rede" in answer.text
    assert archive.exposures("local", NOW.replace(hour=0)) == 1
    room.post("/item/heikel/reveal", data={"token": token(room), "shown": "1", "span": "1"})
    assert archive.exposures("local", NOW.replace(hour=0)) == 1


def test_what_is_never_shown_has_neither_title_nor_text_anywhere(room: TestClient) -> None:
    for path in ("/item/verdeckt", "/search?q=Ermittlungen"):
        text = said(room, path)
        assert "Missbrauchsdarstellungen" not in text
        assert "Meldung bei Donaublatt" in text


def test_every_tag_can_be_called_right_or_wrong(room: TestClient, archive: Archive) -> None:
    for layer, label in (("topic", "youth_safety"), ("severity", "4"), ("perception", "tiktok:critical")):
        given = {"token": token(room), "layer": layer, "label": label, "verdict": "wrong"}
        assert room.post("/item/kinder/label", data=given).status_code == 303
    assert {(label.layer, label.label, label.by) for label in archive.labels(NOW, "kinder")} == {
        ("topic", "youth_safety", "local"),
        ("severity", "4", "local"),
        ("perception", "tiktok:critical", "local"),
    }
    assert 'aria-pressed="true"' in said(room, "/item/kinder")


def test_a_corrected_item_shows_what_changed(room: TestClient) -> None:
    text = said(room, "/item/kinder")
    assert "<del>prüft</del>" in text
    assert "<ins>bestreitet</ins>" in text


def test_suppressed_hits_and_similar_items_are_shown(room: TestClient) -> None:
    text = said(room, "/item/kinder")
    assert "excluded: figure of speech" in text
    assert "Auch in Wien" in text


def test_a_post_without_a_title_is_called_by_its_words(room: TestClient) -> None:
    assert '<h1 lang="de">Gerade die Livestreams' in said(room, "/item/post")


# --- today ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "spoken"), [("I conti dei bambini entrano nelle dirette", "it"), ("", "de")]
)
def test_a_story_goes_by_a_headline_in_the_readers_language(
    archive: Archive, room: TestClient, title: str, spoken: str
) -> None:
    kept = replace(archive.stories_by_id(["s1"])[0], title=title, language=spoken)
    archive.keep_stories([kept], [], NOW)
    assert '<a href="/story/s1" lang="de">Test: Kinderkonten' in said(room, "/?market=DE")
    if title:
        assert f'<a href="/story/s1" lang="it">{title}' in said(room, "/?market=DE", "en")


def test_severity_is_told_in_the_briefings_bands(room: TestClient) -> None:
    assert '<span class="sev sev-4" title="Schwere 4/5">S2</span>' in said(room, "/?market=DE")
    assert "Schwere 4 (S2)" in said(room, "/item/kinder")


# --- stories -------------------------------------------------------------------------------------


def test_a_story_names_its_independent_publishers_and_why_each_item_belongs(room: TestClient) -> None:
    text = said(room, "/story/s1")
    assert "Donaublatt Verlag" in text
    assert "gemeinsam: Kinderkonten; Ähnlichkeit 0,80 zu Der Bote" in text


def test_a_person_splits_moves_merges_and_pins(room: TestClient, archive: Archive) -> None:
    given = {"token": token(room)}
    place = room.post("/story/s1/split", data={**given, "item": "amt"}).headers["location"]
    assert [m.item_id for m in archive.members([place.split("/")[-1]])[place.split("/")[-1]]] == ["amt"]
    assert (
        room.post("/story/s1/move", data={**given, "item": "post", "story": "s2"}).headers["location"]
        == "/story/s2"
    )
    assert {m.item_id for m in archive.members(["s2"])["s2"]} == {"hetze", "post"}
    assert room.post("/story/s2/merge", data={**given, "story": "s1"}).headers["location"] == "/story/s1"
    assert room.get("/story/s2").headers["location"] == "/story/s1"
    assert archive.stories_by_id(["s1"])[0].pinned, "what was parted stays parted"
    room.post("/story/s1/unpin", data=given)
    assert not archive.stories_by_id(["s1"])[0].pinned


def test_a_story_cannot_be_parted_into_nothing(room: TestClient) -> None:
    assert room.post("/story/s1/split", data={"token": token(room)}).status_code == 422


def test_a_story_joins_an_open_incident(room: TestClient, archive: Archive) -> None:
    given = {"token": token(room), "title": "Kinderkonten", "market": "DE", "severity": "4"}
    incident = room.post("/incidents", data=given).headers["location"].split("/")[-1]
    room.post("/story/s1/incident", data={"token": token(room), "incident": incident})
    kept = archive.incident(incident)
    assert kept is not None
    assert kept.story_ids == ("s1",)


# --- review --------------------------------------------------------------------------------------


def test_review_shows_an_item_without_the_programs_opinion_and_tells_it_after_the_answer(
    room: TestClient, archive: Archive
) -> None:
    page = said(room, "/review")
    [item_id] = re.findall(r'action="/review/([^"]+)"', page)
    assert "Programm:" not in page
    given = {"token": token(room), "relevant": "yes", "topic": ["youth_safety", "fraud_scam_ads"]}
    place = room.post(f"/review/{item_id}", data=given).headers["location"]
    assert "Programm:" in said(room, place)
    told = {(label.layer, label.label): label.verdict for label in archive.labels(NOW, item_id)}
    assert told["relevance", "relevant"] == "right"
    assert f'action="/review/{item_id}"' not in said(room, "/review")


def test_the_second_reading_is_of_what_another_read_and_hides_their_answer(
    room: TestClient, archive: Archive
) -> None:
    archive.keep_label("kinder", "relevance", "relevant", "right", "anna", NOW)
    archive.keep_label("wien", "relevance", "relevant", "right", "local", NOW)
    page = said(room, "/review?reading=second")
    assert 'action="/review/kinder"' in page
    assert "anna" not in page
    assert "/review/wien" not in page


def test_a_sensitive_item_is_reviewed_on_its_own_page(room: TestClient, archive: Archive) -> None:
    archive.keep_label("heikel", "relevance", "relevant", "right", "anna", NOW)
    page = said(room, "/review?reading=second")
    assert "Abschiedsstream" not in page
    assert 'href="/item/heikel"' in page


# --- dashboard -----------------------------------------------------------------------------------

CHARTS = ("attention", "share", "heat", "lenses", "platforms", "throughput", "outside")


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize(
    "query", ["", "market=DACH&days=14&of=topic:youth_safety", "of=odd:x&days=x&market=XX"]
)
def test_each_chart_stands_with_its_table_and_its_files(room: TestClient, query: str, language: str) -> None:
    text = said(room, f"/dashboard?{query}", language)
    for name in CHARTS:
        assert f"/chart/{name}.csv?{query.replace('&', '&amp;')}" in text or f'id="{name}"' in text


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_drawn_and_its_table_is_a_file(room: TestClient, name: str) -> None:
    assert room.get(f"/chart/{name}.svg?days=14").content.startswith(b"<svg")
    answer = room.get(f"/chart/{name}.csv?days=14&save")
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.text.startswith("\ufeff")
    assert room.get("/chart/other.svg").status_code == 404


def test_a_cell_of_the_heatmap_opens_its_items(room: TestClient) -> None:
    text = said(room, "/dashboard")
    [address] = re.findall(r'href="(/search\?[^"]*topic=youth_safety[^"]*feature=live[^"]*)"', text)
    found = said(room, address.replace("&amp;", "&"))
    assert "Kinderkonten gelangen" in found
    assert "Werbebetrug" not in found


def test_a_drawing_is_a_picture_of_the_same_numbers(room: TestClient) -> None:
    drawn = room.get("/chart/attention.svg?market=DE&days=14")
    assert 'aria-label="DE: 3' in drawn.text
    assert drawn.headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert room.get("/chart/attention.png?days=7").content.startswith(b"\x89PNG")


def test_a_milestone_is_marked_on_trends_and_can_be_taken_back(room: TestClient, archive: Archive) -> None:
    given = {"token": token(room), "day": "2026-11-20", "market": "DE", "text": "Alterspflicht gilt"}
    assert room.post("/milestone", data=given).status_code == 303
    assert "Alterspflicht gilt" in room.get("/chart/attention.svg?market=DE").text
    [kept] = archive.milestones(NOW.date().replace(day=1), NOW.date())
    room.post(f"/milestone/{kept.id}/drop", data={"token": token(room)})
    assert "Alterspflicht gilt" not in room.get("/chart/attention.svg?market=DE").text


def test_triage_is_measured(room: TestClient) -> None:
    given = {"token": token(room), "title": "Kinderkonten", "market": "DE", "severity": "4"}
    place = room.post("/incidents", data=given).headers["location"]
    room.post(f"{place}/acknowledge", data={"token": token(room), "version": "1"})
    told = room.get("/chart/throughput.csv?lang=en").text
    rows = dict(csv.reader(io.StringIO(told)))
    assert rows["opened"] == "1"
    assert rows["acknowledged in time"] == "1 / 1"
    assert rows["open, under 1 day"] == "1"


# --- sources -------------------------------------------------------------------------------------

YAML_OF_ONE = """version: 1
sources:
  - id: bote
    name: Der Bote
    kind: rss
    url: https://bote.example/feed
    language: de
    market: DE
    lens: media
"""


@pytest.fixture
def sources_file(tmp_path: Path) -> Path:
    path = tmp_path / "sources.yaml"
    path.write_text(YAML_OF_ONE, encoding="utf-8")
    return path


def test_the_sources_that_need_a_look_come_first(room: TestClient) -> None:
    text = said(room, "/sources")
    assert text.index("/source/stumm") < text.index("/source/bote")
    assert "gesperrt" in text.split("/source/bote")[0] or "blocked" in text.split("/source/bote")[0]
    assert "/source/bote" not in said(room, "/sources?faulty=1")


def test_a_change_is_shown_checked_and_kept(sources_file: Path, room: TestClient) -> None:
    entry = YAML_OF_ONE.split("sources:\n")[1]
    given = {"token": token(room), "source": "bote"}
    wrong = room.post("/sources/draft", data={**given, "entry": entry.replace("lens: media", "lens: press")})
    assert "lens" in wrong.text
    assert "/sources/apply" not in wrong.text
    right = room.post("/sources/draft", data={**given, "entry": entry.replace("/feed", "/rss")})
    assert "<ins>+    url: https://bote.example/rss</ins>" in right.text
    [mark] = re.findall(r'name="mark" value="([0-9a-f]+)"', right.text)
    change = {**given, "entry": entry.replace("/feed", "/rss"), "mark": mark}
    assert room.post("/sources/apply", data=change).status_code == 303
    assert "https://bote.example/rss" in sources_file.read_text()
    assert "https://bote.example/rss" in said(room, "/source/bote")


def test_a_file_that_somebody_else_changed_is_not_overwritten(sources_file: Path, room: TestClient) -> None:
    given = {"token": token(room), "source": "bote", "entry": "  - id: bote\n", "mark": "0" * 64}
    assert room.post("/sources/apply", data=given).status_code == 409
    assert sources_file.read_text() == YAML_OF_ONE


def test_a_feed_readers_list_becomes_a_draft(sources_file: Path, room: TestClient) -> None:
    opml = b'<opml version="2.0"><body><outline title="Neu" xmlUrl="https://neu.example/f"/></body></opml>'
    given = {"token": token(room), "market": "AT", "language": "de", "lens": "media"}
    answer = room.post("/sources/opml", data=given, files={"file": ("a.opml", opml)})
    assert "<ins>+  - id: neu</ins>" in answer.text
    assert b"https://bote.example/feed" in room.get("/sources/opml").content


def test_faults_are_an_atom_feed(room: TestClient) -> None:
    answer = room.get("/sources/faults.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert "stumm" in answer.text
    assert "bote:" not in answer.text


def test_a_source_is_paused_and_resumed(room: TestClient, archive: Archive) -> None:
    room.post("/source/bote/pause", data={"token": token(room)})
    assert "bote" not in archive.due_sources(NOW.replace(year=2027))
    room.post("/source/bote/resume", data={"token": token(room)})
    assert "bote" in archive.due_sources(NOW.replace(year=2027))


# --- signals and incidents -----------------------------------------------------------------------


def decide(room: TestClient, signal: str, decision: str, reason: str = "") -> int:
    given = {"token": token(room), "reason": reason}
    return room.post(f"/signal/{signal}/{decision}", data=given).status_code


def test_a_signal_is_confirmed_and_escalated_as_one_incident(room: TestClient, archive: Archive) -> None:
    assert decide(room, "g1", "confirm") == 303
    assert decide(room, "g1", "escalate") == 303
    [incident] = archive.incidents()
    assert (incident.state.value, incident.signal_ids, incident.item_ids) == (
        "escalated",
        ("g1",),
        ("kinder", "amt"),
    )
    assert incident.title.startswith("Youth safety")


def test_a_dismissal_needs_its_reason_and_leaves_nothing_without_it(
    room: TestClient, archive: Archive
) -> None:
    assert decide(room, "g2", "dismiss") == 422
    assert archive.incidents() == []
    assert decide(room, "g2", "dismiss", "eine Werbekampagne") == 303
    assert [incident.state.value for incident in archive.incidents()] == ["dismissed"]


def test_of_two_who_take_up_a_signal_at_once_one_is_told(room: TestClient, archive: Archive) -> None:
    """Both saw no incident; its id is made of the signal, so that there is never a second one."""
    assert decide(room, "g1", "confirm") == 303
    [incident] = archive.incidents()
    assert incident.id == "DE-20261128-g1"


def test_undecided_signals_come_first(room: TestClient) -> None:
    decide(room, "g1", "confirm")
    text = said(room, "/signals")
    assert text.index('id="signal-g2"') < text.index('id="signal-g1"')


def opened(room: TestClient, **given: str) -> str:
    told = {"title": "Kinderkonten", "market": "DE", "severity": "4", **given}
    return room.post("/incidents", data={"token": token(room), **told}).headers["location"]


def test_who_came_second_sees_the_first_ones_change_and_keeps_their_own_words(room: TestClient) -> None:
    place = opened(room)
    given = {"token": token(room), "version": "1"}
    assert room.post(f"{place}/assign", data={**given, "owner": "anna"}).status_code == 303
    answer = room.post(f"{place}/severity", data={**given, "severity": "5", "reason": "Es sind viele"})
    assert answer.status_code == 409
    assert "anna" in answer.text
    assert "Es sind viele" in answer.text


def test_notes_of_two_people_are_both_kept(room: TestClient, archive: Archive) -> None:
    place = opened(room)
    for text in ("Recht weiß Bescheid", "Presse fragt an"):
        given = {"token": token(room), "version": "1", "note": text}
        assert room.post(f"{place}/note", data=given).status_code == 303
    log = archive.incident_log(place.split("/")[-1])
    assert [event.reason for event in log if event.action == "note"] == [
        "Recht weiß Bescheid",
        "Presse fragt an",
    ]


def test_a_mention_is_marked_and_brings_the_incident_to_the_one_named(room: TestClient) -> None:
    place = opened(room)
    assert place not in said(room, "/incidents?for=me")
    room.post(f"{place}/note", data={"token": token(room), "note": "<b>bitte</b> @local und @anna ansehen"})
    text = said(room, place)
    assert "<mark>@local</mark>" in text
    assert "<strong>@anna</strong>" in text
    assert "&lt;b&gt;bitte" in text
    assert place in said(room, "/incidents?for=me")


def test_an_audience_is_set_and_the_board_is_narrowed_to_it(room: TestClient, archive: Archive) -> None:
    place = opened(room)
    given = {"token": token(room), "version": "1", "audience": ["Legal", "Comms"]}
    assert room.post(f"{place}/audience", data=given).status_code == 303
    assert archive.incidents()[0].audience == ("Legal", "Comms")
    assert place in said(room, "/incidents?audience=Legal")
    assert place not in said(room, "/incidents?audience=Policy")


def test_a_change_that_makes_no_sense_is_refused_not_broken(room: TestClient) -> None:
    place = opened(room)
    given = {"token": token(room), "version": "1"}
    assert room.post(f"{place}/state", data={**given, "state": "odd"}).status_code == 422
    assert room.post(f"{place}/severity", data={**given, "severity": "x", "reason": "r"}).status_code == 422
    assert room.post("/incidents", data={**given, "title": "x", "severity": "nine"}).status_code == 422


# --- intake --------------------------------------------------------------------------------------


def test_a_pasted_text_becomes_an_item(room: TestClient, archive: Archive) -> None:
    given = {
        "title": "Ein Brief",
        "text": "Ein Jugendamt meldet sich.\n\nEs geht um Livestreams.",
        "outlet": "Post",
    }
    told = {"token": token(room), "market": "DE", "lens": "user", "language": "de", "url": "", **given}
    place = room.post("/intake", data=told).headers["location"]
    [item] = archive.items([place.split("/")[-1]])
    assert (item.title, item.outlet, item.lens.value, item.markets) == ("Ein Brief", "Post", "user", ("DE",))
    assert "Livestreams" in item.text
    assert room.post("/intake", data=told).headers["location"] == place
    assert room.post("/intake", data={**told, "text": "", "url": "ftp://x"}).status_code == 422


def test_counts_that_people_bring_stand_beside_the_media(room: TestClient) -> None:
    table = "day,series,value\n2026-11-27,Eskalationen,12\n2026-11-28,Eskalationen,31\n"
    file = {"file": ("a.csv", table.encode())}
    assert room.post("/intake/counts", data={"token": token(room)}, files=file).status_code == 303
    rows = room.get("/chart/outside.csv?lang=en&days=7").text.splitlines()
    assert rows[0].startswith("\ufeffDay,Eskalationen,")
    assert rows[1].startswith("2026-11-28,31,")
    wrong = {"file": ("a.csv", b"day,series,value\n2026-11-27,x,viele\n")}
    answer = room.post("/intake/counts", data={"token": token(room)}, files=wrong)
    assert answer.status_code == 422
    assert "viele" in answer.text
