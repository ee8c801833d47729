"""An item of each shielded topic goes through every form we have; what readers are spared shows in none of them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from digest.brief import brief
from domain.model import (
    Annotation,
    Batch,
    Checkpoint,
    Evidence,
    Filed,
    Fingerprint,
    Item,
    ItemKind,
    Lens,
    Membership,
    New,
    Outcome,
    Reading,
    Source,
    Story,
    Visit,
)
from domain.registry import plug
from lagebild.belts.publish import Press, daily_facts
from lagebild.cli import root
from lagebild.labels import names
from lagebild.reading_room import room
from lagebild.settings import Settings
from lagebild.workshop import Workshop
from nlp.shield import add_slurs
from nlp.topic_rules import load_topics
from storage.sqlite import open_archive
from storage.sqlite.archive import SqliteArchive

DAY = date(2026, 11, 27)
NOW = datetime(2026, 11, 27, 6, 45, tzinfo=UTC)
SLUR = "Garstvolk"
METHOD = "Überdosis"
ALWAYS = tuple(topic.id for topic in load_topics() if topic.mask == "always")
DEFAULT = tuple(topic.id for topic in load_topics() if topic.mask == "default")
SELF_HARM = "suicide_self_harm"
PAPERS = tuple(
    Source(
        id=f"blatt{n}", name=f"Blatt {n}", kind="rss", url=f"https://blatt{n}.example/feed", language="de", markets=("DE",),
        lens=Lens.MEDIA, publisher=f"Verlag {n}", tier=1,
    )
    for n in (1, 2)
)  # fmt: skip
FORMATS = sorted(
    entry.name.removesuffix(".py")
    for entry in files("digest.formats").iterdir()
    if entry.name.endswith(".py") and not entry.name.startswith("_")
)


def title_of(topic: str) -> str:
    """A headline that holds a slur, the topic's mark, and for self-harm a method."""
    method = f" durch {METHOD}" if topic == SELF_HARM else ""
    return f"Bericht über {SLUR}, Kopfmarke{topic.replace('_', '')}{method}"


def body_of(topic: str) -> str:
    return f"Wortmarke{topic.replace('_', '')} steht in diesem Absatz über {SLUR} auf TikTok, und er ist lang genug."


def item(topic: str, paper: Source) -> Item:
    name = f"{topic}-{paper.id}"
    return Item(
        id=name, source_id=paper.id, raw_id=name, kind=ItemKind.ARTICLE, url=f"https://{paper.id}.example/{name}",
        title=title_of(topic), lead=body_of(topic), text=body_of(topic), language="de", markets=("DE",), lens=Lens.MEDIA,
        published_at=NOW - timedelta(hours=9), fetched_at=NOW - timedelta(hours=8), content_hash=name,
        publisher=paper.publisher, outlet=paper.name, tier=1,
    )  # fmt: skip


def reading(one: Item, topic: str) -> Reading:
    evidence = (Evidence(len(one.title) + 1, len(one.title) + 10, one.text[:9], "rule"),)

    def tag(layer: str, label: str, **more: object) -> Annotation:
        return Annotation(item_id=one.id, layer=layer, label=label, annotator="risk/1", **more)  # type: ignore[arg-type]

    said = (
        tag("relevance", "relevant"), tag("topic", topic, evidence=evidence), tag("severity", "3"),
        tag("platform", "tiktok"), tag("perception", "critical", target="tiktok"),
    )  # fmt: skip
    return Reading(one.id, "risk/1", said)


def fill(archive: SqliteArchive) -> None:
    archive.sync_sources(PAPERS, NOW - timedelta(days=2))
    at = NOW - timedelta(hours=8)
    for paper in PAPERS:
        items = [item(topic, paper) for topic in (*ALWAYS, *DEFAULT)]
        visit = Visit(source_id=paper.id, started_at=at, finished_at=at, outcome=Outcome.OK)
        filed = tuple(
            Filed(i, Fingerprint(i.id, i.url, i.id, b"", 0, "", i.published_at), New()) for i in items
        )
        archive.commit(Batch(visit, Checkpoint(paper.id), filed))
        archive.keep_readings([reading(i, i.id.partition("-")[0]) for i in items], at)
    for topic in (*ALWAYS, *DEFAULT):
        story = Story(id=f"s-{topic}", title=title_of(topic), language="de", opened_at=at, changed_at=at)
        archive.keep_stories(
            [story], [Membership(story.id, f"{topic}-{paper.id}", at) for paper in PAPERS], at
        )


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    add_slurs([SLUR])
    settings = Settings(archive=tmp_path_factory.mktemp("shield") / "a.db")
    archive = open_archive(settings.archive)
    fill(archive)
    with Workshop(settings, PAPERS, archive, clock=lambda: NOW) as opened:
        yield opened


@pytest.fixture(scope="module")
def web(workshop: Workshop) -> TestClient:
    return TestClient(room(workshop), base_url="http://127.0.0.1")


def spared(told: str) -> list[str]:
    """What should not have been told; each of them in the letters of the text, whatever the case."""
    low = told.lower()
    marks = [SLUR, METHOD, *(f"Kopfmarke{topic.replace('_', '')}" for topic in ALWAYS)]
    marks += [f"Wortmarke{topic.replace('_', '')}" for topic in (*ALWAYS, *DEFAULT)]
    return [mark for mark in marks if mark.lower() in low]


def readable(body: bytes, name: str) -> str:
    """The words in a file: of a workbook its sheets, of a PDF its text."""
    if name == "xlsx":
        with ZipFile(BytesIO(body)) as book:
            return " ".join(book.read(part).decode("utf-8", "replace") for part in book.namelist())
    if name == "pdf":
        import pymupdf

        return " ".join(page.get_text() for page in pymupdf.open(stream=body))
    return body.decode("utf-8", "replace")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("language", ["de", "en"])
def test_no_form_of_the_briefing_tells_it(workshop: Workshop, name: str, language: str) -> None:
    if name == "pdf":
        pytest.importorskip("pymupdf")
    press = Press(Path(), (), names(), {})
    edition = workshop.settings.publish.editions[0]
    digest = brief(daily_facts(workshop.archive, press, edition, DAY, NOW), language)
    told = readable(plug("digest.formats", name).render(digest), name)
    assert spared(told) == []


def test_the_briefing_speaks_of_the_subjects_all_the_same(workshop: Workshop) -> None:
    press = Press(Path(), (), names(), {})
    digest = brief(
        daily_facts(workshop.archive, press, workshop.settings.publish.editions[0], DAY, NOW), "de"
    )
    told = plug("digest.formats", "text").render(digest).decode()
    assert "Kopfmarkehatediscrimination" in told


PAGES = ("/", "/search", "/search?q=Bericht", "/search?q=Absatz", "/signals", "/incidents", "/review")
ITEMS = tuple(f"/item/{topic}-blatt1" for topic in (*ALWAYS, *DEFAULT))
STORIES = tuple(f"/story/s-{topic}" for topic in (*ALWAYS, *DEFAULT))


@pytest.mark.parametrize("path", [*PAGES, *ITEMS, *STORIES])
def test_no_page_tells_it_unasked(web: TestClient, path: str) -> None:
    answer = web.get(path)
    assert answer.status_code == 200
    assert spared(answer.text) == []


@pytest.mark.parametrize("name", ["csv", "jsonl", "xlsx"])
def test_no_export_tells_it(web: TestClient, name: str) -> None:
    answer = web.get(f"/export.{name}")
    assert answer.status_code == 200
    assert spared(readable(answer.content, name)) == []


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_the_command_does_not_tell_it(workshop: Workshop, words: list[str]) -> None:
    command = ["--archive", str(workshop.settings.archive), "search", "Bericht", *words]
    done = CliRunner().invoke(root, command)
    assert done.exit_code == 0, done.output
    assert spared(done.output) == []


def test_nobody_may_query_it(workshop: Workshop) -> None:
    archive = workshop.archive
    assert isinstance(archive, SqliteArchive)
    views = [
        row[0]
        for row in archive.rows("SELECT name FROM sqlite_schema WHERE type = 'view' AND name LIKE 'v_%'")
    ]
    told = " ".join(str(row) for view in views for row in archive.rows(f"SELECT * FROM {view}"))
    assert spared(told) == []


def test_there_is_something_to_spare() -> None:
    assert ALWAYS == ("child_sexual_exploitation",)
    assert {SELF_HARM, "hate_discrimination", "extremism_terrorism"} <= {*DEFAULT}
