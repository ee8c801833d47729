"""The shapes of platforms' JSON: what should be an object, a list, a count, and what to do when it is not."""

import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any
from urllib.parse import urlsplit

from domain.errors import ParseError
from domain.model import Fetched, Source, Tombstone

View = Mapping[str, Any]


def answered(fetched: Fetched, source: Source, remedy: str) -> Any:
    """The body as JSON. Raises ParseError, since limits and errors often come as plain text with status 200."""
    try:
        return json.loads(fetched.body)
    except ValueError as error:
        raise unlike(source, f"not JSON: {error}", remedy) from error


def answered_object(fetched: Fetched, source: Source, remedy: str) -> View:
    """The body as a JSON object. Raises ParseError."""
    found = answered(fetched, source, remedy)
    if not isinstance(found, dict):
        raise unlike(source, "the answer is no object", remedy)
    return found


def missing(fetched: Fetched, source: Source, rows: object, platform: str) -> list[Tombstone]:
    """Those of the ids asked for again (the request's `ids`) that the answer's rows no longer hold."""
    standing = {text(row, "id") for row in listed(rows)}
    gone = [one for one in json.loads(fetched.request.context["ids"]) if one not in standing]
    return [Tombstone(source.id, one, "deleted", "missing when asked for again", platform) for one in gone]


def unlike(source: Source, why: str, remedy: str) -> ParseError:
    """The answer is not what the platform documents."""
    return ParseError(why[:300], source_id=source.id, remedy=remedy)


def mapping(value: object, *names: str) -> View:
    """The object found by going down `names`; an empty one where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def listed(value: object) -> list[View]:
    """The objects of a list; a lone object stands for a list of one, as some platforms write it."""
    rows = value if isinstance(value, list) else [value]
    return [row for row in rows if isinstance(row, dict)]


def count(value: View, name: str) -> int | None:
    """A whole number, also one written in digits; None when the platform does not say."""
    found = value.get(name)
    if isinstance(found, bool):
        return None
    if isinstance(found, str) and found.isascii() and found.isdigit():
        return int(found)
    return found if isinstance(found, int) else None


def text(value: View, *names: str) -> str:
    """The first of these fields that says something; "" when none does."""
    return next((str(found) for name in names if (found := value.get(name)) not in (None, "")), "")


def server(source: Source) -> str:
    """The source's address without path or slash at the end."""
    parts = urlsplit(source.url)
    return f"{parts.scheme}://{parts.netloc}"


def instance(source: Source) -> str:
    """The server's name, by which its ids are told from those of others."""
    return urlsplit(source.url).netloc


def wished(source: Source, option: str) -> tuple[str, ...]:
    """The texts of an option that is a list; none when it is left out."""
    values = source.options.get(option)
    return tuple(map(str, values)) if isinstance(values, list | tuple) else ()


def number(source: Source, option: str, otherwise: float) -> float:
    """An option that is a number."""
    return float(str(source.options.get(option, otherwise)))


def paragraphs(plain: str) -> str:
    """Plain text or markdown as HTML: its signs must not be taken for markup."""
    return "".join(f"<p>{escape(part)}</p>" for part in plain.split("\n") if part.strip())


def unique(words: Iterable[str]) -> tuple[str, ...]:
    """Each word once, in order of first mention."""
    return tuple(dict.fromkeys(words))


def short_language(tag: object) -> str:
    """`de` of `de-AT` or `de_AT`; "" for nothing."""
    return str(tag or "").replace("_", "-").split("-")[0].lower()
