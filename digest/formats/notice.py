"""The issue as a push notice: the bottom line, what is not known, at most three cases, where to read on."""

from digest.formats.slack import cards, paragraphs
from digest.plain import words_of
from digest.shield import cut
from domain.briefing import Digest, StoryCard

MEDIA_TYPE = "text/plain; charset=utf-8"
SUFFIX = "notice.txt"

MOST_CHARACTERS = 1_500
"""Telegram takes 4,096, Signal 2,000, Matrix more; a notice that has to be split is no notice."""
MOST_CASES = 3


def render(digest: Digest) -> bytes:
    told = [words_of(digest.header.notice, digest.words)] if digest.header.notice else []
    told += [words_of(line, digest.words) for line in paragraphs(digest.section(1))]
    told += [_case(card, digest) for card in cards(digest)[:MOST_CASES]]
    body = cut("\n\n".join(told), MOST_CHARACTERS - len(digest.url) - 2)
    return ("\n\n".join(filter(None, (body, digest.url))) + "\n").encode("utf-8")


def _case(card: StoryCard, digest: Digest) -> str:
    badges = ", ".join(badge.text for badge in card.badges)
    facts = " ".join(words_of(line, digest.words) for line in card.facts)
    return f"{words_of((card.headline,), digest.words)} ({badges}). {facts}"
