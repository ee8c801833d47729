"""Kept searches that somebody wants by mail: what is new since they were last told goes into the outbox."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from domain.model import Delivery, Hit, SavedSearch
from domain.ports import Archive
from lagebild.labels import names
from lagebild.room.shield import shield
from web.asked import address_of, search_from
from web.page import words

CHANNEL = "smtp"
MOST_TOLD = 50
"""More hits than this in one mail nobody reads; the mail says how many it leaves out."""
LATE = timedelta(days=3)
"""An item may be found so long after it was published and still be told."""


def queue_news(archive: Archive, now: datetime, base_url: str) -> int:
    """Queues one mail for each subscription that has something new; returns how many. Safe to run twice."""
    queued = 0
    for saved in archive.saved_searches():
        if not saved.mail[1]:
            continue
        hits = list(fresh_hits(archive, saved))
        if hits:
            queued += archive.enqueue([parcel(saved, hits, now, base_url)])
            last = max(hit.item.fetched_at for hit in hits)
            archive.keep_search(replace(saved, told_through=max(last, saved.told_through)))
    return queued


def fresh_hits(archive: Archive, saved: SavedSearch) -> Iterator[Hit]:
    """Hits first seen after what was told, newest first."""
    wanted = search_from(saved.query)
    since = max(filter(None, (wanted.since, saved.told_through - LATE)))
    return (
        hit
        for hit in archive.every_hit(replace(wanted, since=since))
        if hit.item.fetched_at > saved.told_through
    )


def parcel(saved: SavedSearch, hits: Sequence[Hit], now: datetime, base_url: str) -> Delivery:
    """One mail in plain text; the same news again has the same key."""
    told = "\n".join((saved.id, *sorted(hit.item.id for hit in hits)))
    return Delivery(
        key=f"search-{sha256(told.encode()).hexdigest()[:24]}",
        digest_id="",
        channel=CHANNEL,
        recipient=saved.mail[1],
        subject=f"[Lagebild] {saved.name}: {len(hits)}",
        media_type="text/plain",
        body=letter(saved, hits, base_url).encode(),
        created_at=now,
    )


def letter(saved: SavedSearch, hits: Sequence[Hit], base_url: str) -> str:
    """The mail's text in its reader's language: headlines as the room shows them, where they stand, and how to leave."""
    base, language = base_url.rstrip("/"), saved.mail[0]
    spoken = words(language)
    lines = [spoken["mail_new"].format(name=saved.name, n=len(hits)), ""]
    for hit in hits[:MOST_TOLD]:
        lines += [
            _title(hit, spoken),
            f"  {hit.item.outlet}, {_when(hit, language)}, {_topics(hit, language)}",
        ]
        lines += [f"  {base}/item/{hit.item.id}" if base else f"  {hit.item.url}", ""]
    if len(hits) > MOST_TOLD:
        lines += [spoken["mail_more"].format(n=len(hits) - MOST_TOLD), ""]
    if base:
        lines += [f"{spoken['mail_all']} {base}/search?{address_of(search_from(saved.query))}"]
        lines += [f"{spoken['mail_end']} {base}/searches"]
    return "\n".join(lines) + "\n"


def _title(hit: Hit, spoken: Mapping[str, str]) -> str:
    rules, item = shield(), hit.item
    if rules.cover(hit.topics) == "always":
        return spoken["mail_neutral"]
    return rules.soften(
        item.title or " ".join((item.lead or item.text)[:110].split()), item.language, hit.topics
    )


def _when(hit: Hit, language: str) -> str:
    form = "%d.%m.%Y, %H:%M UTC" if language == "de" else "%Y-%m-%d %H:%M UTC"
    return hit.item.published_at.astimezone(UTC).strftime(form)


def _topics(hit: Hit, language: str) -> str:
    labels = names()
    told = [labels.get(f"topic:{topic}", {}).get(language, topic) for topic in hit.topics]
    return ", ".join(told) or words(language)["mail_no_topic"]
