"""Digest <-> JSON. The kept issue is this JSON, and every form can be set from it again."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime
from functools import cache
from json import dumps, loads
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from digest.shield import figures_alone
from domain import briefing
from domain.briefing import Digest
from domain.errors import StorageError

SCHEMA = "lagebild.digest/1"
SHORT_VALUE = 500


def encode(value: object) -> Any:
    """JSON-ready values; each dataclass carries its name as `type`."""
    if is_dataclass(value) and not isinstance(value, type):
        plain = {part.name: encode(getattr(value, part.name)) for part in fields(value)}
        return {"type": type(value).__name__, **plain}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): encode(held) for key, held in value.items()}
    if isinstance(value, tuple | list):
        return [encode(held) for held in value]
    return value


def encode_kept(digest: Digest) -> str:
    """An issue as the archive keeps it: without the numbers, which have a table of their own."""
    told = {"schema": SCHEMA, **encode(replace(digest, numbers=()))}
    return dumps(told, ensure_ascii=False, separators=(",", ":"))


def encode_shown(digest: Digest) -> dict[str, Any]:
    """An issue as it is sent: the numbers by mark, query, parameters, moment and hash, short values in full."""
    numbers = [
        {
            "mark": mark,
            "query": number.query,
            "parameters": dict(number.parameters),
            "as_of": number.as_of.isoformat(),
            "value": json_value(figures_alone(number.value)),
            "sha256": number.sha256,
        }
        for mark, number in digest.numbers
    ]
    return {"schema": SCHEMA, **encode(replace(digest, numbers=())), "numbers": numbers}


def json_value(value: str) -> Any:
    """A short answer as it is, None for a long one: its hash tells whether it is the same."""
    return loads(value) if len(value) <= SHORT_VALUE else None


def digest_of(told: Mapping[str, Any]) -> Digest:
    """The issue behind its JSON, without its numbers. Raises StorageError when it was written by another version of the schema."""
    if told.get("schema") != SCHEMA:
        raise StorageError(
            f"the issue is kept as {told.get('schema')!r}, this version reads {SCHEMA!r}",
            remedy="rebuild it from the archive with `lagebild digest rebuild DATE`",
        )
    found: Digest = decode(Digest, {**told, "numbers": []})
    return found


def decode(hint: Any, value: Any) -> Any:
    """`value` as the type a field says it has."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _one_of(get_args(hint), value)
    if origin is tuple:
        return _tuple(get_args(hint), value)
    if origin is not None and issubclass_safe(origin, Mapping):
        inner = get_args(hint)[1]
        return {key: decode(inner, held) for key, held in value.items()}
    if hint is datetime:
        return datetime.fromisoformat(value)
    if hint is date:
        return date.fromisoformat(value)
    return _dataclass(hint, value) if is_dataclass(hint) else value


def _one_of(hints: tuple[Any, ...], value: Any) -> Any:
    if value is None and NoneType in hints:
        return None
    if isinstance(value, Mapping) and "type" in value:
        named = next(hint for hint in hints if getattr(hint, "__name__", "") == value["type"])
        return decode(named, value)
    rest = [hint for hint in hints if hint is not NoneType and not is_dataclass(hint)]
    return decode(rest[0], value) if len(rest) == 1 else value


def _tuple(hints: tuple[Any, ...], value: Any) -> Any:
    if len(hints) == 2 and hints[1] is Ellipsis:
        return tuple(decode(hints[0], held) for held in value)
    return tuple(decode(hint, held) for hint, held in zip(hints, value, strict=True))


def _dataclass(hint: Any, value: Any) -> Any:
    hints = _hints(hint)
    return hint(**{name: decode(hints[name], held) for name, held in value.items() if name in hints})


@cache
def _hints(hint: type) -> dict[str, Any]:
    return get_type_hints(hint, vars(briefing))


def issubclass_safe(found: Any, wanted: type) -> bool:
    return isinstance(found, type) and found is not Literal and issubclass(found, wanted)
