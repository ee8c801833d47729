"""Private people: masked before anything reads, pseudonyms for authors, an entity only by the list of public people."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.normalise import normalise
from domain.model import Annotation, Author, Document, Entry, Item, ItemKind, Lens, Source
from lagebild.pseudonyms import pseudonym_of
from lagebild.settings import Privacy
from nlp.entities import EntityAnnotator
from nlp.story_features import features_of

NOW = datetime(2026, 11, 28, 7, 0, tzinfo=UTC)
M = Source(
    id="m", name="M", kind="mastodon", url="https://m.example/", language="de", markets=("DE",), lens=Lens.USER,
)  # fmt: skip


def spoken(tmp_path: Path, content: str, author: Author | None = None, **more: object) -> Item:
    entry = Entry(
        source_id="m", raw_id="1", url="https://m.example/statuses/1", content=content, kind=ItemKind.POST,
        platform="mastodon", instance="m.example", author=author, published=NOW, **more,  # type: ignore[arg-type]
    )  # fmt: skip
    names = pseudonym_of(tmp_path / "keys", NOW)
    return normalise(Document(entry), M, language="de", now=NOW, pseudonym=names)


@pytest.mark.parametrize(
    "content",
    [
        '<p><a href="https://m.example/@kassiopeia" class="u-url mention">@<span>kassiopeia</span></a> betrügt auf TikTok</p>',
        "<p>@kassiopeia@fern.example betrügt auf TikTok</p>",
        "<p>u/kassiopeia betrügt auf TikTok</p>",
        "<p>kassiopeia@post.example betrügt auf TikTok</p>",
        "<p>https://m.example/@kassiopeia betrügt auf TikTok</p>",
        "<p>https://bsky.app/profile/kassiopeia.bsky.social betrügt auf TikTok</p>",
    ],
)
def test_whoever_is_mentioned_is_masked_before_anything_reads(tmp_path: Path, content: str) -> None:
    item = spoken(tmp_path, content, title=f"Achtung {content}")
    assert "kassiopeia" not in f"{item.title} {item.lead} {item.text}".lower()
    assert "TikTok" in item.text
    (reading,) = EntityAnnotator().read([item])
    assert "kassiopeia" not in " ".join(a.text for a in reading.annotations).lower()


@pytest.mark.parametrize("kind", ["person", "bot", "unknown"])
def test_a_private_author_is_a_pseudonym_alone(tmp_path: Path, kind: str) -> None:
    author = Author("mastodon|m.example|17", handle="kassiopeia", display="Kassiopeia Klar", kind=kind)  # type: ignore[arg-type]
    item = spoken(tmp_path, "Ein Beitrag", author)
    assert "kassiopeia" not in repr(item).lower()
    assert len(item.author_ref) == 26


@pytest.mark.parametrize("kind", ["press", "organisation"])
def test_press_and_organisations_are_named(tmp_path: Path, kind: str) -> None:
    author = Author("mastodon|m.example|18", handle="blatt", display="Das Blatt", kind=kind)  # type: ignore[arg-type]
    item = spoken(tmp_path, "Ein Beitrag", author)
    assert (item.authors, item.author_ref) == (("Das Blatt",), "")


def press_item() -> Item:
    words = "Sarah Miller and Elon Musk met Ofcom in London, said Thomas Brown."
    return Item(
        id="i", source_id="s", raw_id="r", kind=ItemKind.ARTICLE, url="https://blatt.example/", title="", lead="", text=words,
        language="en", markets=("UK",), lens=Lens.MEDIA, published_at=NOW, fetched_at=NOW, content_hash="h",
    )  # fmt: skip


def named(annotator: EntityAnnotator) -> set[str]:
    (reading,) = annotator.read([press_item()])
    return {a.text for a in reading.annotations if not a.suppressed}


def test_a_person_is_an_entity_by_the_list_alone() -> None:
    assert not {"Sarah Miller", "Elon Musk", "Thomas Brown"} & named(EntityAnnotator())
    listed = named(EntityAnnotator(Privacy().public_people))
    assert {"Elon Musk", "Ofcom"} <= listed
    assert not {"Sarah Miller", "Thomas Brown"} & listed


def test_another_list_is_another_reading() -> None:
    assert EntityAnnotator().name != EntityAnnotator(["Sarah Miller"]).name


def test_stories_are_told_apart_by_the_words_of_the_text_itself() -> None:
    item = press_item()
    at = item.text.index("Sarah Miller")
    hidden = Annotation(
        item_id="i", layer="entity", label="PER", annotator="e/1", start=at, end=at + 12, suppressed=True
    )
    assert features_of(item, [hidden]).names == features_of(item, [open_one(hidden)]).names


def open_one(hidden: Annotation) -> Annotation:
    return Annotation(
        item_id="i",
        layer="entity",
        label="PER",
        annotator="e/1",
        start=hidden.start,
        end=hidden.end,
        text="Sarah Miller",
    )
