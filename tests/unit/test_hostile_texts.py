"""Forty ways to smuggle markup, in titles, texts, names and reasons: no page holds an element that was not ours."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from domain.model import (
    Annotation,
    Batch,
    Checkpoint,
    Evidence,
    Filed,
    Fingerprint,
    Incident,
    IncidentState,
    Membership,
    New,
    Outcome,
    Reading,
    Story,
    TriageEvent,
    Visit,
)
from storage.memory import MemoryArchive
from tests.fixtures.room import BOTE, NOW, browser, desk_over, items, signal_of
from web.app import ROUTES
from web.desk import Desk

PAYLOADS = (
    "<script>hit()</script>", "</title><script>hit()</script>", "</textarea><script>hit()</script>", "<ScRiPt>hit()</sCrIpT>",
    "<scr<script>ipt>hit()</scr</script>ipt>", "<img src=x onerror=hit()>", '"><img src=x onerror=hit()>', "'><img src=x onerror=hit()>",
    "<svg onload=hit()>", "<svg/onload=hit()>", "<svg><script>hit()</script></svg>", "<svg><animate onbegin=hit() attributeName=x>",
    "<math><mtext><script>hit()</script></mtext></math>", "<body onload=hit()>", "<iframe srcdoc='<script>hit()</script>'>",
    "<iframe src=javascript:hit()>", "<object data=javascript:hit()>", "<embed src=javascript:hit()>",
    "<a href=javascript:hit()>x</a>", "<a href='java\tscript:hit()'>x</a>", "<form action=javascript:hit()><button>x</button></form>",
    "<button formaction=javascript:hit()>x</button>", "<input autofocus onfocus=hit()>", "<select autofocus onfocus=hit()>",
    "<details open ontoggle=hit()>", "<video><source onerror=hit()></video>", "<audio src=x onerror=hit()>", "<marquee onstart=hit()>",
    "<style>@import 'javascript:hit()';</style>", "<div style=background:url(javascript:hit())>", "<link rel=stylesheet href=//evil.example/x.css>",
    "<base href=//evil.example/>", "<meta http-equiv=refresh content='0;url=javascript:hit()'>", "<noscript><p title='</noscript><img src=x onerror=hit()>'>",
    "<!--><script>hit()</script>-->", "<![CDATA[><script>hit()</script>]]>", "<template><script>hit()</script></template>",
    "{{ 7 * 7 }}{% for x in y %}", "«<img src=x onerror=hit()>»", "\u2028<script>hit()</script>\u202e\ufeff",
)  # fmt: skip
HARMLESS = "Ein Titel wie jeder andere"


class Elements(HTMLParser):
    """The elements of a page with the names of their attributes; where addresses lead; what scripts hold."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: set[tuple[str, str]] = set()
        self.addresses: set[str] = set()
        self.inline: list[str] = []
        self._in_script = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {(tag, name) for name, _ in attrs} | {(tag, "")}
        for name, value in attrs:
            if name in ("href", "src", "action", "formaction", "data", "srcdoc"):
                self.addresses.add((value or "").strip())
        self._in_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.inline.append(data)


def room_with(words: tuple[str, ...]) -> Desk:
    """An archive in which everything that comes from outside says these words, one item for each."""
    archive = MemoryArchive()
    said = words[0]
    source = replace(BOTE, name=said, publisher=said)
    archive.sync_sources([source], NOW)
    filed = [
        replace(
            plain, title=word, lead=word, text=f"{word} {word}", outlet=word, publisher=word, authors=(word,), section=word,
            tags=(word,), url=f"javascript:hit()//{n}" if said != HARMLESS else plain.url, content_hash=f"h{n}",
        )
        for n, (plain, word) in enumerate(zip(items(len(words)), words, strict=True))
    ]  # fmt: skip
    visit = Visit(
        source_id="bote", started_at=NOW, finished_at=NOW, outcome=Outcome.OK, reason=said, entries=1, fresh=1
    )
    failed = replace(visit, started_at=NOW + timedelta(seconds=1), outcome=Outcome.UNREACHABLE)
    archive.commit(
        Batch(
            visit, Checkpoint("bote"), tuple(Filed(i, Fingerprint(i.id, i.url, i.id), New()) for i in filed)
        )
    )
    archive.commit(Batch(failed, Checkpoint("bote")))
    archive.keep_readings([Reading(i.id, "t/1", tags_of(i.id, i.title)) for i in filed], NOW)
    story = Story(id="s1", title=said, language="de", opened_at=NOW, changed_at=NOW)
    members = [Membership("s1", i.id, NOW, why=i.title, by=said) for i in filed]
    archive.keep_stories([story], members, NOW)
    archive.keep_signals([replace(signal_of("g1"), reasons=words, label=said, muted=said)])
    incident = Incident(
        id="x1", title=said, market="DE", severity=5, state=IncidentState.NEW, opened_at=NOW, owner=said, audience=(said,),
        story_ids=("s1",), item_ids=tuple(i.id for i in filed), signal_ids=("g1",),
    )  # fmt: skip
    archive.open_incident(
        incident, TriageEvent(incident_id="x1", at=NOW, by=said, action="open", reason=said)
    )
    for word in words:
        archive.note_event(
            TriageEvent(
                incident_id="x1", at=NOW, by=word, action="note", reason=word, before=word, after=word
            )
        )
    archive.keep_label("i1", "topic", said, "right", said, NOW, said)
    archive.note(said, said, said, {said: said}, NOW)
    return desk_over(archive, sources=[source])


def tags_of(item_id: str, word: str) -> tuple[Annotation, ...]:
    plain = Annotation(item_id=item_id, layer="topic", label="bullying_harassment", annotator="t/1")
    evidence = (Evidence(0, min(3, len(word)), word, word), Evidence(0, 0, word, "example", 0.5))
    return (
        replace(plain, evidence=evidence, score=0.9),
        replace(
            plain,
            label="fraud_scams",
            suppressed=True,
            text=word,
            start=0,
            end=2,
            evidence=(Evidence(0, 2, word, word),),
        ),
        replace(plain, layer="severity", label="2", evidence=(Evidence(0, 0, word, word),)),
        replace(plain, layer="entity", label="ORG", text=word, target=word, start=0, end=2),
        replace(plain, layer="platform", label=word, target=word, text="about"),
        replace(plain, layer="perception", label="critical", target=word, score=0.5, start=0, end=2),
    )


def pages() -> list[str]:
    """Every page of the room that can be looked at, from its own table of doors."""
    filled = {
        "item_id": "i1",
        "story_id": "s1",
        "incident_id": "x1",
        "source_id": "bote",
        "market": "DE",
        "day": "2026-11-28",
    }
    found = []
    for door in ROUTES:
        if "GET" in (door.methods or ()) and not door.path.startswith(
            ("/static", "/api", "/export", "/metrics")
        ):
            path = door.path_format
            for name in door.param_convertors:
                path = path.replace("{" + name + "}", filled.get(name, "x"))
            found.append(path)
    return [*found, *(f"/item/i{n}" for n in range(2, len(PAYLOADS) + 1))]


@pytest.fixture(scope="module")
def hostile() -> Iterator[Desk]:
    desk = room_with(PAYLOADS)
    yield desk
    desk.archive.close()


@pytest.fixture(scope="module")
def plain() -> Iterator[Desk]:
    desk = room_with(tuple(f"{HARMLESS}" for _ in PAYLOADS))
    yield desk
    desk.archive.close()


@pytest.mark.parametrize("path", pages())
def test_words_from_outside_add_no_element_and_lead_nowhere(hostile: Desk, plain: Desk, path: str) -> None:
    answer, usual = browser(hostile).get(path), browser(plain).get(path)
    assert answer.status_code == usual.status_code
    assert answer.status_code < 500
    if "html" not in answer.headers.get("content-type", ""):
        assert answer.headers["x-content-type-options"] == "nosniff"
        return
    seen, ours = Elements(answer.text), Elements(usual.text)
    assert seen.found <= ours.found
    assert seen.inline == []
    for address in seen.addresses:
        assert address.startswith(("/", "#", "?", "https://", "data:image/")) or address == "", address
    assert not any(name.startswith("on") for _, name in seen.found)
    assert "49{" not in answer.text


@pytest.mark.parametrize(
    "page", ["/search", "/signals", "/incidents", "/sources", "/dashboard", "/audit", "/sign-in"]
)
def test_words_in_an_address_add_no_element(plain: Desk, page: str) -> None:
    names = (
        "q",
        "market",
        "topic",
        "since",
        "order",
        "offset",
        "lang",
        "next",
        "title",
        "by",
        "days",
        "entity",
        "name",
    )
    client = browser(plain)
    usual = Elements(client.get(page, params=dict.fromkeys(names, HARMLESS)).text)
    for payload in PAYLOADS:
        answer = client.get(page, params=dict.fromkeys(names, payload))
        assert answer.status_code < 500
        seen = Elements(answer.text)
        assert seen.inline == []
        assert seen.found <= usual.found, payload
        assert not [a for a in seen.addresses if not a.startswith(("/", "#", "?", "https://", "data:image/"))]


PROTECTION = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


@pytest.mark.parametrize(
    "path",
    ["/", "/search", "/item/i1", "/nothing", "/static/style.css", "/export.csv", "/api/v1/items", "/healthz"],
)
def test_every_answer_is_protected(plain: Desk, path: str) -> None:
    answer = browser(plain).get(path)
    for name, value in PROTECTION.items():
        assert answer.headers[name] == value
    policy = dict(
        part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert "server" not in answer.headers


def test_a_refused_host_and_a_refused_form_are_protected_too(plain: Desk) -> None:
    for answer in (
        browser(plain).get("/", headers={"host": "x.example"}),
        browser(plain).post("/incidents", data={}),
    ):
        assert answer.status_code in (421, 403)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "script-src 'self'" in answer.headers["content-security-policy"]
