"""Which words stand for a story, and which for a report without a headline. Pure."""

import re
from collections.abc import Collection, Sequence

from digest.facts import Report, StoryFact
from digest.shield import (
    NEVER_SHOWN,
    QUOTE_WITHHELD,
    clean,
    first_words,
    is_quotation,
    nameless,
    neutral_headline,
    touches,
    unquoted,
)
from digest.wording import Words
from domain.briefing import Foreign
from domain.model import Rights

UNTITLED_WORDS = 14
SAME_WORD = 6
"""Letters by which two words are taken for forms of one: Verfahren, Verfahrens."""

# What announces a form rather than an event: a live blog, an interview, an opinion.
FORM = re.compile(
    r"^(live-?\s?(blog|ticker)|liveticker|news-?(blog|ticker)|interview|kommentar|meinung|kolumne|podcast|analyse|glosse"
    r"|comment|opinion|analysis|live updates?|podcast|en direct|diretta|intervista|opinione)\b",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W\d_]{4,}")


def headline(story: StoryFact, words: Words) -> Foreign:
    """What happened, in a newsroom's words and the reader's language where there are any.

    The story's own title, unless it is in another language or tells a form instead of an event; then the report whose
    words the others share most: this market's first, another market's after. A neutral line where topic or rights forbid
    a headline, or nobody wrote one.
    """
    if touches(story.topics, NEVER_SHOWN) or is_denied(story):
        return Foreign(neutral_headline(story.topics, story.platforms, words), words.language)
    best = best_report(story, words)
    if best is not None:
        return Foreign(unquoted(clean(best.title)), best.language, quoted=True)
    own = clean(story.title)
    return Foreign(unquoted(own), story.language, quoted=True) if own else untitled(story, words)


def is_denied(story: StoryFact) -> bool:
    return bool(story.reports) and all(report.rights is Rights.DENY for report in story.reports)


def best_report(story: StoryFact, words: Words) -> Report | None:
    """The report that stands for a story; None where its own title does, or nobody wrote one.

    In the reader's language from this market, else from another one, else in the market's own words.
    """
    if stands(story, (words.language,)):
        return None
    here = [report for report in story.reports if is_shown(report)]
    spoken = [report for report in here if report.language == words.language]
    abroad = [r for r in story.abroad if is_shown(r) and r.language == words.language]
    offers = (
        (spoken, abroad) if stands(story, {report.language for report in here}) else (spoken, abroad, here)
    )
    found = (central([report for report in offered if tells(report.title)]) for offered in offers)
    best = next((report for report in found if report is not None), None)
    return best or (spoken[0] if spoken and story.language != words.language else None)


def stands(story: StoryFact, languages: Collection[str]) -> bool:
    """Whether the story's own title says what happened, in one of these languages."""
    return story.language in languages and bool(clean(story.title)) and tells(story.title)


def is_shown(report: Report) -> bool:
    """Whether it has a headline that may be printed."""
    return bool(clean(report.title)) and report.rights is not Rights.DENY


def tells(title: str) -> bool:
    """Whether a headline says what happened: no quotation, no question, no live blog, interview or opinion."""
    plain = clean(title)
    return not is_quotation(plain) and not plain.endswith("?") and FORM.match(plain) is None


def central(reports: Sequence[Report]) -> Report | None:
    """The report whose headline shares most words with the others'; the first of equals, None of none."""
    stems = [stems_of(report.title) for report in reports]
    shared = [
        sum(len(mine & theirs) for other, theirs in enumerate(stems) if other != at)
        for at, mine in enumerate(stems)
    ]
    return reports[max(range(len(reports)), key=lambda at: (shared[at], -at))] if reports else None


def stems_of(title: str) -> set[str]:
    return {word.casefold()[:SAME_WORD] for word in WORD.findall(clean(title))}


def untitled(story: StoryFact, words: Words) -> Foreign:
    """The first words of a post that has no headline, else the neutral line."""
    first = next((report for report in story.reports if is_sayable(report, story.topics)), None)
    if first is None:
        return Foreign(neutral_headline(story.topics, story.platforms, words), words.language)
    return opening(first)


def title_of(report: Report, words: Words) -> Foreign:
    """A report's headline; a post's first words where it has none; the neutral line where neither may be shown."""
    if touches(report.topics, NEVER_SHOWN) or report.rights is Rights.DENY:
        return Foreign(neutral_headline(report.topics, (), words), words.language)
    if clean(report.title):
        return Foreign(clean(report.title), report.language, quoted=True)
    if is_sayable(report, report.topics):
        return opening(report)
    return Foreign(words.text("card.untitled"), words.language)


def is_sayable(report: Report, topics: tuple[str, ...]) -> bool:
    """Whether a post's own words may stand in for a headline."""
    return (
        report.rights is not Rights.DENY
        and not touches((*topics, *report.topics), QUOTE_WITHHELD)
        and bool(clean(report.lead))
    )


def opening(report: Report) -> Foreign:
    return Foreign(
        first_words(nameless(clean(report.lead, 400)), UNTITLED_WORDS), report.language, quoted=True
    )
