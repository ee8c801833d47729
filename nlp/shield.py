"""What people who read this all day are spared: masking, slurs cut to their first letter, sober words on suicide.

`shield` decides from topics alone and never fetches anything; a reader's one-click reveal is the reading room's.
Material on child sexual exploitation is always masked and never quoted. No media is ever stored.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from nlp.topic_rules import Topic, load_topics

Cover = Literal["none", "default", "always"]
ORDER: tuple[Cover, ...] = ("none", "default", "always")
WORD = re.compile(r"\w+")
STAR = "*"


@dataclass(frozen=True, slots=True)
class HelpLine:
    """Where to find help in a market. `verified` tells whether a person has checked the number since `checked_on`;
    what is not verified is not printed."""

    market: str
    name: str
    contact: str
    verified: bool = False
    checked_on: str = ""


HELP_LINES = tuple(HelpLine(market, "", "") for market in ("DE", "AT", "CH", "UK", "US", "FR", "IT"))
"""Names and numbers are left to the operator (setting `help_lines`): they could not be checked when this was
written, and a wrong number is worse than none."""

GENERAL_NOTE = {
    "de": "Wenn es Ihnen nicht gut geht: Sprechen Sie mit jemandem. Krisendienste in Ihrer Nähe sind rund um die Uhr da.",
    "fr": "Si vous n'allez pas bien, parlez-en à quelqu'un. Des services d'écoute sont joignables jour et nuit.",
    "it": "Se non stai bene, parlane con qualcuno. I servizi di ascolto rispondono giorno e notte.",
    "en": "If you are struggling, talk to someone. Crisis services near you answer day and night.",
}


@dataclass(frozen=True, slots=True)
class Shielded:
    """How an item is shown. `cover`: none, default (collapsed, one click reveals), always (never revealed here).

    `title` and `text` have slurs cut; under a cover they are what a reveal shows, and for `always` they are empty.
    `note` is the help-line note, "" if none.
    """

    cover: Cover
    title: str
    text: str
    note: str
    why: tuple[str, ...]


# Slurs are kept as hashes of the folded word so that this file does not spell them; `add_slurs` takes an
# operator's own list. A hash stands for the whole word in lower case.
_SLUR_HASHES = frozenset(
    {
        "01b5872b6196", "08a841e99678", "0c38fc998949", "120f6e5b4ea3", "141f1d54200e",
        "16ea09fc78ca", "1bc9c8ddd836", "1e02eec4f109", "2086aeacaff1", "212e1f3477b3", "268651b3ece9",
        "355395c04490", "38ba35fc0a47", "3b1e0d7c5dd4", "402f7ebd9886", "4814058be6f3", "4d82dc9a8c6f",
        "5a2dd17edf25", "5b3ae48be122", "5d290e1de343", "62ab5ab7c605", "6b7f1a2879cd", "7122c9a14ba2",
        "71b821821cb2", "84105992682c", "85eaf9757cee", "8f5083e3e5c7", "952582c9ecc0", "960cc9ebb439",
        "98b52c4b6b7d", "a019a11b7909", "a1fa799150af", "a1fdda8129a8", "a511c0753b12", "a9d3b95331dc",
        "b0521e2b6a0c", "b0da39c11451", "b368553f5ec0", "b4b160fcea1a", "bc7f0c923d4f", "c3de533e9b7f",
        "d072af28198d", "d5ebe71514c4", "e14a747f150b", "f3c757050bb6", "f59e28f8bb64", "f9d0d9b18ae9",
    }
)  # fmt: skip
_own: set[str] = set()


def word_hash(word: str) -> str:
    """Twelve hex digits of the folded word, as slur lists keep it."""
    return hashlib.sha256(word.casefold().encode()).hexdigest()[:12]


def add_slurs(words: Iterable[str]) -> None:
    """Adds words of the operator's list; endings are not guessed, so list the inflected forms too."""
    _own.update(word_hash(word) for word in words)


def cut_slurs(text: str) -> str:
    """Every listed word as its first letter and stars; all offsets stay as they were."""

    def cut(match: re.Match[str]) -> str:
        word = match.group()
        listed = word_hash(word)
        return word[0] + STAR * (len(word) - 1) if listed in _SLUR_HASHES or listed in _own else word

    return WORD.sub(cut, text)


METHOD_WORDS = {
    "de": ("gift~", "tabletten", "schlaftabletten", "brücke", "gleis~", "schienen", "seil", "strick", "messer", "pistole",
           "waffe", "hochhaus", "dach", "sprang", "stürzte", "erhängt~", "erschoss~", "überdosis", "vergift~", "zug"),
    "fr": ("poison", "médicaments", "pont", "rails", "voie ferrée", "corde", "arme", "couteau", "pendu~", "sauté", "train",
           "toit", "overdose", "surdose", "immeuble"),
    "it": ("veleno", "farmaci", "ponte", "binari", "corda", "pistola", "coltello", "impiccat~", "treno", "tetto",
           "overdose", "palazzo", "lanciat~"),
    "en": ("poison", "pills", "bridge", "tracks", "rope", "gun", "knife", "hanged", "hanging", "jumped", "train", "roof",
           "overdose", "building"),
}  # fmt: skip
PLACE = re.compile(
    r"\b(?:in|bei|nahe|à|au|aux|près de|a|ad|near|at|from)\s+[A-ZÀ-Þ][\w’'-]+(?:\s+[A-ZÀ-Þ][\w’'-]+)?"
)
HIDDEN = {"de": "[ausgelassen]", "fr": "[omis]", "it": "[omesso]", "en": "[left out]"}


def without_method(text: str, language: str) -> str:
    """A text on suicide without method and place: the sentences' words that tell them are left out, the rest stays."""
    words = METHOD_WORDS.get(language, METHOD_WORDS["en"])
    stems = "|".join(re.escape(w.strip("~")) + (r"\w*" if w.endswith("~") else r"(?!\w)") for w in words)
    hidden = HIDDEN.get(language, HIDDEN["en"])
    text = re.sub(rf"(?<!\w)(?:{stems})", hidden, text, flags=re.IGNORECASE)
    return PLACE.sub(hidden, text)


def cover_for(topics: Collection[str], opted_out: Collection[str] = ()) -> Cover:
    """The strictest cover of an item's topics. Who opts out of a topic's cover still gets `always`."""
    found: Cover = "none"
    for topic in _topics(topics):
        mask: Cover = "default" if topic.mask == "default" else "always" if topic.mask == "always" else "none"
        if mask == "default" and topic.id in opted_out:
            mask = "none"
        found = max(found, mask, key=ORDER.index)
    return found


def shield(
    title: str,
    text: str,
    language: str,
    topics: Collection[str],
    market: str = "",
    lines: Iterable[HelpLine] = HELP_LINES,
    opted_out: Collection[str] = (),
) -> Shielded:
    """How to show one item."""
    cover = cover_for(topics, opted_out)
    why = tuple(t.id for t in _topics(topics) if t.mask != "none")
    note = help_note(topics, language, market, lines)
    if cover == "always":
        return Shielded(cover, "", "", note, why)
    title, text = cut_slurs(title), cut_slurs(text)
    if "suicide_self_harm" in topics:
        title, text = without_method(title, language), without_method(text, language)
    return Shielded(cover, title, text, note, why)


def help_note(
    topics: Collection[str], language: str, market: str = "", lines: Iterable[HelpLine] = HELP_LINES
) -> str:
    """The note below items on suicide and eating disorders: the market's verified line, else a general sentence."""
    if not any(topic.helpline for topic in _topics(topics)):
        return ""
    verified = [line for line in lines if line.verified and line.market == market]
    general = GENERAL_NOTE.get(language, GENERAL_NOTE["en"])
    return " ".join([general, *(f"{line.name}: {line.contact}." for line in verified)])


def _topics(ids: Collection[str]) -> list[Topic]:
    return [topic for topic in load_topics() if topic.id in ids]
