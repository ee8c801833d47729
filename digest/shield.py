"""What may be shown of other people's words: hostile characters, rights, and harmful content. Pure."""

import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from digest.facts import Report
from digest.wording import Words
from domain.briefing import Foreign, Line
from domain.model import Lens, Rights

HEADLINE_CHARACTERS = 140
QUOTE_WORDS = 25
# A publisher who allows only snippets gets less than the law's "very short extract" could be read to allow.
SNIPPET_WORDS = 12

NEVER_SHOWN = frozenset({"child_sexual_exploitation", "suicide_self_harm"})
"""Topics whose headlines are replaced by a neutral one: they tend to hold a method, a place or a victim's name."""

QUOTE_WITHHELD = NEVER_SHOWN | {
    "violent_graphic_content",
    "adult_sexual_content",
    "extremism_terrorism",
    "hate_discrimination",
}
QUOTES = (("»", "«"), ("«", "»"), ("„", "“"), ("“", "”"), ('"', '"'))
HELPLINE = frozenset({"suicide_self_harm", "body_image_eating_disorders"})

# Embedding and override characters can make a line read backwards; zero-width ones hide text from a reader.
INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
TAGS = re.compile(r"<[^<>]{0,400}>")
SPACE = re.compile(r"\s+")
# "Lyon (AFP) – ": place and agency say nothing that the link does not say.
DATELINE = re.compile(r"^[^\W\d_][^()]{0,40}\([^()]{2,24}\)\s?[–—:.-]+\s+")
HANDLE = re.compile(r"(?<!\w)@[\w.-]+(@[\w.-]+)?")


def clean(text: str, characters: int = HEADLINE_CHARACTERS) -> str:
    """One line without tags, control or invisible characters, cut at a word."""
    kept = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter
        for letter in text
        if unicodedata.category(letter) not in ("Cs", "Co", "Cn")
    )
    plain = SPACE.sub(" ", TAGS.sub(" ", INVISIBLE.sub("", kept))).strip()
    return cut(plain, characters)


def nameless(text: str) -> str:
    """Other people's words without the handles in them: who a stranger writes to is nobody's business here."""
    return HANDLE.sub("@…", text)


def cut(text: str, characters: int) -> str:
    """At most `characters`, cut before a word, with an ellipsis where something was lost."""
    if len(text) <= characters:
        return text
    head = text[: characters - 1]
    at = head.rfind(" ")
    return (head[:at] if at > characters // 2 else head).rstrip(" ,;:–-") + "…"


def first_words(text: str, limit: int) -> str:
    words = text.split()
    return " ".join(words) if len(words) <= limit else " ".join(words[:limit]).rstrip(" ,;:–-") + " …"


def touches(topics: Iterable[str], kinds: frozenset[str]) -> bool:
    return not kinds.isdisjoint(topics)


def unquoted(title: str) -> str:
    """A title that is one quotation, without its own marks: ours stand around it."""
    return title[1:-1].strip() if is_quotation(title) else title


def is_quotation(title: str) -> bool:
    """Whether a title is one quotation from end to end."""
    around, inside = (title[:1], title[-1:]), title[1:-1]
    return around in QUOTES and not any(mark in inside for mark in around)


def neutral_headline(topics: tuple[str, ...], platforms: tuple[str, ...], words: Words) -> str:
    harmful = next((topic for topic in topics if topic in NEVER_SHOWN), topics[0] if topics else "")
    label = words.name("topic", harmful) if harmful else words.text("section.4")
    subject = words.join(words.name("platform", name) for name in platforms[:2]) or words.text("card.online")
    return words.text("card.neutral", topic=label, subject=subject)


def quote(report: Report, topics: tuple[str, ...], words: Words) -> Line:
    """At most 25 words of the source's lead with its outlet; () where nothing may or can be quoted."""
    if touches((*topics, *report.topics), QUOTE_WITHHELD):
        return (words.text("card.withheld"),)
    if report.rights is Rights.DENY:
        return ()
    lead = DATELINE.sub("", clean(report.lead, 600))
    limit = SNIPPET_WORDS if report.rights is Rights.SNIPPET_ONLY else QUOTE_WORDS
    if report.lens is Lens.USER:
        lead = nameless(lead)
    if len(lead.split()) < 4 or lead.startswith(clean(report.title) or lead):
        return ()
    return (Foreign(first_words(lead, limit), report.language, quoted=True), f" ({clean(report.outlet, 60)})")


WORDS = frozenset({"title", "lead", "old", "new", "url"})
"""Fields of a figure's rows that hold other people's words, or addresses that spell them."""


def figures_alone(value: str) -> str:
    """A figure's value (JSON) as it may be printed beside its query: its rows without headlines, leads and addresses.

    The hash beside it is of the whole value, which the archive keeps.
    """
    told = json.loads(value)
    return (
        value
        if not isinstance(told, list | dict)
        else json.dumps(_bare(told), ensure_ascii=False, separators=(",", ":"))
    )


def _bare(value: Any) -> Any:
    if isinstance(value, list):
        return [_bare(one) for one in value]
    if isinstance(value, dict):
        return {name: _bare(one) for name, one in value.items() if name not in WORDS}
    return value


def safe_url(url: str) -> str:
    """The address if it is http(s) or an anchor of ours, else "": a feed may offer javascript: or data:."""
    plain = "".join(letter for letter in url.strip() if letter.isprintable() and letter not in " <>\"'`\\")
    return plain if plain.lower().startswith(("https://", "http://", "#", "/")) else ""
