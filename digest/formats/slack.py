"""The issue as a Slack message: header, bottom line, at most three escalations, what is not known, a button.

Limits: under 40 blocks, 3,000 characters a section, 8,000 in all; Slack refused longer ones within its documented limits.
"""

from collections.abc import Mapping
from json import dumps
from typing import Any

from digest.plain import words_of
from digest.shield import cut
from domain.briefing import Bullets, Digest, Line, Link, Paragraph, Section, StoryCard

MEDIA_TYPE = "application/json"
SUFFIX = "slack.json"

SECTION_CHARACTERS = 2_900
ALL_CHARACTERS = 7_500
MOST_ESCALATIONS = 3
HEADER_CHARACTERS = 150

Block = dict[str, Any]


def render(digest: Digest) -> bytes:
    return (dumps(payload(digest), ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8")


def payload(digest: Digest) -> Block:
    blocks: list[Block] = [_header(digest.header.title)]
    if digest.header.notice:
        blocks.append(section(f":warning: {text(digest.header.notice, digest.words)}"))
    blocks += [section(text(line, digest.words)) for line in paragraphs(digest.section(1))]
    blocks += [block for card in cards(digest)[:MOST_ESCALATIONS] for block in _case(card, digest.words)]
    blocks.append(_limits(digest))
    if digest.url:
        blocks.append({"type": "actions", "elements": [_button(digest.words.get("open", ""), digest.url)]})
    return {"text": cut(digest.subject, HEADER_CHARACTERS), "blocks": _within(blocks)}


def cards(digest: Digest) -> list[StoryCard]:
    found = digest.section(2)
    return [block for block in found.blocks if isinstance(block, StoryCard)] if found else []


def paragraphs(found: Section | None) -> list[Line]:
    return [block.line for block in found.blocks if isinstance(block, Paragraph)] if found else []


def bullets(found: Section | None) -> list[Line]:
    return (
        [line for block in found.blocks if isinstance(block, Bullets) for line in block.lines]
        if found
        else []
    )


def _header(title: str) -> Block:
    return {
        "type": "header",
        "text": {"type": "plain_text", "text": cut(title, HEADER_CHARACTERS), "emoji": False},
    }


def section(words: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": cut(words, SECTION_CHARACTERS)}}


def _case(card: StoryCard, words: Mapping[str, str]) -> list[Block]:
    badges = " · ".join(badge.text for badge in card.badges)
    lines = [
        f"*{text((card.headline,), words)}*",
        escaped(badges),
        *(text(line, words) for line in card.facts),
    ]
    links = [part for line in card.links for part in line if isinstance(part, Link) and part.url]
    lines.append(" · ".join(f"<{part.url}|{escaped(part.text)}>" for part in links))
    blocks = [section("\n".join(line for line in lines if line))]
    if card.permalink:
        button = _button(words.get("permalink", ""), card.permalink)
        blocks.append({"type": "actions", "elements": [button]})
    return blocks


def _button(label: str, url: str) -> Block:
    return {"type": "button", "text": {"type": "plain_text", "text": label or "→"}, "url": url}


def _limits(digest: Digest) -> Block:
    """Coverage is never left out, but short: what reported and what did not."""
    told = [text(line, digest.words) for line in bullets(digest.section(10))[1:3]]
    return {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": cut("\n".join(told) or "–", SECTION_CHARACTERS)}],
    }


def _within(blocks: list[Block]) -> list[Block]:
    """As many blocks as stay under the limit for all; the last ones (coverage, button) are kept."""
    kept, tail = blocks[:-2], blocks[-2:]
    while kept and sum(len(dumps(block, ensure_ascii=False)) for block in (*kept, *tail)) > ALL_CHARACTERS:
        kept = kept[:-1]
    return [*kept, *tail]


def text(line: Line, words: Mapping[str, str]) -> str:
    """A line in Slack's mrkdwn."""
    return escaped(words_of(line, words))


def escaped(plain: str) -> str:
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
