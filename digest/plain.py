"""Blocks as lines of plain words, for every form that has no markup of its own."""

from collections.abc import Callable, Mapping, Sequence

from domain.briefing import Badge, Figure, Foreign, Heatmap, Line, Link, Part, Table

ARROWS = {"up": " ↑", "down": " ↓", "flat": "", "": ""}
RIGHT_TO_LEFT = ((0x0590, 0x08FF), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFF))


def words_of(line: Line, words: Mapping[str, str], link: Callable[[Link], str] | None = None) -> str:
    """A line as text; figures end in their mark, badges stand in capitals or brackets as they are."""
    return "".join(_part(part, words, link) for part in line).strip()


def _part(part: Part, words: Mapping[str, str], link: Callable[[Link], str] | None) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, Figure):
        return f"{part.text} [{part.mark}]".strip() if part.mark and not part.bare else part.text
    if isinstance(part, Link):
        return link(part) if link else isolated(part.text)
    if isinstance(part, Foreign):
        return quoted(part, words)
    if isinstance(part, Badge):
        return part.text
    return part.text


def quoted(part: Foreign, words: Mapping[str, str]) -> str:
    text = isolated(part.text)
    if not part.quoted:
        return text
    return f"{words.get('open_quote', '“')}{text}{words.get('close_quote', '”')}"


def isolated(text: str) -> str:
    """Right-to-left text between isolates, so that it cannot turn its neighbours round."""
    turned = any(low <= ord(letter) <= high for letter in text for low, high in RIGHT_TO_LEFT)
    return f"\u2068{text}\u2069" if turned else text


def grid(table: Table, words: Mapping[str, str]) -> list[list[str]]:
    """Head and rows as text."""
    return [list(table.head), *([words_of(cell, words) for cell in row] for row in table.rows)]


def heat_grid(heat: Heatmap, words: Mapping[str, str]) -> list[list[str]]:
    head = [words.get("risk", ""), *heat.columns]
    rows = [
        [label, *(f"{cell.count}{ARROWS[cell.arrow]}" for cell in row)]
        for label, row in zip(heat.rows, heat.cells, strict=True)
    ]
    return [head, *rows]


def widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
