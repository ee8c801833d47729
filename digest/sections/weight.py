"""How stories are classed, compared and ordered. The order is printed in every issue; nothing hidden decides it."""

from datetime import timedelta
from typing import Literal

from digest.facts import Facts, Period, SourceFact, StoryFact
from domain.model import Incident, IncidentState, Level, Outcome, Signal
from domain.severity import band_of

Status = Literal["new", "changed", "ongoing"]

ARROWS_WITHHELD_ABOVE = 0.15
"""Lost share of the usual volume above which no direction is printed."""

PARTIAL_ABOVE = 0.30
"""Lost share above which the title says so."""

REOPENED_AFTER = timedelta(days=3)
STATUS_RANK: dict[Status, int] = {"new": 0, "changed": 1, "ongoing": 2}
OPEN_STATES = (
    IncidentState.NEW,
    IncidentState.VERIFYING,
    IncidentState.ASSESSED,
    IncidentState.ESCALATED,
)


def status(story: StoryFact, period: Period) -> Status:
    if story.previous_at is None or story.first_published >= period.start:
        return "new"
    return "changed" if story.publishers_now > story.publishers_before else "ongoing"


def active(story: StoryFact) -> bool:
    return story.items_now > 0


def weighty(story: StoryFact) -> bool:
    """Whether a story is more than one voice in passing: two publishers, or documented harm."""
    return story.publishers >= 2 or story.severity >= 3


def reopened(story: StoryFact, period: Period) -> bool:
    return (
        active(story) and story.previous_at is not None and period.start - story.previous_at >= REOPENED_AFTER
    )


def incident_of(story: StoryFact, incidents: tuple[Incident, ...]) -> Incident | None:
    return next((incident for incident in incidents if story.id in incident.story_ids), None)


def escalation_rank(story: StoryFact, incidents: tuple[Incident, ...]) -> int:
    """0 escalated, 1 an open incident, 2 none."""
    incident = incident_of(story, incidents)
    if incident is None or incident.state not in OPEN_STATES:
        return 2
    return 0 if incident.state is IncidentState.ESCALATED else 1


def order(story: StoryFact, facts: Facts) -> tuple[str, int, int, int, int, float, str]:
    """The printed ordering rule as a sort key."""
    return (
        band_of(story.severity),
        escalation_rank(story, facts.incidents),
        STATUS_RANK[status(story, facts.period)],
        -story.publishers,
        story.tier,
        -story.last_change.timestamp(),
        story.id,
    )


def ranked(facts: Facts) -> list[StoryFact]:
    """The period's stories in the printed order."""
    return sorted(filter(active, facts.stories), key=lambda story: order(story, facts))


def story_of(facts: Facts, signal: Signal) -> StoryFact | None:
    """The story behind a signal: the one most publishers write on among those that hold its items or its topic."""
    if signal.dimension == "story":
        return next((story for story in facts.stories if story.id == signal.label), None)
    wanted = set(signal.item_ids)
    held = [story for story in facts.stories if wanted & {report.item_id for report in story.reports}]
    if not held and signal.dimension == "topic":
        held = [story for story in facts.stories if signal.label in story.topics and story.items_now]
    return max(held, key=lambda story: (story.publishers_now, story.severity, story.id), default=None)


def lead_story(facts: Facts) -> StoryFact | None:
    """What the bottom line speaks of: an S1 story, else the one behind the strongest surge, else the first.

    None when all is background talk.
    """
    worth = [
        story for story in ranked(facts) if weighty(story) and (story.severity >= 3 or story.publishers >= 3)
    ]
    if worth and band_of(worth[0].severity) == "S1":
        return worth[0]
    surges = sorted(filter(is_surge, facts.signals), key=lambda signal: (-signal.score, signal.id))
    behind = (story_of(facts, signal) for signal in surges)
    return next((story for story in behind if story in worth), worth[0] if worth else None)


def is_surge(signal: Signal) -> bool:
    """An elevated signal of a topic, platform or story that no outage explains away."""
    wanted = signal.dimension in ("topic", "platform", "story")
    return wanted and signal.level is not Level.WATCH and not signal.muted


def in_several_markets(facts: Facts) -> list[StoryFact]:
    """A roll-up's stories that more than one of its markets has, in the printed order."""
    own = {part.market for part in facts.parts}
    return [story for story in ranked(facts) if weighty(story) and len(own & set(story.markets)) > 1]


def reported(source: SourceFact) -> bool:
    try:
        return Outcome(source.outcome).reported
    except ValueError:
        return False


def down(facts: Facts) -> list[SourceFact]:
    """Sources that did not report, the largest loss first."""
    return sorted(
        (source for source in facts.sources if not reported(source)),
        key=lambda source: (-source.share, source.id),
    )


def lost_share(facts: Facts) -> float:
    """Share (0..1) of the usual volume whose sources did not report; 1 when none did."""
    if facts.sources and not any(map(reported, facts.sources)):
        return 1.0
    return min(1.0, sum(source.share for source in down(facts)))


def arrows_withheld(facts: Facts) -> bool:
    return lost_share(facts) > ARROWS_WITHHELD_ABOVE


def partial(facts: Facts) -> bool:
    return lost_share(facts) > PARTIAL_ABOVE
