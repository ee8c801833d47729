"""JSON Feed 1.0 and 1.1."""

import json
from collections.abc import Mapping
from html import unescape
from typing import Any
from urllib.parse import urljoin

from crawler.dates import parse_date
from crawler.feed import Feed, FeedEntry, refusal


def parse_json_feed(body: bytes, url: str = "") -> Feed:
    """Reads JSON Feed 1.0 or 1.1. Raises ParseError."""
    try:
        found = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise refusal(f"not JSON: {error}"[:200], "check the address in a browser") from error
    if not isinstance(found, dict) or not isinstance(found.get("items"), list):
        raise refusal("JSON without a list of items is no JSON Feed", "check the address in a browser")
    version = str(found.get("version", ""))
    return Feed(
        "json10" if version.endswith("/1") else "json11",
        _text(found, "title"),
        tuple(_json_entry(item, url) for item in found["items"] if isinstance(item, dict)),
        "json",
        language=_text(found, "language"),
        url=_text(found, "home_page_url"),
        next_url=urljoin(url, _text(found, "next_url")) if found.get("next_url") else "",
    )


def _json_entry(item: Mapping[str, Any], url: str) -> FeedEntry:
    link = _text(item, "url") or _text(item, "external_url")
    authors = item.get("authors") if isinstance(item.get("authors"), list) else [item.get("author")]
    tags = item.get("tags")
    return FeedEntry(
        guid=_text(item, "id") or link,
        url=urljoin(url, link) if url else link,
        title=unescape(_text(item, "title")).strip(),
        summary=_text(item, "summary"),
        content=_text(item, "content_html") or _text(item, "content_text"),
        published=parse_date(_text(item, "date_published")),
        updated=parse_date(_text(item, "date_modified")),
        authors=tuple(n for n in (_text(a, "name") for a in authors or () if isinstance(a, dict)) if n),
        tags=tuple(str(t) for t in tags if isinstance(t, str)) if isinstance(tags, list) else (),
    )


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return "" if value is None or isinstance(value, (dict, list)) else str(value)
