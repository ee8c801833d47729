"""Daily counts to alarms, each day judged from its past only.

Reads {"series", "date", "count"}, each series in order of time; answers expected, upper, score and alarm.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from domain.errors import ItemError
from lagebild.jsonl import each, lab_command
from nlp.outbreaks import Watcher

command = lab_command(__name__, __doc__ + "\nExample: lagebild lab spikes counts.jsonl", remembers=True)


class Memory:
    """One watcher per series."""

    def __init__(self) -> None:
        self._watchers: defaultdict[Any, Watcher] = defaultdict(Watcher)

    def answer(self, row: dict[str, Any]) -> dict[str, Any]:
        """The day as its series' watcher judges it. Raises ItemError for a bad date."""
        try:
            day = date.fromisoformat(row["date"])
        except ValueError as error:
            raise ItemError(str(error), item_id=str(row.get("series")), remedy="write 2026-11-28") from error
        seen = self._watchers[row["series"]].judge(day, int(row["count"]))
        return {
            "series": row["series"],
            "date": row["date"],
            "count": seen.count,
            "expected": round(seen.expected, 3),
            "upper": seen.upper,
            "score": round(seen.score, 4),
            "alarm": seen.alarm,
        }


def answers(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """One judged day per row, in order."""
    return each(rows, Memory().answer)
