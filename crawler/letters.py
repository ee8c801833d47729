"""Dead letters, read again: after an upgrade the same bytes may make sense."""

from dataclasses import replace
from datetime import datetime

from crawler.registry import connector_for
from crawler.settings import Extract
from domain.model import (
    Checkpoint,
    Document,
    Entry,
    Fetched,
    Harvest,
    Letter,
    Outcome,
    PageKind,
    Purpose,
    Request,
    Source,
    Visit,
)


def reread(
    letter: Letter, source: Source, checkpoint: Checkpoint, extract: Extract, now: datetime
) -> Harvest:
    """The harvest that the letter's bytes give now; to be committed like any other, then the letter dropped.

    Nothing is fetched. A page's letter gives an entry with the page's own address and words. Raises ParseError
    or ItemError when the bytes still make no sense.
    """
    documents = _page(letter, extract) if letter.stage == "page" else _listing(letter, source)
    visit = Visit(
        source_id=source.id,
        started_at=now,
        finished_at=now,
        outcome=Outcome.OK,
        reason=f"a letter of {letter.seen_at:%Y-%m-%d %H:%M} read again",
        entries=len(documents),
        fresh=len(documents),
    )
    return Harvest(source, visit, checkpoint, documents)


def _listing(letter: Letter, source: Source) -> tuple[Document, ...]:
    request = Request(letter.url, Purpose.LISTING, context={"page": "1", "since": ""})
    fetched = Fetched(source.id, request, letter.url, 200, {}, letter.body, letter.seen_at)
    parts = connector_for(source.kind).parse(fetched, source)
    return tuple(Document(part) for part in parts if isinstance(part, Entry))


def _page(letter: Letter, extract: Extract) -> tuple[Document, ...]:
    page = extract(letter.body, letter.url)
    entry = Entry(source_id=letter.source_id, raw_id=letter.url, url=letter.url, title=page.title)
    readable = page.kind in (PageKind.ARTICLE, PageKind.LIVEBLOG)
    return (Document(entry, page if readable else replace(page, text="", lead="")),)
