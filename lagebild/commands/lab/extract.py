"""HTML pages to title, text, authors and dates.

Reads {"id", "file", "url"?}; files may be gzipped and are found beside the input.
"""

import gzip
from pathlib import Path
from typing import Any

from crawler.extract import extract
from domain.errors import ItemError
from lagebild.jsonl import lab_command

command = lab_command(__name__, __doc__ + "\nExample: lagebild lab extract pages.jsonl > articles.jsonl")


def answer(rows: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """One article per row."""
    return [_article(row, read_file(row, folder)) for row in rows]


def read_file(row: dict[str, Any], folder: Path) -> bytes:
    """The row's file, unpacked. Raises ItemError when it cannot be read."""
    try:
        body = (folder / row["file"]).read_bytes()
        return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    except (OSError, EOFError) as error:
        remedy = "give the path relative to the input file"
        raise ItemError(f"{row['file']}: {error}", item_id=str(row.get("id")), remedy=remedy) from error


def _article(row: dict[str, Any], html: bytes) -> dict[str, Any]:
    page = extract(html, row.get("url") or "")
    return {
        "id": row.get("id"),
        "title": page.title,
        "authors": list(page.authors),
        "published": page.published or None,
        "modified": page.modified or None,
        "language": page.language,
        "text": page.text,
        "paywalled": page.paywalled,
        "kind": page.kind.value,
        "canonical_url": page.canonical_url,
    }
