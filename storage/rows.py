"""Items and their parts as rows of plain values, and back."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from domain.model import (
    Annotation,
    Consent,
    Engagement,
    Evidence,
    Item,
    ItemKind,
    Lens,
    PageKind,
    Rights,
)
from storage.times import from_text, from_text_or_none, to_text, to_text_or_none

ITEM_COLUMNS = (
    "item_id, source_id, raw_id, kind, language, markets, lens, category, tier, publisher, outlet, platform, "
    "published_at, updated_at, fetched_at, rights, expires_at, author_ref, content_hash, url, more"
)
"""What `item_values` gives and `item_from` reads, in this order; title, lead and body follow when reading."""

# Fields that few items set: together in one JSON column, absent while they hold their default.
_MORE_PLAIN = (
    "time_quality", "section", "paywalled", "comments", "text_origin", "rights_evidence", "instance", "parent_id",
    "root_id", "quoted_id", "author_kind", "author_alias", "community", "rating", "app_version", "sensitive",
)  # fmt: skip
_MORE_LISTS = ("language_flags", "authors", "tags", "links")
_DEFAULTS: dict[str, Any] = {f.name: f.default for f in fields(Item)}
_NO_CONSENT = Consent()


def compact(value: object) -> str:
    """JSON without spaces, keys in the order given, letters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def spaced(codes: Iterable[str]) -> str:
    """`' DE AT '`: a set of codes in which SQL's instr finds one."""
    return f" {' '.join(codes)} "


def item_values(item: Item) -> tuple[Any, ...]:
    return (
        item.id,
        item.source_id,
        item.raw_id,
        item.kind.value,
        item.language,
        spaced(item.markets),
        item.lens.value,
        item.category,
        item.tier,
        item.publisher,
        item.outlet,
        item.platform,
        to_text(item.published_at),
        to_text_or_none(item.updated_at),
        to_text(item.fetched_at),
        item.rights.value,
        to_text_or_none(item.expires_at),
        item.author_ref,
        item.content_hash,
        item.url,
        _more(item),
    )


def _more(item: Item) -> str:
    more: dict[str, Any] = {}
    for name in _MORE_PLAIN:
        value = getattr(item, name)
        if value != _DEFAULTS[name]:
            more[name] = value
    for name in _MORE_LISTS:
        if value := getattr(item, name):
            more[name] = list(value)
    if item.page_kind is not PageKind.ARTICLE:
        more["page_kind"] = item.page_kind.value
    if item.engagement is not None:
        more["engagement"] = _set_fields(item.engagement)
    if item.consent != _NO_CONSENT:
        more["consent"] = _set_fields(item.consent)
    return compact(more) if more else ""


def _set_fields(value: Engagement | Consent) -> dict[str, Any]:
    return {f.name: v for f in fields(value) if (v := getattr(value, f.name)) is not None}


def item_from(row: tuple[Any, ...]) -> Item:
    """The item in a row of `ITEM_COLUMNS`, title, lead, body; the texts are None when they are gone."""
    more: dict[str, Any] = json.loads(row[20]) if row[20] else {}
    return Item(
        id=row[0],
        source_id=row[1],
        raw_id=row[2],
        kind=ItemKind(row[3]),
        language=row[4],
        markets=tuple(row[5].split()),
        lens=Lens(row[6]),
        category=row[7],
        tier=row[8],
        publisher=row[9],
        outlet=row[10],
        platform=row[11],
        published_at=from_text(row[12]),
        updated_at=from_text_or_none(row[13]),
        fetched_at=from_text(row[14]),
        rights=Rights(row[15]),
        expires_at=from_text_or_none(row[16]),
        author_ref=row[17],
        content_hash=row[18],
        url=row[19],
        title=row[21] or "",
        lead=row[22] or "",
        text=row[23] or "",
        **_from_more(more),
    )


def _from_more(more: Mapping[str, Any]) -> dict[str, Any]:
    if not more:
        return {}
    known = {name: more[name] for name in _MORE_PLAIN if name in more}
    known |= {name: tuple(more[name]) for name in _MORE_LISTS if name in more}
    if "page_kind" in more:
        known["page_kind"] = PageKind(more["page_kind"])
    if "engagement" in more:
        known["engagement"] = Engagement(**more["engagement"])
    if "consent" in more:
        known["consent"] = Consent(**more["consent"])
    return known


ANNOTATION_COLUMNS = 'layer, label, target, score, suppressed, annotator, start, "end", text, evidence'


def annotation_values(item: int, said: Annotation, now: str) -> tuple[Any, ...]:
    """item, valid_from, then `ANNOTATION_COLUMNS`."""
    return (
        item,
        now,
        said.layer,
        said.label,
        said.target,
        said.score,
        int(said.suppressed),
        said.annotator,
        said.start,
        said.end,
        said.text,
        compact([[e.start, e.end, e.text, e.rule, e.similarity] for e in said.evidence])
        if said.evidence
        else "",
    )


def annotation_from(item_id: str, row: tuple[Any, ...]) -> Annotation:
    return Annotation(
        item_id=item_id,
        layer=row[0],
        label=row[1],
        target=row[2],
        score=row[3],
        suppressed=bool(row[4]),
        annotator=row[5],
        start=row[6],
        end=row[7],
        text=row[8],
        evidence=tuple(Evidence(*e) for e in json.loads(row[9])) if row[9] else (),
    )


def moment_key(published_at: datetime, fetched_at: datetime) -> datetime:
    """The moment by which an item is ordered: publication, unless the source says it lies in the future."""
    return min(published_at, fetched_at)
