"""Kept issues: keeping one, reading it again, and what stands behind one of its numbers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from digest.codec import digest_of, encode_kept
from digest.shield import figures_alone
from domain.briefing import Digest
from domain.errors import StorageError
from domain.model import Number
from domain.ports import PublishArchive


def keep(archive: PublishArchive, digest: Digest) -> bool:
    """Keeps an issue with its numbers once; False when this market, day, edition and language is kept already."""
    numbers = [number for _, number in digest.numbers]
    return archive.keep_digest(
        digest.id,
        digest.market,
        digest.day,
        edition_of(digest),
        digest.language,
        encode_kept(digest),
        numbers,
    )


def edition_of(digest: Digest) -> str:
    """The key under which an issue is kept: variants of one edition are kept side by side."""
    return digest.edition if digest.variant == "full" else f"{digest.edition}-{digest.variant}"


def kept(archive: PublishArchive, market: str, day: date, edition: str, language: str) -> Digest:
    """The issue as it was sent, to be set in any form. Raises StorageError when there is none."""
    body = archive.digest(market, day, edition, language)
    if body is None:
        raise StorageError(
            f"no issue of {market} for {day.isoformat()} ({edition}, {language}) is kept",
            remedy="see which there are with `lagebild digest list`",
        )
    return with_numbers(archive, body)


def with_numbers(archive: PublishArchive, body: str) -> Digest:
    """The issue behind a kept body, its numbers beside its words."""
    digest = digest_of(json.loads(body))
    return replace(digest, numbers=tuple(archive.numbers(digest.id)))


@dataclass(frozen=True, slots=True)
class Shown:
    """A number as kept and as the archive answers now: as of the same moment, and as of `now`."""

    mark: str
    kept: Number
    again: Number
    current: Number

    @property
    def reproduced(self) -> bool:
        """Whether the same question as of the same moment still has the same answer."""
        return self.kept.sha256 == self.again.sha256


def show(archive: PublishArchive, digest_id: str, mark: str, now: datetime) -> Shown:
    """What is behind a mark such as Q7. Raises StorageError for an issue or a mark that is not kept."""
    held = dict(archive.numbers(digest_id))
    if mark.upper() not in held:
        marks = f"Q1 to Q{len(held)}" if held else "none: this issue is not kept"
        raise StorageError(f"issue {digest_id} has no number {mark}", remedy=f"its marks are {marks}")
    number = held[mark.upper()]
    again = archive.ask(number.query, number.parameters, number.as_of)
    return Shown(mark.upper(), number, again, archive.ask(number.query, number.parameters, now))


def told(shown: Shown, characters: int = 2_000) -> str:
    """A number for a terminal: query, parameters, as-of, value kept, value now, difference."""
    number = shown.kept
    parameters = "\n".join(f"  {name} = {value}" for name, value in number.parameters.items())
    same = "the same answer as of then" if shown.reproduced else "NOT the same answer as of then"
    before, now = figures_alone(number.value), figures_alone(shown.current.value)
    lines = (
        f"{shown.mark}  {number.query}",
        f"as of     {number.as_of.isoformat()}",
        f"sha256    {number.sha256} ({same})",
        f"parameters\n{parameters}",
        f"kept      {_cut(before, characters)}",
        f"now       {'unchanged' if shown.current.value == number.value else _cut(now, characters)}",
        *(f"difference  {line}" for line in differences(number.value, shown.current.value)),
        f"sql\n{number.sql.strip()}",
    )
    return "\n".join(lines)


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else text[: characters - 1] + "…"


def differences(kept_value: str, current: str) -> list[str]:
    """What changed between two answers: per field for an object or a number, by count for rows."""
    before, after = json.loads(kept_value), json.loads(current)
    if before == after:
        return []
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return [
            _step(name, before.get(name), after.get(name))
            for name in sorted({*before, *after})
            if before.get(name) != after.get(name)
        ]
    if isinstance(before, list) and isinstance(after, list):
        gone = [row for row in before if row not in after]
        come = [row for row in after if row not in before]
        return [f"{len(come)} rows only now, {len(gone)} rows only then"]
    return [_step("value", before, after)]


def _step(name: str, before: Any, after: Any) -> str:
    numbers = isinstance(before, int | float) and isinstance(after, int | float)
    return f"{name}: {before} -> {after}" + (f" ({after - before:+g})" if numbers else "")
