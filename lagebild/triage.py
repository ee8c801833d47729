"""How an incident moves: pure decisions that return the changed incident with the line for its log.

    new -> verifying -> assessed -> escalated -> mitigated -> closed
       \\________________________/-> dismissed (with a reason)

A closed, mitigated or dismissed incident may be reopened. The archive keeps the pair in one transaction and refuses
it when somebody else was faster (`Conflict`); nothing here reads a clock or a disk, except `change`, at the end.
"""

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.errors import Conflict, LagebildError
from domain.model import TLP, Incident, IncidentState, Item, Signal, Story, TriageEvent
from domain.ports import TriageArchive

S = IncidentState
Change = tuple[Incident, TriageEvent]

NEXT: dict[IncidentState, tuple[IncidentState, ...]] = {
    S.NEW: (S.VERIFYING, S.ASSESSED, S.ESCALATED, S.DISMISSED),
    S.VERIFYING: (S.ASSESSED, S.ESCALATED, S.DISMISSED),
    S.ASSESSED: (S.ESCALATED, S.MITIGATED, S.CLOSED, S.DISMISSED),
    S.ESCALATED: (S.ASSESSED, S.MITIGATED, S.CLOSED, S.DISMISSED),
    S.MITIGATED: (S.CLOSED, S.VERIFYING),
    S.CLOSED: (S.VERIFYING,),
    S.DISMISSED: (S.VERIFYING,),
}
ENDED = (S.CLOSED, S.DISMISSED)
NEEDS_REASON = (S.DISMISSED, S.CLOSED)
AUDIENCES = ("Policy", "Product", "Comms", "Legal", "Safety", "Leadership")
SATURDAY = 5


class TriageRefused(LagebildError):
    """The step is not allowed as asked; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How soon somebody must have looked, by severity; a team sets its own. `digest_at` is local time."""

    gravest: timedelta = timedelta(hours=1)
    grave: timedelta = timedelta(hours=4)
    working_days: int = 1
    digest_at: time = time(7, 30)


USUAL_DEADLINES = Deadlines()


@dataclass(frozen=True, slots=True)
class Lags:
    """When the world could know, when we did, and when we acted. None: has not happened."""

    first_published: datetime | None
    first_seen: datetime | None
    first_triaged: datetime | None
    escalated: datetime | None
    acknowledged: datetime | None

    @property
    def seen_after(self) -> timedelta | None:
        return _between(self.first_published, self.first_seen)

    @property
    def triaged_after(self) -> timedelta | None:
        return _between(self.first_seen, self.first_triaged)

    @property
    def escalated_after(self) -> timedelta | None:
        return _between(self.first_triaged, self.escalated)


def _between(start: datetime | None, end: datetime | None) -> timedelta | None:
    return end - start if start and end else None


# --- opening -------------------------------------------------------------------------------------


def due_at(
    severity: int,
    opened_at: datetime,
    zone: ZoneInfo,
    holidays: Collection[date] = (),
    deadlines: Deadlines = USUAL_DEADLINES,
) -> datetime:
    """Severity 5: 1 h, 4: 4 h, 3: the same local time one working day later, less: with the next digest."""
    if severity >= 5:
        return opened_at + deadlines.gravest
    if severity == 4:
        return opened_at + deadlines.grave
    local = opened_at.astimezone(zone)
    if severity == 3:
        return _working_days_later(local, deadlines.working_days, holidays).astimezone(opened_at.tzinfo)
    digest = local.replace(
        hour=deadlines.digest_at.hour, minute=deadlines.digest_at.minute, second=0, microsecond=0
    )
    due = digest if digest > local else digest + timedelta(days=1)
    return due.astimezone(opened_at.tzinfo)


def _working_days_later(local: datetime, days: int, holidays: Collection[date]) -> datetime:
    while days > 0:
        local += timedelta(days=1)
        if local.weekday() < SATURDAY and local.date() not in holidays:
            days -= 1
    return local


def open_incident(
    title: str,
    market: str,
    severity: int,
    *,
    by: str,
    now: datetime,
    due: datetime,
    audience: Sequence[str] = (),
    story_ids: Sequence[str] = (),
    signal_ids: Sequence[str] = (),
    item_ids: Sequence[str] = (),
    reason: str = "",
) -> Change:
    """A new incident with its first log line. `severity` runs from 0 to 5. Raises TriageRefused."""
    if not title.strip():
        raise TriageRefused("an incident needs a title", remedy="say in a few words what happened")
    incident = Incident(
        id=_incident_id(title, market, now),
        title=title.strip(),
        market=market,
        severity=_checked_severity(severity),
        state=S.NEW,
        opened_at=now,
        due_at=due,
        audience=_checked_audience(audience),
        story_ids=_once(story_ids),
        signal_ids=_once(signal_ids),
        item_ids=_once(item_ids),
    )
    return incident, _line(incident, by, now, "open", reason, "", S.NEW.value)


def _incident_id(title: str, market: str, now: datetime) -> str:
    digest = hashlib.sha256(f"{market}|{title}|{now.isoformat()}".encode()).hexdigest()
    return f"{market}-{now:%Y%m%d}-{digest[:6]}"


def from_signal(signal: Signal, severity: int, *, by: str, now: datetime, due: datetime) -> Change:
    """An incident somebody takes up from a signal; the signal's reasons go into the log."""
    return open_incident(
        f"{signal.label} · {signal.market} · {signal.day.isoformat()}",
        signal.market,
        severity,
        by=by,
        now=now,
        due=due,
        signal_ids=(signal.id,),
        item_ids=signal.item_ids,
        reason="; ".join(signal.reasons),
    )


def from_story(
    story: Story,
    market: str,
    severity: int,
    item_ids: Sequence[str],
    *,
    by: str,
    now: datetime,
    due: datetime,
) -> Change:
    """An incident somebody takes up from a story."""
    return open_incident(
        story.title, market, severity, by=by, now=now, due=due, story_ids=(story.id,), item_ids=item_ids
    )


# --- moving --------------------------------------------------------------------------------------


def set_state(incident: Incident, to: IncidentState, *, by: str, now: datetime, reason: str = "") -> Change:
    """Moves along the allowed steps. Leaving `new` acknowledges. Raises TriageRefused."""
    if to not in NEXT[incident.state]:
        allowed = ", ".join(state.value for state in NEXT[incident.state])
        raise TriageRefused(
            f"incident {incident.id} cannot go from {incident.state.value} to {to.value}",
            remedy=f"from here it can go to: {allowed}",
        )
    reopened = incident.state in (*ENDED, S.MITIGATED) and to is S.VERIFYING
    if (to in NEEDS_REASON or reopened) and not reason.strip():
        raise TriageRefused(
            f"incident {incident.id}: {'reopening' if reopened else to.value} needs a reason",
            remedy="say why, for those who read the log later",
        )
    moved = replace(incident, state=to, acknowledged_at=incident.acknowledged_at or now)
    action = "reopen" if reopened else "state"
    return moved, _line(incident, by, now, action, reason, incident.state.value, to.value)


def dismiss(incident: Incident, *, by: str, now: datetime, reason: str) -> Change:
    """Not an incident after all. The reason is mandatory: dismissals make the false-alarm figure."""
    return set_state(incident, S.DISMISSED, by=by, now=now, reason=reason)


def reopen(incident: Incident, *, by: str, now: datetime, reason: str) -> Change:
    return set_state(incident, S.VERIFYING, by=by, now=now, reason=reason)


def assign(incident: Incident, owner: str, *, by: str, now: datetime) -> Change:
    """Gives it to somebody ("" takes it back); having an owner counts as acknowledged."""
    acknowledged = incident.acknowledged_at or (now if owner else None)
    changed = replace(incident, owner=owner, acknowledged_at=acknowledged)
    return changed, _line(incident, by, now, "assign", "", incident.owner, owner)


def note(incident: Incident, text: str, *, by: str, now: datetime) -> Change:
    """A decision or remark for the log; the incident stays as it is."""
    if not text.strip():
        raise TriageRefused("an empty note says nothing", remedy="write the note after the command")
    return incident, _line(incident, by, now, "note", text.strip(), "", "")


def set_severity(
    incident: Incident, severity: int, *, by: str, now: datetime, due: datetime, reason: str
) -> Change:
    """Severity is set by rule and changed by a person with a reason; the due time moves with it."""
    if not reason.strip():
        raise TriageRefused("a change of severity needs a reason", remedy="say what speaks for it")
    changed = replace(incident, severity=_checked_severity(severity), due_at=due)
    return changed, _line(incident, by, now, "severity", reason, str(incident.severity), str(severity))


def set_audience(incident: Incident, audience: Sequence[str], *, by: str, now: datetime) -> Change:
    changed = replace(incident, audience=_checked_audience(audience))
    return changed, _line(
        incident, by, now, "audience", "", ",".join(incident.audience), ",".join(changed.audience)
    )


def set_tlp(incident: Incident, tlp: str, *, by: str, now: datetime) -> Change:
    """How far it may be passed on, by the Traffic Light Protocol."""
    if tlp not in TLP:
        raise TriageRefused(f"there is no TLP:{tlp}", remedy=f"use: {', '.join(TLP)}")
    return replace(incident, tlp=tlp), _line(incident, by, now, "tlp", "", incident.tlp, tlp)


def link(
    incident: Incident,
    *,
    by: str,
    now: datetime,
    story_ids: Sequence[str] = (),
    signal_ids: Sequence[str] = (),
    item_ids: Sequence[str] = (),
) -> Change:
    """Adds links; those already there are kept once."""
    changed = replace(
        incident,
        story_ids=_once((*incident.story_ids, *story_ids)),
        signal_ids=_once((*incident.signal_ids, *signal_ids)),
        item_ids=_once((*incident.item_ids, *item_ids)),
    )
    added = ",".join((*story_ids, *signal_ids, *item_ids))
    return changed, _line(incident, by, now, "link", "", "", added)


def merge(kept: Incident, duplicate: Incident, *, by: str, now: datetime) -> tuple[Change, Change]:
    """Two incidents on one matter: the kept one takes the links, the graver severity and the earlier due time.

    The duplicate is dismissed with a reason that names the other. Raises TriageRefused for one that has ended.
    """
    if kept.id == duplicate.id:
        raise TriageRefused(f"incident {kept.id} cannot be merged with itself", remedy="name two incidents")
    if kept.state in ENDED:
        raise TriageRefused(f"incident {kept.id} has ended", remedy="reopen it first, or merge the other way")
    both = replace(
        link(
            kept,
            by=by,
            now=now,
            story_ids=duplicate.story_ids,
            signal_ids=duplicate.signal_ids,
            item_ids=duplicate.item_ids,
        )[0],
        severity=max(kept.severity, duplicate.severity),
        due_at=min((d for d in (kept.due_at, duplicate.due_at) if d), default=None),
        audience=_once((*kept.audience, *duplicate.audience)),
    )
    gone = dismiss(duplicate, by=by, now=now, reason=f"duplicate of {kept.id}")
    return (both, _line(kept, by, now, "merge", "", "", duplicate.id)), gone


def is_overdue(incident: Incident, now: datetime) -> bool:
    """Whether nobody has looked in time."""
    waiting = incident.acknowledged_at is None and incident.state not in ENDED
    return waiting and incident.due_at is not None and now > incident.due_at


def lags(items: Sequence[Item], log: Sequence[TriageEvent]) -> Lags:
    """The lag ledger of an incident from its linked items and its log (oldest first)."""
    touched = [event for event in log if event.action != "open"]
    escalations = [event.at for event in log if event.after == S.ESCALATED.value]
    acknowledgements = [e.at for e in touched if e.action in ("state", "assign", "reopen")]
    return Lags(
        first_published=min((item.published_at for item in items), default=None),
        first_seen=min((item.fetched_at for item in items), default=None),
        first_triaged=min((event.at for event in touched), default=None),
        escalated=min(escalations, default=None),
        acknowledged=min(acknowledgements, default=None),
    )


def _line(
    incident: Incident, by: str, now: datetime, action: str, reason: str, before: str, after: str
) -> TriageEvent:
    if not by.strip():
        raise TriageRefused("a change needs somebody who makes it", remedy="name the person with --by")
    return TriageEvent(
        incident_id=incident.id, at=now, by=by, action=action, reason=reason, before=before, after=after
    )


def _checked_severity(severity: int) -> int:
    if not 0 <= severity <= 5:
        raise TriageRefused(f"severity {severity} is out of range", remedy="severity runs from 0 to 5")
    return severity


def _checked_audience(audience: Sequence[str]) -> tuple[str, ...]:
    known = {name.lower(): name for name in AUDIENCES}
    unknown = [name for name in audience if name.lower() not in known]
    if unknown:
        raise TriageRefused(f"unknown audience: {', '.join(unknown)}", remedy=f"use: {', '.join(AUDIENCES)}")
    return _once([known[name.lower()] for name in audience])


def _once(ids: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))


# --- at the edge ---------------------------------------------------------------------------------

ATTEMPTS = 5
COMMUTING = ("note", "link")
"""What two people can both do in any order; everything else is asked again of the person who came second."""


def change(archive: TriageArchive, incident_id: str, decide: Callable[[Incident], Change]) -> Incident:
    """Reads an incident, decides, keeps. A note or link that lost a race is decided again on the newer version.

    Raises TriageRefused for an unknown id, Conflict when another change was faster.
    """
    for attempt in range(1, ATTEMPTS + 1):
        incident = archive.incident(incident_id)
        if incident is None:
            raise TriageRefused(
                f"no incident {incident_id!r}", remedy="`lagebild triage list` shows the open ones"
            )
        changed, event = decide(incident)
        try:
            return archive.change_incident(changed, event)
        except Conflict:
            if event.action not in COMMUTING or attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")
