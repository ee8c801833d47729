"""The issue's tables as a workbook: typed columns, one sheet per table, and a Notes sheet with every query."""

from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from digest.plain import words_of
from digest.shield import figures_alone
from domain.briefing import Badge, Digest, Figure, Heatmap, Line, Link, Paragraph, StoryCard, Table

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SUFFIX = "xlsx"

FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
NAME_CHARACTERS = 31
"""Excel's limit for a sheet's name."""
CELL_CHARACTERS = 32_000
WIDEST = 60

Cell = str | float | int | datetime | None


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def render(digest: Digest) -> bytes:
    import xlsxwriter

    out = BytesIO()
    # A text from outside that begins with = must stay a text.
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(out, options)
    created = digest.as_of.astimezone(UTC).replace(tzinfo=None)
    book.set_properties({"title": digest.header.title, "created": created, "comments": digest.id})
    looks = {
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        "text": book.add_format({"valign": "top"}),
    }
    for sheet in sheets(digest):
        _write(book, sheet, looks)
    book.close()
    return out.getvalue()


def sheets(digest: Digest) -> list[Sheet]:
    """Summary, one sheet per table, the stories, the notes."""
    made = [_summary(digest)]
    for section in digest.sections:
        cards = tuple(block for block in section.blocks if isinstance(block, StoryCard))
        if cards:
            made.append(_cards(f"{section.number} {section.title}", cards, digest))
        for block in section.blocks:
            if isinstance(block, Table):
                made.append(_table(f"{section.number} {block.name or section.title}", block, digest))
            elif isinstance(block, Heatmap):
                made.append(_heat(f"{section.number} heatmap", block, digest))
    return _named([*made, _notes(digest)])


def _named(made: list[Sheet]) -> list[Sheet]:
    """Names as Excel takes them, each once."""
    taken: set[str] = set()
    named = []
    for sheet in made:
        base = sheet.name.translate(FORBIDDEN)[: NAME_CHARACTERS - 3].strip()
        name = next(n for n in (base, *(f"{base} {k}" for k in range(2, 99))) if n.casefold() not in taken)
        taken.add(name.casefold())
        named.append(Sheet(name, sheet.head, sheet.rows))
    return named


def _summary(digest: Digest) -> Sheet:
    lines = [digest.header.title, *(words_of(line, digest.words) for line in digest.header.lines)]
    if digest.header.notice:
        lines.append(words_of(digest.header.notice, digest.words))
    for section in digest.sections:
        told = [
            words_of(block.line, digest.words) for block in section.blocks if isinstance(block, Paragraph)
        ]
        lines += [f"{section.number} {section.title}: {text}" for text in told if section.number < 11]
    return Sheet(digest.market, (digest.id,), tuple((line,) for line in lines))


def _cards(name: str, cards: tuple[StoryCard, ...], digest: Digest) -> Sheet:
    head = (
        "id",
        "severity",
        "status",
        "headline",
        "topics",
        "publishers",
        "items",
        "first_published",
        "last_change",
        "links",
    )
    rows = tuple(
        (
            card.id, card.severity, card.status, words_of((card.headline,), digest.words), ", ".join(card.topics),
            card.publishers or None, card.items or None, card.first_published, card.last_change,
            " ".join(part.url for line in card.links for part in line if isinstance(part, Link)),
        )
        for card in cards
    )  # fmt: skip
    return Sheet(name, head, rows)


def _table(name: str, table: Table, digest: Digest) -> Sheet:
    rows = tuple(tuple(_value(cell, digest) for cell in row) for row in table.rows)
    return Sheet(name, table.head, rows)


def _heat(name: str, heat: Heatmap, digest: Digest) -> Sheet:
    head = (digest.words.get("risk", ""), *heat.columns)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (label, *(cell.count for cell in row)) for label, row in zip(heat.rows, heat.cells, strict=True)
    )
    return Sheet(name, head, rows)


def _value(cell: Line, digest: Digest) -> Cell:
    """A lone figure as a number, anything else as its words."""
    if len(cell) == 1 and isinstance(cell[0], Figure) and cell[0].value is not None:
        return cell[0].value
    if len(cell) == 1 and isinstance(cell[0], Badge):
        return cell[0].text
    return words_of(cell, digest.words)


def _notes(digest: Digest) -> Sheet:
    head = ("mark", "query", "parameters", "as_of", "value", "sha256", "sql", "run")
    rows = tuple(
        (
            mark, number.query, ", ".join(f"{key}={value}" for key, value in number.parameters.items()), number.as_of,
            figures_alone(number.value)[:CELL_CHARACTERS], number.sha256, number.sql.strip(), digest.id,
        )
        for mark, number in digest.numbers
    )  # fmt: skip
    return Sheet("Notes", head, rows)


def _write(book: Any, sheet: Sheet, looks: dict[str, Any]) -> None:
    page = book.add_worksheet(sheet.name)
    page.freeze_panes(1, 1)
    for column, name in enumerate(sheet.head):
        page.write_string(0, column, name, looks["head"])
    for line, row in enumerate(sheet.rows, start=1):
        for column, value in enumerate(row):
            _put(page, line, column, value, looks)
    for column, name in enumerate(sheet.head):
        longest = max((len(str(row[column])) for row in sheet.rows), default=0)
        page.set_column(column, column, min(max(len(name), longest) + 2, WIDEST))


def _put(page: Any, line: int, column: int, value: Cell, looks: dict[str, Any]) -> None:
    if value is None or value == "":
        return
    if isinstance(value, datetime):
        # Excel knows no zones; the column is UTC.
        page.write_datetime(line, column, value.astimezone(UTC).replace(tzinfo=None), looks["moment"])
    elif isinstance(value, int | float):
        page.write_number(line, column, value)
    else:
        page.write_string(line, column, value[:CELL_CHARACTERS], looks["text"])
