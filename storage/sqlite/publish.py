"""What the publish belt asks of the archive, on SQLite."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from domain.errors import StorageError
from domain.model import Number, Remark, RemarkKind
from storage.packing import packed, unpacked
from storage.redaction import items_named
from storage.rows import compact
from storage.sqlite.connection import Connections
from storage.sqlite.figures import FIGURES, Figure
from storage.times import from_text, to_text

MOMENTS = ("since", "until", "before", "base_since", "base_until")
"""Parameters that are moments; any ISO 8601 spelling is taken and brought to ours."""

DIGEST_KEEP = """
INSERT INTO digest_run (digest_id, market, day, edition, language, body, kept_at) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""
NUMBER_KEEP = """
INSERT INTO digest_number (digest_id, mark, query, sql, parameters, as_of, value, sha256)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
NAMED_KEEP = """
INSERT INTO digest_item (item_id, digest_id) SELECT i.item_id, ? FROM item i WHERE i.item_id = ?
ON CONFLICT DO NOTHING
"""
DIGEST = "SELECT body FROM digest_run WHERE market = ? AND day = ? AND edition = ? AND language = ?"
DIGESTS = """
SELECT digest_id, market, day, edition, language, kept_at FROM digest_run
WHERE (:market = '' OR market = :market) ORDER BY day DESC, market, edition, language LIMIT :limit
"""
REMARK_KEEP = """
INSERT INTO remark (market, day, kind, subject, language, text, by, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
REMARKS = """
SELECT market, day, kind, subject, language, text, by, at FROM remark WHERE market = ? AND day = ? ORDER BY id
"""
NUMBERS = """
SELECT mark, query, sql, parameters, as_of, value, sha256 FROM digest_number WHERE digest_id = ? ORDER BY mark
"""


class Publish(Connections):
    """Named questions and kept issues."""

    def ask(self, query: str, parameters: Mapping[str, str | int | float | None], as_of: datetime) -> Number:
        """Runs one of the archive's named queries. Raises StorageError for an unknown name or a missing parameter."""
        figure = FIGURES.get(query)
        if figure is None:
            raise StorageError(
                f"there is no query {query!r}", remedy=f"use one of: {', '.join(sorted(FIGURES))}"
            )
        given = _normal(parameters)
        value = compact(self._answer(query, figure, {**given, "as_of": to_text(as_of)}))
        return Number(query, figure.sql, given, as_of, value, hashlib.sha256(value.encode()).hexdigest())

    def _answer(self, name: str, figure: Figure, parameters: Mapping[str, Any]) -> Any:
        missing = [wanted for wanted in figure.parameters if wanted not in parameters]
        if missing:
            raise StorageError(f"query {name!r} lacks {', '.join(missing)}", remedy="see docs/archive.md")
        columns, rows = self.answer(figure.sql, {k: parameters[k] for k in figure.parameters})
        if figure.shape == "value":
            return rows[0][0]
        records = [_record(columns, row, figure.lists) for row in rows]
        return records[0] if figure.shape == "row" else records

    def keep_digest(
        self,
        digest_id: str,
        market: str,
        day: date,
        edition: str,
        language: str,
        body: str,
        numbers: Sequence[Number],
    ) -> bool:
        """Keeps an issue (JSON) once; False when this market, day, edition and language is already kept."""
        kept_at = max((to_text(number.as_of) for number in numbers), default="")
        with self.durable_transaction():
            row = (digest_id, market, day.isoformat(), edition, language, body, kept_at)
            if not self.run(DIGEST_KEEP, row):
                return False
            self.run_many(NUMBER_KEEP, (_number_values(digest_id, n, x) for n, x in enumerate(numbers, 1)))
            named = items_named(body).union(*(items_named(number.value) for number in numbers))
            self.run_many(NAMED_KEEP, ((digest_id, item_id) for item_id in sorted(named)))
        return True

    def digest(self, market: str, day: date, edition: str, language: str) -> str | None:
        """The kept issue's JSON, None if there is none."""
        body: str | None = self.value(DIGEST, (market, day.isoformat(), edition, language))
        return body

    def digests(self, market: str = "", limit: int = 100) -> Sequence[Mapping[str, str]]:
        """Kept issues, newest first: digest_id, market, day, edition, language, kept_at."""
        names = ("digest_id", "market", "day", "edition", "language", "kept_at")
        return [
            dict(zip(names, row, strict=True))
            for row in self.rows(DIGESTS, {"market": market, "limit": limit})
        ]

    def numbers(self, digest_id: str) -> Sequence[tuple[str, Number]]:
        """The issue's figures with their marks (Q1 ...), in order."""
        return [
            (
                f"Q{mark}",
                Number(query, sql, json.loads(parameters), from_text(as_of), unpacked(value), sha256),
            )
            for mark, query, sql, parameters, as_of, value, sha256 in self.rows(NUMBERS, (digest_id,))
        ]

    def keep_remark(self, remark: Remark) -> None:
        """Adds what an analyst said; nothing said before is touched."""
        self.run(
            REMARK_KEEP,
            (
                remark.market,
                remark.day.isoformat(),
                remark.kind.value,
                remark.subject,
                remark.language,
                remark.text,
                remark.by,
                to_text(remark.at),
            ),
        )

    def remarks(self, market: str, day: date) -> Sequence[Remark]:
        """All that was said for the issues of that day, oldest first."""
        return [
            Remark(
                market=row[0],
                day=date.fromisoformat(row[1]),
                kind=RemarkKind(row[2]),
                subject=row[3],
                language=row[4],
                text=row[5],
                by=row[6],
                at=from_text(row[7]),
            )
            for row in self.rows(REMARKS, (market, day.isoformat()))
        ]


def _normal(parameters: Mapping[str, str | int | float | None]) -> dict[str, str | int | float | None]:
    return {
        name: to_text(datetime.fromisoformat(value)) if name in MOMENTS and isinstance(value, str) else value
        for name, value in parameters.items()
    }


def _record(columns: Sequence[str], row: Sequence[Any], lists: Sequence[str]) -> dict[str, Any]:
    record = dict(zip(columns, row, strict=True))
    for name in lists:
        record[name] = json.loads(record[name] or "[]")
    return record


def _number_values(digest_id: str, mark: int, number: Number) -> tuple[Any, ...]:
    return (
        digest_id,
        mark,
        number.query,
        number.sql,
        compact(dict(number.parameters)),
        to_text(number.as_of),
        packed(number.value),
        number.sha256,
    )
