"""Each form of an issue, by what its reader needs of it."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from digest.brief import brief
from digest.codec import digest_of
from digest.formats import html, markdown, text
from digest.formats import json as json_form
from digest.shield import clean
from domain.briefing import Digest
from domain.registry import names_in, plug
from tests.fixtures.digest_days import HOSTILE, blind_day, hostile_day, loud_day, quiet_day

DAYS = {"loud": loud_day, "quiet": quiet_day, "blind": blind_day, "hostile": hostile_day}
FORMS = {"html": html, "markdown": markdown, "text": text, "json": json_form}


def every_digest() -> list[Digest]:
    return [brief(day(), language) for day in DAYS.values() for language in ("de", "en")]


class Tags(HTMLParser):
    """All start tags with their attributes, and what opened without closing."""

    VOID = frozenset(["meta", "link", "br", "img", "input", "hr", "path", "use", "rect"])

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize("form", FORMS)
def test_the_same_facts_give_the_same_bytes(form: str) -> None:
    assert FORMS[form].render(brief(loud_day(), "de")) == FORMS[form].render(brief(loud_day(), "de"))


def test_json_brings_back_the_whole_issue() -> None:
    for digest in every_digest():
        assert digest_of(json.loads(json_form.render(digest))) == replace(digest, numbers=())


def test_text_has_every_section_and_stays_within_72_columns() -> None:
    for digest in every_digest():
        page = text.render(digest).decode()
        for section in digest.sections:
            assert re.search(rf"^{section.number} {re.escape(section.title)}", page, re.M)
        wide = [
            line for line in page.splitlines() if len(line) > 72 and not re.match(r"\[\d+\] https?:", line)
        ]
        assert not wide


def test_a_page_closes_what_it_opens_and_asks_nobody_for_anything() -> None:
    for digest in every_digest():
        tags = Tags(html.render(digest).decode())
        assert not tags.open
        fetched = [
            attrs for tag, attrs in tags.seen if tag in ("script", "link", "img", "iframe", "object", "embed")
        ]
        assert not fetched
        assert not [name for _, attrs in tags.seen for name in attrs if name.startswith("on")]


def test_a_page_names_no_resource_of_another_host() -> None:
    page = html.render(brief(loud_day(), "de")).decode()
    assert not re.search(r"url\(\s*['\"]?http|@import|src=", page)


def test_hostile_titles_become_plain_words() -> None:
    page = html.render(brief(hostile_day(), "de")).decode()
    for evil in ("<script", "<img", "javascript:", "\u202e", "\x00", "\x1b"):
        assert evil not in page
    assert "🙈" in page and "שלום" in page


def test_markdown_cannot_be_written_by_a_headline() -> None:
    told = markdown.render(brief(hostile_day(), "de")).decode()
    assert "](javascript" not in told and "<script" not in told


def test_a_right_to_left_headline_is_isolated_in_text() -> None:
    assert "\u2068" in text.render(brief(hostile_day(), "de")).decode()


def test_a_headline_is_cut_at_a_word() -> None:
    assert len(clean("Wort " * 200)) <= 140
    assert clean("Wort " * 200).endswith("Wort…")
    assert "\u202e" not in clean(HOSTILE)


def test_each_heading_is_one_level_below_its_parent_at_most() -> None:
    levels = [
        int(tag[1])
        for tag, _ in Tags(html.render(brief(loud_day(), "de")).decode()).seen
        if re.fullmatch(r"h\d", tag)
    ]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_foreign_words_carry_their_language() -> None:
    page = html.render(brief(loud_day(), "en")).decode()
    assert '<bdi lang="de">EU-Kommission eröffnet Verfahren' in page


def test_each_format_is_a_file_with_a_render_a_media_type_and_a_suffix() -> None:
    for name in names_in("digest.formats"):
        form = plug("digest.formats", name)
        assert callable(form.render) and form.MEDIA_TYPE and form.SUFFIX
