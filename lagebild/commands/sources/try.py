"""Fetch one source now and show what would be stored, field by field; nothing is kept."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace

import click

from crawler.crawl import crawl
from crawler.visit import UNBOUNDED, CrawlJob
from domain.model import Checkpoint, Document, Harvest, Source
from lagebild.belts.collect import spoken
from lagebild.budget import SourcePurse, caps_of
from lagebild.cli import PARTIAL
from lagebild.naming import named
from lagebild.opening import archive_of, json_option, print_json, settings_of, sources_of
from lagebild.secrets import secrets_of
from lagebild.settings import Settings
from lagebild.watching import expanded
from lagebild.workshop import crawl_settings_of, page_pool, utc_now

SHOWN_CHARACTERS = 160
FIELDS = (
    "title",
    "authors",
    "published_at",
    "updated_at",
    "language",
    "section",
    "paywalled",
    "rights",
    "lead",
    "text",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One field of an item: what would be stored, and where it came from."""

    field: str
    value: str
    origin: str


@click.command(help=__doc__ + "\n\nExample: lagebild sources try der-standard --items 3")
@click.argument("source_id")
@click.option(
    "--items", type=click.IntRange(1, 40), default=3, show_default=True, help="How many items to show."
)
@json_option
@click.pass_context
def command(context: click.Context, source_id: str, items: int, as_json: bool) -> int:
    settings = settings_of(context)
    source = named(sources_of(settings), source_id)
    harvest = fetched_now(replace(source, limits=replace(source.limits, pages=items)), settings)
    documents = harvest.documents[:items]
    if as_json:
        print_json(
            {
                "source": source_id,
                "outcome": harvest.visit.outcome.value,
                "reason": harvest.visit.reason,
                "items": [_as_dict(d, source) for d in documents],
            }
        )
    else:
        _print(harvest, documents, source)
    return 0 if harvest.visit.outcome.reported else PARTIAL


def fetched_now(source: Source, settings: Settings) -> Harvest:
    """One visit as if the source had never been visited. What it costs is counted in the archive all the same."""
    harvests: list[Harvest] = []
    secret = secrets_of(os.environ)(source.auth)
    purse = (
        SourcePurse(archive_of(settings, create=True), source, utc_now)
        if caps_of(source, utc_now())
        else UNBOUNDED
    )
    with page_pool() as pages:
        job = CrawlJob(expanded(source), Checkpoint(source.id), lambda _: {}, secret, purse)
        crawl([job], crawl_settings_of(settings, pages), harvests.append)
    return harvests[0]


def rows_of(document: Document, source: Source) -> list[Row]:
    """What would be stored of a document."""
    item = spoken(document, source, utc_now())
    origins = document.page.origin if document.page else {}
    return [
        Row(name, _shown(getattr(item, name)), origins.get(name.removesuffix("_at"), item.text_origin))
        for name in FIELDS
    ]


def _shown(value: object) -> str:
    text = ", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
    text = " ".join(text.split())
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}… ({len(text)} characters)"


def _as_dict(document: Document, source: Source) -> dict[str, object]:
    fields = {row.field: {"value": row.value, "origin": row.origin} for row in rows_of(document, source)}
    return {"url": document.entry.url, "page_fault": document.page_fault, "fields": fields}


def _print(harvest: Harvest, documents: Iterable[Document], source: Source) -> None:
    visit = harvest.visit
    click.echo(
        f"{source.id}: {visit.outcome.value}{f': {visit.reason}' if visit.reason else ''}; {visit.entries} entries"
    )
    for document in documents:
        click.echo(
            f"\n{document.entry.url}{f'  (page: {document.page_fault})' if document.page_fault else ''}"
        )
        for row in rows_of(document, source):
            click.echo(
                f"  {row.field:13} {row.value}  [{row.origin}]" if row.value else f"  {row.field:13} –"
            )
