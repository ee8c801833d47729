"""Items and incidents as rows of files: what lists show of them, marked with how far the file may go."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from domain.model import Hit, Incident, Source
from web.exports import Kind, Row
from web.tlp import may_go

ITEM: Mapping[str, Kind] = {
    "id": "text", "published": "moment", "first_seen": "moment", "outlet": "text", "publisher": "text", "markets": "text",
    "language": "text", "lens": "text", "tier": "whole", "title": "text", "url": "text", "topics": "text", "severity": "whole",
    "story": "text", "copies": "whole", "paywalled": "flag", "rights": "text", "licence": "text", "tlp": "text",
}  # fmt: skip
INCIDENT: Mapping[str, Kind] = {
    "id": "text", "title": "text", "market": "text", "severity": "whole", "state": "text", "opened": "moment", "due": "moment",
    "acknowledged": "moment", "owner": "text", "items": "whole", "stories": "whole", "tlp": "text",
}  # fmt: skip
Title = Callable[[Hit], str]


def item_rows(hits: Iterable[Hit], title: Title, sources: Mapping[str, Source], tlp: str) -> Iterator[Row]:
    """Titles are what lists show; the texts stay with their publishers, and whose licence applies is told."""
    for hit in hits:
        yield _item(hit, title(hit), sources.get(hit.item.source_id), tlp)


def _item(hit: Hit, title: str, source: Source | None, tlp: str) -> dict[str, Any]:
    item = hit.item
    return {
        "id": item.id,
        "published": item.published_at,
        "first_seen": item.fetched_at,
        "outlet": item.outlet,
        "publisher": item.publisher,
        "markets": " ".join(item.markets),
        "language": item.language,
        "lens": item.lens.value,
        "tier": item.tier,
        "title": title,
        "url": item.url,
        "topics": " ".join(hit.topics),
        "severity": hit.severity,
        "story": hit.story_id,
        "copies": hit.copies,
        "paywalled": item.paywalled,
        "rights": item.rights.value,
        "licence": source.licence if source else "",
        "tlp": tlp,
    }


def incident_rows(incidents: Iterable[Incident], tlp: str) -> Iterator[Row]:
    """Each with its own mark; those that may not go as far as the file does are left out."""
    for incident in incidents:
        if may_go(incident.tlp, tlp):
            yield {
                "id": incident.id,
                "title": incident.title,
                "market": incident.market,
                "severity": incident.severity,
                "state": incident.state.value,
                "opened": incident.opened_at,
                "due": incident.due_at,
                "acknowledged": incident.acknowledged_at,
                "owner": incident.owner,
                "items": len(incident.item_ids),
                "stories": len(incident.story_ids),
                "tlp": incident.tlp,
            }
