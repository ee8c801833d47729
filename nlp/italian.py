"""Italian names by rules: capitalised words, sorted by what they begin with, what stands before them and a list of places.

A stand-in for a trained pipeline, which cannot be had from PyPI; an installed `it_core_news_*` is used instead.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

LISTS = Path(__file__).parent / "gazetteers" / "it"
CAPITAL = r"[A-ZÀ-Ý][\w’'&-]{0,40}(?:\.[A-Z]\.?){0,5}"  # bounded, so that no text takes long
LINK = r"(?:di|del|della|dello|dell['’]|dei|degli|delle|de|d['’]|da|van|von|der|la|per|per la|per il|per l['’]|in)"
SEQUENCE = re.compile(rf"\b{CAPITAL}(?:\s+{CAPITAL})*")
ACRONYM = re.compile(r"[A-Z][A-Z&-]{1,6}")
ELISION = re.compile(r"^(?:L|D|Dell|All|Nell|Sull|Dall|Un|Quest|C)['’]", re.IGNORECASE)

ORGANISATIONS = tuple((LISTS / "organisations.txt").read_text(encoding="utf-8").split())
ORGANISATION = re.compile(
    rf"\b(?:{'|'.join(ORGANISATIONS)})"
    rf"(?:\s+(?:europe[ao]|nazionale|italian[ao]|mondiale|federale|internazionale|centrale|generale|regionale|postale|unite|civile))*"
    rf"(?:\s+{LINK}\s*{CAPITAL}|\s+{CAPITAL})*"
)
LEGAL_FORM = re.compile(
    rf"\b{CAPITAL}(?:\s+{CAPITAL}){{0,6}}\s+(?:S\.p\.A\.|SpA|S\.r\.l\.|Srl|Spa|Inc\.?|Ltd\.?|GmbH|AG)(?!\w)"
)
TITLE = re.compile(
    r"\b(?i:signor[ae]?|signora|onorevole|on\.|dott\.|dottor|dottoressa|professor|professoressa|prof\.|presidente|ministro|ministra|"
    r"premier|sindaco|sindaca|commissario|commissaria|papa|re|regina|principe|cancelliere|senatore|senatrice|deputato|deputata|"
    rf"avvocato|giudice|generale|cardinale|don|suor|collega|relatore|relatrice)\s+(?P<name>{CAPITAL}(?:\s+{CAPITAL})*)",
)
ALONE = frozenset(("Parlamento", "Commissione", "Consiglio", "Senato", "Camera", "Unione", "Comunità"))
NO_NAMES = frozenset((LISTS / "no_names.txt").read_text(encoding="utf-8").split())
NO_PERSON = NO_NAMES | frozenset(ORGANISATIONS)
MOST_NAME_WORDS = 3


def mark_names(doc: Any) -> Any:
    """Sets `doc.ents` to the names found; the longer wins where two overlap."""
    from spacy.util import filter_spans

    spans = (doc.char_span(start, end, label=label) for start, end, label in names_in(doc.text))
    doc.set_ents(filter_spans([span for span in spans if span is not None]))
    return doc


def names_in(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and label of names; some overlap."""
    for pattern, label in ((LEGAL_FORM, "ORG"), (ORGANISATION, "ORG")):
        for match in pattern.finditer(text):
            if " " in match.group() or (match.group() in ALONE and not starts_sentence(text, match.start())):
                yield match.start() + len(leading_article(match.group())), match.end(), label
    for match in TITLE.finditer(text):
        name = match["name"].split()[0]
        if match["name"] not in places() and not name.startswith(ORGANISATIONS) and name not in NO_NAMES:
            yield match.start("name"), match.end("name"), "PER"
    yield from places_in(text)
    for match in SEQUENCE.finditer(text):
        yield from sorted_out(text, match.start(), match.group())


def leading_article(words: str) -> str:
    """The first word and its blank when it is one of those that only begin a sentence, else ""."""
    first, blank, _ = words.partition(" ")
    return first + blank if first in NO_NAMES else ""


def places_in(text: str) -> Iterator[tuple[int, int, str]]:
    for match in place_pattern().finditer(text):
        yield match.start(), match.end(), "LOC"


def sorted_out(text: str, start: int, words: str) -> Iterator[tuple[int, int, str]]:
    """One run of capitalised words: a person by given name, an organisation by its capitals, else nothing."""
    elided = ELISION.match(words)
    if elided:
        start, words = start + elided.end(), words[elided.end() :]
    parts = [part for part in re.finditer(r"\S+", words) if part.group() not in NO_NAMES]
    for number, part in enumerate(parts):
        if part.group() in given_names() and (len(parts) > number + 1 or not starts_sentence(text, start)):
            yield start + part.start(), start + parts[-1].end(), "PER"
            return
        if ACRONYM.fullmatch(part.group()) and part.group() not in places():
            yield start + part.start(), start + part.end(), "ORG"
    if looks_like_a_person(text, start, words):
        yield start, start + len(words), "PER"


def looks_like_a_person(text: str, start: int, words: str) -> bool:
    """Two or three capitalised words within a sentence, none of them known: mostly a name from abroad."""
    parts = words.split()
    if not 2 <= len(parts) <= MOST_NAME_WORDS or starts_sentence(text, start) or words in places():
        return False
    return all(part.isalpha() and part.istitle() and part not in NO_PERSON for part in parts)


def starts_sentence(text: str, at: int) -> bool:
    return not text[:at].strip(" \n\"«“'") or text[:at].rstrip(" \n\"«“'")[-1:] in ".!?:"


@cache
def given_names() -> frozenset[str]:
    return frozenset((LISTS / "given_names.txt").read_text(encoding="utf-8").split())


@cache
def places() -> frozenset[str]:
    from babel import Locale

    lines = (LISTS / "places.txt").read_text(encoding="utf-8").replace("\n", ", ")
    known = {name.strip() for name in lines.split(",")} - {""}
    states = {str(name) for code, name in Locale("it").territories.items() if len(code) == 2}
    return frozenset(known | {name for name in states if len(name) > 3 and "(" not in name})


@cache
def place_pattern() -> re.Pattern[str]:
    longest_first = sorted(map(re.escape, places()), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(longest_first)})(?![\w-])")
