"""The issue as Markdown (CommonMark with tables); what came from outside cannot become markup."""

import re
from collections.abc import Mapping

from digest.plain import grid, heat_grid, words_of
from domain.briefing import (
    Block,
    Bullets,
    Digest,
    Foreign,
    Heading,
    Heatmap,
    Line,
    Link,
    Paragraph,
    StoryCard,
    Table,
)

MEDIA_TYPE = "text/markdown; charset=utf-8"
SUFFIX = "md"

SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def render(digest: Digest) -> bytes:
    words = digest.words
    head = [f"# {escaped(digest.header.title)}", *(text(line, words) for line in digest.header.lines)]
    if digest.header.notice:
        head.append(f"> {text(digest.header.notice, words)}")
    chunks = ["\n\n".join(head)]
    for section in digest.sections:
        chunks.append(f"## {section.number} {section.title}")
        chunks += [block(item, words) for item in section.blocks]
    return ("\n\n".join(chunk for chunk in chunks if chunk) + "\n").encode("utf-8")


def block(item: Block, words: Mapping[str, str]) -> str:
    if isinstance(item, Paragraph):
        return text(item.line, words)
    if isinstance(item, Heading):
        return f"### {escaped(item.text)}"
    if isinstance(item, Bullets):
        return "\n".join(f"- {text(line, words)}" for line in item.lines)
    if isinstance(item, Table):
        return f"{text(item.caption, words)}\n\n{table(grid(item, words), item.numeric)}"
    if isinstance(item, StoryCard):
        return card(item, words)
    if isinstance(item, Heatmap):
        numeric = tuple(range(1, len(item.columns) + 1))
        return f"{text(item.caption, words)}\n\n{table(heat_grid(item, words), numeric)}"
    return f"{text(item.caption, words)}\n\n{escaped(item.alt)}"


def card(item: StoryCard, words: Mapping[str, str]) -> str:
    badges = " · ".join(badge.text for badge in item.badges)
    lines = [f"### {text((item.headline,), words)}", f"**{badges}**"]
    lines += [f"> {text(item.quote, words)}"] if item.quote else []
    body = [item.judgement, item.why, *item.facts, _links(item), item.confidence, item.outlook, item.helpline]
    lines += ["\n".join(f"- {text(line, words)}" for line in body if text(line, words))]
    link = f"[{words.get('permalink', '')}]({item.permalink}) " if item.permalink else ""
    return "\n\n".join([*lines, f"{link}`{item.id}`"])


def _links(item: StoryCard) -> Line:
    found: list[object] = []
    for line in item.links:
        found += [*([" · "] if found else []), *line]
    return tuple(found)  # type: ignore[arg-type]


def table(rows: list[list[str]], numeric: tuple[int, ...]) -> str:
    head, *rest = rows
    rule = ["---:" if at in numeric else "---" for at in range(len(head))]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in [head, rule, *rest]
    )


def text(line: Line, words: Mapping[str, str]) -> str:
    """A line with everything but links made literal."""
    shown = tuple(
        Foreign(escaped(part.text), part.language, part.quoted)
        if isinstance(part, Foreign)
        else escaped(part)
        if isinstance(part, str)
        else part
        for part in line
    )
    return words_of(shown, words, link).replace("\n", " ")


def link(part: Link) -> str:
    if not part.url or part.url.startswith("#"):
        return escaped(part.text)
    return f"[{escaped(part.text)}]({part.url.replace('(', '%28').replace(')', '%29')})"


def escaped(plain: str) -> str:
    return SPECIAL.sub(r"\\\1", plain)
