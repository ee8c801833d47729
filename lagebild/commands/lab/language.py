"""Texts to their language.

Reads {"id", "text", "source_language"?}.
"""

from pathlib import Path
from typing import Any

from lagebild.jsonl import lab_command
from nlp.language import detect

command = lab_command(__name__, __doc__ + "\nExample: lagebild lab language texts.jsonl")


def answer(rows: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """One guess per row."""
    return [_guess(row) for row in rows]


def _guess(row: dict[str, Any]) -> dict[str, Any]:
    guess = detect(row["text"], source_language=row.get("source_language"))
    return {"id": row.get("id"), "language": guess.language, "probability": round(guess.probability, 4)}
