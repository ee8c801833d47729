"""One author with a hundred thousand posts is taken out, and no octet of handle or words is left in the files."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.normalise import platform_item_id
from domain.model import (
    Author,
    Batch,
    Checkpoint,
    Filed,
    Fingerprint,
    Item,
    ItemKind,
    Lens,
    New,
    Outcome,
    Search,
    Visit,
)
from lagebild.privacy import Asked, erase
from lagebild.pseudonyms import pseudonym_of
from lagebild.settings import Settings
from lagebild.workshop import Workshop
from storage.sqlite import open_archive

NOW = datetime(2026, 11, 28, 7, 0, tzinfo=UTC)
POSTS, OTHERS, AT_ONCE = 100_000, 2_000, 10_000
HANDLE = "kassiopeia_1794"
KASSIOPEIA = Author("mastodon|m.example|4711", handle=HANDLE)
SOMEBODY = Author("mastodon|m.example|4712", handle="jemand")
WORDS = ("Quittenkompott", "Nachtgewitter", "Laternenumzug", "Zaunwinde", "Brombeerhecke", "Kellerassel")
SECONDS_ALLOWED = 240
"""On a busy machine; a quiet one needs about a fifth of it."""


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    settings = Settings(archive=tmp_path / "a.db")
    with Workshop(settings, (), open_archive(settings.archive), clock=lambda: NOW) as opened:
        yield opened


def post(number: int, author: Author, workshop: Workshop, text: str) -> Item:
    names = pseudonym_of(workshop.key_file, NOW)
    return Item(
        id=platform_item_id("mastodon", "m.example", f"{author.handle}-{number}"), source_id="m", raw_id=f"{author.handle}-{number}", kind=ItemKind.POST,
        url=f"https://m.example/@{author.handle}/{number}", title="", lead="", text=text, language="de", markets=("DE",),
        lens=Lens.USER, published_at=NOW - timedelta(seconds=number), fetched_at=NOW, content_hash=f"{number}",
        platform="mastodon", instance="m.example", author_ref=names(author), author_alias=names.of_handle(author),
    )  # fmt: skip


def keep(workshop: Workshop, items: list[Item], at: datetime) -> None:
    prints = [
        Fingerprint(item.id, item.url, item.content_hash, b"", 0, "", item.published_at) for item in items
    ]
    filed = tuple(Filed(item, print_, New()) for item, print_ in zip(items, prints, strict=True))
    visit = Visit(source_id="m", started_at=at, finished_at=at, outcome=Outcome.OK)
    workshop.archive.commit(Batch(visit, Checkpoint("m"), filed))


def files(workshop: Workshop) -> bytes:
    """The archive, its log and shared memory, and every backup."""
    folder = workshop.settings.archive.parent
    return b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file() and not p.name.endswith(".keys"))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_octet_of_handle_or_words_is_left(workshop: Workshop) -> None:
    for start in range(0, POSTS, AT_ONCE):
        texts = (f"{HANDLE} schreibt: {' '.join(WORDS)} {n}" for n in range(start, start + AT_ONCE))
        items = [post(n, KASSIOPEIA, workshop, text) for n, text in enumerate(texts, start)]
        keep(workshop, items, NOW + timedelta(seconds=start))
    others = [post(n, SOMEBODY, workshop, f"Ein anderer Beitrag, Nummer {n}.") for n in range(OTHERS)]
    keep(workshop, others, NOW - timedelta(hours=1))
    assert HANDLE.encode() in files(workshop)

    begun = time.monotonic()
    done = erase(Asked((f"@{HANDLE}@m.example",)), workshop, reason="Art. 17", by="anna")
    seconds = time.monotonic() - begun
    assert dict(done.items) == {"mastodon": POSTS}
    assert seconds < SECONDS_ALLOWED

    stored = files(workshop).lower()
    assert [mark for mark in (HANDLE, *WORDS) if mark.lower().encode() in stored] == []
    assert b"ein anderer beitrag" in stored
    assert len(list(workshop.archive.every_hit(Search()))) == OTHERS
    assert workshop.archive.verify() == []
    (line,) = workshop.archive.audit_log()
    assert line["sha256"] == done.receipt
    assert line["facts"]["items"] == {"mastodon": POSTS}
    assert HANDLE not in json.dumps(line)
    print(f"erased {POSTS} items in {seconds:.1f} s")
