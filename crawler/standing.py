"""Where paragraphs stand in the page: text that goes on elsewhere is taken in, boxes of furniture are left out."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lxml.html import HtmlElement

from crawler.boilerplate import Paragraph, is_boilerplate
from crawler.dom import text_of

LIKENESS = 2  # as many found paragraphs in such a place make it a place for text
RECOVERED_LENGTH = 40
MOSTLY_LINK = 0.5
PARAGRAPHS_OF_UNCLOSED = 2
OPENING = 30  # letters by which a paragraph is known though a part of it was left out


APART = frozenset(
    ("aside", "footer", "nav", "figure", "form", "table", "header", "noscript", "template", "button")
)
BOXES = ("div", "section", "aside", "ul", "ol", "footer", "form", "blockquote", "span")
HEADS = ("h2", "h3", "h4")
FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:newsletters?|paywall|access-wall|author-?(?:bio|box|info|card|teaser)|bio|biography|slice-author-bio|about-?author|related|"
    r"recommend\w*|recirc\w*|teasers?|promo\w*|subscribe|subscription|abo|donat\w*|spende\w*|support(?:er)?|comments?|commenting|sign-?up|advert\w*|"
    r"anzeigen?|ads?|tags|share|social|read-?more|more-on|see-also|toc|disclaimers?|affiliate|cta|copyright|footer|rating|polls?|survey)(?:[\s_-]|$)",
    re.IGNORECASE,
)
SMALL_SHARE = 0.25  # of the found text; a larger box is the article itself, whatever its class says
NOT_LETTERS = re.compile(r"\W+")

Place = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class _Standing:
    """A paragraph or heading of the page: its text, its letters alone, and where it stands."""

    element: HtmlElement
    place: Place
    text: str
    letters: str


def own_paragraphs(found: Sequence[Paragraph], tree: HtmlElement) -> tuple[Paragraph, ...]:
    """The found paragraphs without those in boxes of furniture, and with their left-out likes, in the page's order.

    Alike are `<p>` and headings in an element of the same tag and class as one that holds at least two found ones;
    an element without a class is like none. What was left out *beside* a found paragraph was left out for a reason.
    """
    page = _standing(tree)
    boxed = _boxed(found, page)
    by_letters = {one.letters: one for one in page}
    by_opening = {one.letters[:OPENING]: one for one in reversed(page) if len(one.letters) >= OPENING}
    own = [
        _whole(paragraph, by_letters.get(letters) or by_opening.get(letters[:OPENING]))
        for paragraph in found
        if (letters := _letters(paragraph.text)) not in boxed
    ]
    whole = "\n".join(_letters(paragraph.text) for paragraph in own)
    known = frozenset(whole.split("\n"))
    matched = [one for one in page if one.letters in known]
    left_out = [one for one in _left_out(page, matched, whole) if one.letters not in boxed]
    if not left_out:
        return tuple(own)
    return _in_page_order(own, page, {one.letters for one in left_out})


def _whole(paragraph: Paragraph, one: _Standing | None) -> Paragraph:
    """The paragraph as its element has it (inline boxes cost words), with the share of its letters in links."""
    if one is None:
        return paragraph
    is_one_line = next(one.element.iter("br"), None) is None
    text = one.text if is_one_line and len(one.text) > len(paragraph.text) else paragraph.text
    return replace(paragraph, text=text, linked=_linked(one))


def _linked(one: _Standing) -> float:
    """Share of its letters in links; a link that was never closed holds half the page and is none."""
    around = next(one.element.iterancestors("a"), None)
    if around is not None:
        return float(len(around.findall(".//p")) < PARAGRAPHS_OF_UNCLOSED)
    return sum(len(text_of(link)) for link in one.element.iter("a")) / max(1, len(one.text))


def _boxed(found: Sequence[Paragraph], page: Sequence[_Standing]) -> frozenset[str]:
    """Letters of the found paragraphs that stand in a small box whose class names furniture."""
    known = {_letters(paragraph.text) for paragraph in found}
    total = sum(len(letters) for letters in known)
    small: dict[HtmlElement, bool] = {}

    def is_furniture(box: HtmlElement) -> bool:
        if box not in small:
            named = bool(FURNITURE.search(f"{box.get('class', '')} {box.get('id', '')}"))
            small[box] = named and len(_letters(text_of(box))) < SMALL_SHARE * total
        return small[box]

    return frozenset(
        one.letters
        for one in page
        if one.letters in known and any(map(is_furniture, one.element.iterancestors(*BOXES)))
    )


def _standing(tree: HtmlElement) -> list[_Standing]:
    elements = ((element, text_of(element)) for element in tree.iter("p", *HEADS))
    return [_Standing(element, _place(element), text, _letters(text)) for element, text in elements if text]


def _letters(text: str) -> str:
    return NOT_LETTERS.sub("", text)


def _place(element: HtmlElement) -> Place:
    parent = element.getparent()
    if parent is None:
        return ("", "", "", "")
    return (str(element.tag), element.get("class", ""), str(parent.tag), parent.get("class", ""))


def _left_out(page: Sequence[_Standing], matched: Sequence[_Standing], whole: str) -> list[_Standing]:
    places = Counter(one.place for one in matched)
    parents = {one.element.getparent() for one in matched}
    openings = {line[:OPENING] for line in whole.split("\n")}
    return [
        one
        for one in page
        if places[one.place] >= LIKENESS
        and one.place[3]
        and one.element.getparent() not in parents
        and one.letters not in whole
        and one.letters[:OPENING] not in openings
        and _is_text(one)
    ]


def _is_text(one: _Standing) -> bool:
    if one.element.tag == "p" and len(one.text) < RECOVERED_LENGTH:
        return False
    if any(ancestor.tag in APART for ancestor in one.element.iterancestors()):
        return False
    linked = _linked(one)
    return linked < MOSTLY_LINK and not is_boilerplate(Paragraph("p", one.text, linked))


def _in_page_order(
    found: Sequence[Paragraph], page: Sequence[_Standing], left_out: set[str]
) -> tuple[Paragraph, ...]:
    by_letters = {_letters(paragraph.text): paragraph for paragraph in found}
    followers = _followers(found, {one.letters for one in page})
    ordered = list(followers.get("", ()))
    first = {one.letters: one for one in reversed(page)}
    for letters in dict.fromkeys(one.letters for one in page):
        one = first[letters]
        if letters in by_letters:
            ordered.append(by_letters[letters])
            ordered.extend(followers.get(letters, ()))
        elif letters in left_out:
            ordered.append(Paragraph("head" if one.element.tag in HEADS else "p", one.text))
    return tuple(ordered)


def _followers(found: Sequence[Paragraph], page: set[str]) -> dict[str, list[Paragraph]]:
    """Found paragraphs that are no element of the page, by the letters of the last one that is."""
    followers: dict[str, list[Paragraph]] = {}
    last = ""
    for paragraph in found:
        letters = _letters(paragraph.text)
        if letters in page:
            last = letters
        else:
            followers.setdefault(last, []).append(paragraph)
    return followers
