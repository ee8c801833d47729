"""The issue as plain text: 72 columns, same section numbers, links as a numbered list at the end."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from digest.plain import grid, heat_grid, widths, words_of
from domain.briefing import (
    Block,
    Bullets,
    Digest,
    Heading,
    Heatmap,
    Line,
    Link,
    Paragraph,
    Section,
    StoryCard,
    Table,
)

MEDIA_TYPE = "text/plain; charset=utf-8"
SUFFIX = "txt"
COLUMNS = 72


@dataclass(slots=True)
class Sheet:
    """What is being set: the links grow as they are met, each numbered once."""

    words: Mapping[str, str]
    links: list[str] = field(default_factory=list)

    def link(self, part: Link) -> str:
        if not part.url or part.url.startswith("#"):
            return part.text
        if part.url not in self.links:
            self.links.append(part.url)
        return f"{part.text} [{self.links.index(part.url) + 1}]"

    def text(self, line: Line) -> str:
        return words_of(line, self.words, self.link)


def render(digest: Digest) -> bytes:
    sheet = Sheet(digest.words)
    chunks = [_header(digest, sheet), *(_section(section, sheet) for section in digest.sections)]
    if sheet.links:
        listed = "\n".join(f"[{n}] {url}" for n, url in enumerate(sheet.links, start=1))
        chunks.append(f"{digest.words.get('links', '')}\n{listed}")
    body = "\n\n".join(chunks) if not digest.quiet else _close(chunks, digest)
    return (body + "\n").encode("utf-8")


def _close(chunks: list[str], digest: Digest) -> str:
    """A quiet day stands close: one-line sections follow each other without a gap."""
    text = chunks[0]
    for before, after in pairwise(chunks):
        text += ("\n" if "\n" not in before and "\n" not in after else "\n\n") + after
    return text


def _header(digest: Digest, sheet: Sheet) -> str:
    lines = [wrapped(digest.header.title), "=" * min(COLUMNS, len(digest.header.title))]
    lines += [wrapped(sheet.text(line)) for line in digest.header.lines]
    if digest.header.notice:
        lines += ["", wrapped("! " + sheet.text(digest.header.notice), "  ")]
    return "\n".join(lines)


def _section(section: Section, sheet: Sheet) -> str:
    head = f"{section.number} {section.title}"
    if section.empty and isinstance(section.blocks[0], Paragraph):
        return wrapped(f"{head}: {sheet.text(section.blocks[0].line)}", "  ")
    blocks = [_block(item, sheet) for item in section.blocks]
    return "\n".join([head, "-" * len(head), *blocks]).rstrip("\n")


def _block(item: Block, sheet: Sheet) -> str:
    if isinstance(item, Paragraph):
        return wrapped(sheet.text(item.line))
    if isinstance(item, Heading):
        return f"{item.text}:"
    if isinstance(item, Bullets):
        return "\n".join(wrapped("- " + sheet.text(line), "  ") for line in item.lines)
    if isinstance(item, Table):
        return _table(item.caption, grid(item, sheet.words), item.numeric, sheet)
    if isinstance(item, StoryCard):
        return _card(item, sheet)
    if isinstance(item, Heatmap):
        numeric = tuple(range(1, len(item.columns) + 1))
        return _table(item.caption, heat_grid(item, sheet.words), numeric, sheet, ("0",))
    return wrapped(f"{sheet.text(item.caption)}: {item.alt}")


def _card(item: StoryCard, sheet: Sheet) -> str:
    badges = ", ".join(badge.text for badge in item.badges)
    lines = [wrapped(f"* {sheet.text((item.headline,))} ({badges})", "  ")]
    body = [
        item.quote,
        item.judgement,
        item.why,
        *item.facts,
        *item.links,
        item.confidence,
        item.outlook,
        item.helpline,
    ]
    told = [sheet.text(line) for line in body]
    lines += [wrapped("  " + text, "  ") for text in told if text]
    if item.permalink:
        name = f"{sheet.words.get('permalink', '')} {item.id}".strip()
        lines.append("  " + sheet.text((Link(name, item.permalink),)))
    return "\n".join([*lines, ""])


def _table(
    caption: Line,
    rows: list[list[str]],
    numeric: tuple[int, ...],
    sheet: Sheet,
    nought: tuple[str, ...] = ("", "–"),
) -> str:
    """Columns where they fit in 72, else one row a paragraph without the values in `nought`."""
    columns = widths(rows)
    if sum(columns) + 2 * (len(columns) - 1) <= COLUMNS:
        lines = [_row(row, columns, numeric) for row in rows]
    else:
        head, *rest = rows
        lines = [wrapped(f"- {row[0]}: " + "; ".join(_named(head, row, nought)), "  ") for row in rest]
    return "\n".join([wrapped(sheet.text(caption)), *lines, ""])


def _named(head: list[str], row: list[str], nought: tuple[str, ...]) -> list[str]:
    """Column by column; what says nothing is left out."""
    named = zip(head[1:], row[1:], strict=True)
    return [f"{name}: {value.rstrip('.')}" for name, value in named if value not in nought]


def _row(row: list[str], columns: list[int], numeric: tuple[int, ...]) -> str:
    cells = [
        cell.rjust(width) if at in numeric else cell.ljust(width)
        for at, (cell, width) in enumerate(zip(row, columns, strict=True))
    ]
    return "  ".join(cells).rstrip()


def wrapped(text: str, indent: str = "") -> str:
    """Wrapped at 72 columns; a no-break space keeps its place."""
    return textwrap.fill(
        text,
        COLUMNS,
        subsequent_indent=indent,
        break_long_words=True,
        break_on_hyphens=False,
        drop_whitespace=True,
    )
