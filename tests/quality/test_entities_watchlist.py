"""Watched names: found in invented sentences of four languages, and not found in the traps between them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import spacy

from nlp.rulers import Ruler
from nlp.watchlist import watchlist

CASES = Path(__file__).with_name("watchlist_cases.txt")
MARK = re.compile(r"\[([^\]|]+)\|(?:=([^:\]]+):(?:(\d+)-)?(\d+)|([^\]]+))\]")
PRECISION_FLOOR, RECALL_FLOOR = 0.98, 0.95

Span = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Case:
    language: str
    text: str
    spans: frozenset[Span]


def cases() -> Iterator[Case]:
    for line in CASES.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            language, marked = line.split("\t")
            yield unmarked(language, marked)


def unmarked(language: str, marked: str) -> Case:
    """`[form|id]` is a span; `[word|=id:9]` or `[word|=id:5-11]` is a part of a word."""
    text, spans, read = "", set(), 0
    for match in MARK.finditer(marked):
        text += marked[read : match.start()]
        word, part, first, last, whole = match.groups()
        start = len(text) + int(first or 0)
        spans.add((start, len(text) + (int(last) if part else len(word)), part or whole))
        text, read = text + word, match.end()
    return Case(language, text + marked[read:], frozenset(spans))


@pytest.fixture(scope="module")
def found() -> list[tuple[Case, frozenset[Span]]]:
    pipelines = {code: spacy.blank(code) for code in ("de", "fr", "it", "en")}
    rulers = {code: Ruler(watchlist(), pipeline) for code, pipeline in pipelines.items()}
    answers = []
    for case in cases():
        hits = rulers[case.language](pipelines[case.language].make_doc(case.text))
        answers.append((case, frozenset((hit.start, hit.end, hit.thing.id) for hit in hits)))
    return answers


def test_watched_names_are_found_and_traps_are_not(found):
    right = sum(len(case.spans & spans) for case, spans in found)
    given, wanted = sum(len(spans) for _, spans in found), sum(len(case.spans) for case, _ in found)
    wrong = [
        (case.text, sorted(spans - case.spans), sorted(case.spans - spans))
        for case, spans in found
        if spans != case.spans
    ]
    precision, recall = right / given, right / wanted
    print(f"watchlist sentences={len(found)} precision={precision:.3f} recall={recall:.3f}")
    assert precision >= PRECISION_FLOOR, wrong
    assert recall >= RECALL_FLOOR, wrong


def test_the_cases_are_many_and_nearly_half_are_traps():
    listed = list(cases())
    assert len(listed) >= 300
    assert sum(not case.spans for case in listed) >= 0.4 * len(listed)
    assert {case.language for case in listed} == {"de", "fr", "it", "en"}


def test_every_marked_id_is_on_the_watchlist():
    known = watchlist().things
    assert {span[2] for case in cases() for span in case.spans} <= set(known)
