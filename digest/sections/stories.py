"""Section 4: the story cards."""

from collections.abc import Mapping

from digest.facts import Facts, StoryFact
from digest.headlines import best_report, headline
from digest.sections.escalations import evidence, helpline
from digest.sections.parts import byline, figure, nothing, section, severity_badge
from digest.sections.weight import in_several_markets, lead_story, order, ranked, status, weighty
from digest.shield import clean, first_words, quote
from digest.wording import Words, joined
from domain.briefing import Badge, Block, Foreign, Line, Paragraph, Part, Section, StoryCard
from domain.severity import band_of

MOST = 5
MOST_WHY_WORDS = 40
MANY = 5
OFFICIAL_TOPIC = "regulatory_government_action"
MINORS = frozenset({"youth_safety", "child_sexual_exploitation"})


def printed(facts: Facts) -> list[StoryFact]:
    """The stories that get a card; in a roll-up each market's lead and what several markets share."""
    if not facts.parts:
        return moved_up([story for story in ranked(facts) if weighty(story)], facts)[:MOST]
    leads = [story for part in facts.parts if (story := lead_story(part)) is not None]
    wanted = {story.id for story in (*leads, *in_several_markets(facts)[:MOST])}
    whole = {story.id: story for story in (*leads, *facts.stories)}
    return sorted((whole[name] for name in wanted), key=lambda story: order(story, facts))[
        : MOST + len(facts.parts)
    ]


def moved_up(stories: list[StoryFact], facts: Facts) -> list[StoryFact]:
    """Those an analyst put first, in their order, before the others."""
    place = {name: n for n, name in enumerate(facts.analyst.first)}
    return sorted(stories, key=lambda story: place.get(story.id, len(place)))


def permalink(facts: Facts, story: StoryFact) -> str:
    """The story's page in the reading room; "" when none is set up."""
    return f"{facts.base_url}/story/{story.id}" if facts.base_url else ""


def top_stories(facts: Facts, words: Words) -> Section:
    found = [story for story in ranked(facts) if weighty(story)]
    shown = printed(facts)
    if not shown:
        return nothing(words, 4, "stories")
    blocks: list[Block] = [card(facts, words, story) for story in shown]
    rest = len(found) - len(shown)
    if rest > 0:
        line = words.line("card.more", count=rest, n=figure(facts, words, rest, "stories"))
        blocks.append(Paragraph(line, "note"))
    return section(words, 4, "stories", *blocks)


def card(facts: Facts, words: Words, story: StoryFact) -> StoryCard:
    title = headline(story, words)
    return StoryCard(
        id=story.id,
        anchor=f"story-{story.id}",
        permalink=permalink(facts, story),
        headline=title,
        badges=(
            severity_badge(words, story.severity),
            status_badge(facts, words, story),
            *_moved(facts, words, story),
            *_language(title, words),
        ),
        facts=(_counts(facts, words, story), _times(facts, words, story), _tags(facts, words, story)),
        links=evidence(facts, words, story.reports, 3),
        quote=quote(best_report(story, words) or story.reports[0], story.topics, words)
        if story.reports
        else (),
        judgement=_judgement(facts, words, story),
        why=_why(facts, words, story),
        confidence=_confidence(words, story),
        outlook=(words.text(f"card.outlook.{outlook(story)}"),),
        helpline=helpline(words, story.topics),
        severity=story.severity,
        status=status(story, facts.period),
        topics=story.topics,
        publishers=story.publishers,
        items=story.items,
        first_published=story.first_published,
        last_change=story.last_change,
    )


def status_badge(facts: Facts, words: Words, story: StoryFact) -> Badge:
    state = status(story, facts.period)
    if state != "ongoing":
        return Badge(words.name("status", state), state)
    first = words.local(story.first_published).date()
    day = (words.local(facts.period.end).date() - first).days + 1
    return Badge(words.text("card.ongoing", n=str(day)), "ongoing")


def _counts(facts: Facts, words: Words, story: StoryFact) -> Line:
    items = words.line("card.items", count=story.items, n=figure(facts, words, story.items, "stories"))
    return words.line(
        "card.counts",
        count=story.publishers,
        publishers=figure(facts, words, story.publishers, "stories"),
        items=items,
        now=_now(facts, words, story),
    )


def _now(facts: Facts, words: Words, story: StoryFact) -> Line:
    """This period's count beside the last one's; () for a new story, whose whole life is this period."""
    if status(story, facts.period) == "new":
        return ()
    return words.line(
        "card.before",
        now=figure(facts, words, story.publishers_now, "stories"),
        before=figure(facts, words, story.publishers_before, "stories"),
    )


def _times(facts: Facts, words: Words, story: StoryFact) -> Line:
    times = (
        words.text("card.first", time=words.when(story.first_published, facts.period.day)),
        words.text("card.seen", time=words.when(story.first_seen, facts.period.day)),
        words.text("card.last", time=words.when(story.last_change, facts.period.day)),
    )
    return (" · ".join(times),)


def _tags(facts: Facts, words: Words, story: StoryFact) -> Line:
    countries = story.markets if facts.parts else ()
    lists = (
        ("card.markets", "market", countries),
        ("card.topics", "topic", story.topics[:3]),
        ("card.features", "feature", story.features[:3]),
        ("card.platforms", "platform", story.platforms[:3]),
        ("card.lens", "lens", story.lenses),
    )
    return (
        " · ".join(
            # A topic's label may hold a comma of its own.
            words.text(key, names="; ".join(words.name(group, name) for name in names))
            for key, group, names in lists
            if names
        ),
    )


# --- why it matters, how sure we are -------------------------------------------------------------


def _moved(facts: Facts, words: Words, story: StoryFact) -> tuple[Badge, ...]:
    return (Badge(words.text("analyst.first"), "note"),) if story.id in facts.analyst.first else ()


def _language(title: Foreign, words: Words) -> tuple[Badge, ...]:
    if title.language in ("", words.language):
        return ()
    return (Badge(words.text("card.in_language", language=words.name("language", title.language)), "note"),)


def _judgement(facts: Facts, words: Words, story: StoryFact) -> Line:
    """What an analyst says of it, with their name; () where nobody wrote in this language."""
    said = facts.analyst.why.get(story.id, {}).get(words.language)
    if said is None:
        return ()
    text = first_words(said.text, MOST_WHY_WORDS)
    return words.line("card.why_analyst", text=text, byline=byline(facts, words, said))


def _why(facts: Facts, words: Words, story: StoryFact) -> Line:
    return words.line("card.why", reasons=joined((joined(reasons_of(facts, words, story), "; "), "."), ""))


def reasons_of(facts: Facts, words: Words, story: StoryFact) -> list[Line]:
    """Why a story may matter, by rule, the strongest first, at most three."""
    before = figure(facts, words, story.publishers_before, "stories")
    now = figure(facts, words, story.publishers_now, "stories")
    rules: tuple[tuple[bool, str, Mapping[str, Part | Line]], ...] = (
        (bool(story.severity_by), "by_hand", {"name": clean(story.severity_by, 60)}),
        (official(story), "official", {}),
        (not MINORS.isdisjoint(story.topics), "minor", {}),
        (bool(story.platforms), "platform", {"names": _platforms(words, story)}),
        (len(story.markets) > 1, "markets", {"names": ", ".join(story.markets)}),
        (
            story.publishers_now > story.publishers_before > 0,
            "growth",
            {"before": before, "now": now},
        ),
        (story.tier == 1, "lead", {}),
        (True, "severity", {"severity": words.name("severity", band_of(story.severity))}),
    )
    said = [words.line(f"card.reasons.{key}", None, **values) for holds, key, values in rules if holds]
    # The badge says the severity already; it is a reason only where there is no other.
    return said[:3] if len(said) == 1 else said[:-1][:3]


def official(story: StoryFact) -> bool:
    return OFFICIAL_TOPIC in story.topics and story.severity >= 4


def _platforms(words: Words, story: StoryFact) -> str:
    return ", ".join(words.name("platform", name) for name in story.platforms[:3])


def confidence(story: StoryFact) -> str:
    """high: five publishers or three with an authority among them; moderate: three, or an authority; else low."""
    authority = "regulator" in story.lenses
    if story.publishers >= 5 or (story.publishers >= 3 and authority):
        return "high"
    return "moderate" if story.publishers >= 3 or authority else "low"


def outlook(story: StoryFact) -> str:
    """What kind of news would change our view."""
    level = confidence(story)
    if level == "low":
        return "single" if story.publishers == 1 else "low"
    return "attested" if level == "moderate" and "regulator" in story.lenses else level


def _confidence(words: Words, story: StoryFact) -> Line:
    official_key = "card.official" if "regulator" in story.lenses else "card.no_official"
    many = "many" if story.publishers >= MANY else "several"
    size = {1: "single", 2: "few"}.get(story.publishers, many)
    reason = words.text(f"card.confidence_reason.{size}", official=words.text(official_key))
    return (words.text("card.confidence", level=words.name("confidence", confidence(story)), reason=reason),)
