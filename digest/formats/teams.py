"""The issue as an Adaptive Card for a Teams workflow: bottom line, escalations, links; under 20 KB."""

import re
from collections.abc import Mapping
from json import dumps
from typing import Any

from digest.formats.slack import bullets, cards, paragraphs
from digest.plain import words_of
from digest.shield import cut
from domain.briefing import Digest, Line, StoryCard

MEDIA_TYPE = "application/json"
SUFFIX = "teams.json"

MOST_OCTETS = 20_000
MOST_ESCALATIONS = 3
TEXT_CHARACTERS = 1_500
CARD = "application/vnd.microsoft.card.adaptive"
# Adaptive Cards read a part of Markdown in every text.
MARKUP = re.compile(r"([\\`*_\[\]#~>])")

Element = dict[str, Any]


def render(digest: Digest) -> bytes:
    return (dumps(payload(digest), ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8")


def payload(digest: Digest) -> Element:
    for most in range(MOST_ESCALATIONS, -1, -1):
        card = _card(digest, most)
        if len(dumps(card, ensure_ascii=False).encode("utf-8")) < MOST_OCTETS:
            break
    return {
        "type": "message",
        "summary": digest.subject,
        "attachments": [{"contentType": CARD, "content": card}],
    }


def _card(digest: Digest, most: int) -> Element:
    body: list[Element] = [block(digest.header.title, weight="Bolder", size="Medium")]
    if digest.header.notice:
        body.append(block(text(digest.header.notice, digest.words), color="Warning"))
    body += [block(text(line, digest.words), size="Medium") for line in paragraphs(digest.section(1))]
    body += [element for card in cards(digest)[:most] for element in _case(card, digest.words)]
    body += [block(text(line, digest.words), isSubtle=True) for line in bullets(digest.section(10))[1:3]]
    card: Element = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "lang": digest.language,
        "body": body,
    }
    if digest.url:
        card["actions"] = [
            {"type": "Action.OpenUrl", "title": digest.words.get("open", ""), "url": digest.url}
        ]
    return card


def _case(card: StoryCard, words: Mapping[str, str]) -> list[Element]:
    badges = " · ".join(badge.text for badge in card.badges)
    lines = [block(text((card.headline,), words), weight="Bolder", separator=True), block(escaped(badges))]
    lines += [block(text(line, words), isSubtle=True) for line in card.facts]
    if card.permalink:
        lines.append(block(f"[{words.get('permalink', '')}]({card.permalink})"))
    return lines


def block(words: str, **looks: object) -> Element:
    return {"type": "TextBlock", "text": cut(words, TEXT_CHARACTERS), "wrap": True, **looks}


def text(line: Line, words: Mapping[str, str]) -> str:
    return escaped(words_of(line, words))


def escaped(plain: str) -> str:
    return MARKUP.sub(r"\\\1", plain)
