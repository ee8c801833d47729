"""The rules of `lagebild.triage` as the reading room's forms and keys, and word to those whom a change concerns."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from domain.model import Delivery, Incident, IncidentState, Level, Signal, TriageEvent
from domain.ports import Archive
from lagebild.settings import Settings
from lagebild.triage import (
    AUDIENCES,
    COMMUTING,
    NEXT,
    Change,
    TriageRefused,
    assign,
    dismiss,
    due_at,
    from_signal,
    link,
    note,
    open_incident,
    set_audience,
    set_severity,
    set_state,
    set_tlp,
)
from web.desk import Triage

Fields = Mapping[str, str]
FALLBACK_ZONE = "Europe/Berlin"
GRAVE, USUAL = 4, 3
"""The severity of an incident made of a signal to escalate, and of any other signal."""
MENTION = re.compile(r"(?<![\w@.])@([a-z0-9][a-z0-9._+-]*(?:@[a-z0-9.-]+)?)", re.IGNORECASE)
CHANNEL = "smtp"


def triage(archive: Archive, zones: Mapping[str, str], settings: Settings) -> Triage:
    """The rules over this archive."""

    def due(market: str, severity: int, now: datetime) -> datetime:
        return due_at(severity, now, ZoneInfo(zones.get(market, FALLBACK_ZONE)))

    def opening(by: str, given: Fields, now: datetime) -> Change:
        market, severity = given.get("market", "DE"), _severity(given)
        return open_incident(
            given.get("title", ""),
            market,
            severity,
            by=by,
            now=now,
            due=due(market, severity, now),
            signal_ids=_one(given.get("signal", "")),
            item_ids=_one(given.get("item", "")),
            story_ids=_one(given.get("story", "")),
        )

    def severity(incident: Incident, by: str, given: Fields, now: datetime) -> Change:
        level, reason = _severity(given), given.get("reason", "")
        at = due(incident.market, level, incident.opened_at)
        return set_severity(incident, level, by=by, now=now, due=at, reason=reason)

    def of_signal(
        signal: Signal, title: str, decision: str, by: str, reason: str, now: datetime
    ) -> Sequence[Change]:
        level = GRAVE if signal.level is Level.ESCALATE or decision == "escalate" else USUAL
        opened, line = from_signal(signal, level, by=by, now=now, due=due(signal.market, level, now))
        opened = replace(opened, id=incident_of(signal), title=title)
        return [(opened, replace(line, incident_id=opened.id)), decided(opened, decision, by, reason, now)]

    def concerned(before: Incident | None, after: Incident, event: TriageEvent) -> None:
        archive.enqueue(letters(before, after, event, settings))

    return Triage(
        open=opening,
        steps={
            "state": _state,
            "assign": _assign,
            "note": _note,
            "acknowledge": _acknowledge,
            "link": _link,
            "severity": severity,
            "audience": _audience,
            "tlp": _tlp,
        },
        next_states=_next_states,
        audiences=AUDIENCES,
        of_signal=of_signal,
        decide=decided,
        commuting=frozenset(COMMUTING),
        concerned=concerned,
        invited=lambda incident: [
            address for name in incident.audience for address in settings.delivery.audiences.get(name, ())
        ],
    )


def incident_of(signal: Signal) -> str:
    """The one id under which a signal becomes an incident, whoever is first."""
    return f"{signal.market}-{signal.day:%Y%m%d}-{signal.id[:8]}"


def decided(incident: Incident, decision: str, by: str, reason: str, now: datetime) -> Change:
    """What confirm, dismiss and escalate mean. Raises TriageRefused for a step that is not allowed."""
    if decision == "dismiss":
        return dismiss(incident, by=by, now=now, reason=reason)
    to = IncidentState.ESCALATED if decision == "escalate" else IncidentState.VERIFYING
    return set_state(incident, to, by=by, now=now, reason=reason)


def _severity(given: Fields) -> int:
    said = given.get("severity", "") or str(USUAL)
    if not said.isdigit():
        raise TriageRefused(f"severity {said!r} is no number", remedy="severity runs from 0 to 5")
    return int(said)


def _one(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


def _state(incident: Incident, by: str, given: Fields, now: datetime) -> Change:
    try:
        to = IncidentState(given.get("state", ""))
    except ValueError as error:
        raise TriageRefused(
            f"there is no state {given.get('state')!r}", remedy="choose one of the list"
        ) from error
    return set_state(incident, to, by=by, now=now, reason=given.get("reason", ""))


def _assign(incident: Incident, by: str, given: Fields, now: datetime) -> Change:
    return assign(incident, given.get("owner", ""), by=by, now=now)


def _note(incident: Incident, by: str, given: Fields, now: datetime) -> Change:
    return note(incident, given.get("note", ""), by=by, now=now)


def _audience(incident: Incident, by: str, given: Fields, now: datetime) -> Change:
    """The form sends the names joined by commas."""
    chosen = [name for name in given.get("audience", "").split(",") if name]
    return set_audience(incident, chosen, by=by, now=now)


def _tlp(incident: Incident, by: str, given: Fields, now: datetime) -> Change:
    return set_tlp(incident, given.get("tlp", ""), by=by, now=now)


def _link(incident: Incident, by: str, given: Fields, now: datetime) -> Change:
    return link(
        incident,
        by=by,
        now=now,
        story_ids=_one(given.get("story", "")),
        signal_ids=_one(given.get("signal", "")),
        item_ids=_one(given.get("item", "")),
    )


def _acknowledge(incident: Incident, by: str, given: Fields, now: datetime) -> Change:
    return assign(incident, incident.owner or by, by=by, now=now)


def _next_states(incident: Incident) -> tuple[str, ...]:
    return tuple(state.value for state in NEXT[incident.state])


# --- word to those concerned ---------------------------------------------------------------------


def mentioned(text: str) -> list[str]:
    """Names after an @, each once, in lower case."""
    return list(dict.fromkeys(name.lower().rstrip(".-") for name in MENTION.findall(text)))


def letters(
    before: Incident | None, after: Incident, event: TriageEvent, settings: Settings
) -> list[Delivery]:
    """Mails for a change: to an audience that was added or that an escalation concerns, a new owner, and those named
    in a note. Nobody is written to where no mail server is set up; names without an address hear in the room."""
    if not settings.delivery.smtp_host:
        return []
    people = {*addresses(before, after, event, settings)} - {event.by}
    return [_letter(to, after, event, settings) for to in sorted(people)]


def addresses(
    before: Incident | None, after: Incident, event: TriageEvent, settings: Settings
) -> Iterable[str]:
    """Who is to hear of a change."""
    escalated = event.after == IncidentState.ESCALATED.value
    known = set(before.audience) if before and not escalated else set()
    for audience in after.audience:
        if audience not in known and (escalated or event.action in ("audience", "open")):
            yield from settings.delivery.audiences.get(audience, ())
    if event.action == "assign" and "@" in after.owner:
        yield after.owner
    if event.action == "note":
        yield from (name for name in mentioned(event.reason) if "@" in name)


def _letter(to: str, incident: Incident, event: TriageEvent, settings: Settings) -> Delivery:
    base = settings.web.base_url.rstrip("/")
    told = f"{incident.id}\n{event.at.isoformat()}\n{event.action}\n{to}"
    lines = [
        incident.title,
        f"{incident.market}, severity {incident.severity}, {incident.state.value}, TLP:{incident.tlp}",
        f"due {incident.due_at:%Y-%m-%d %H:%M} UTC"
        if incident.due_at and not incident.acknowledged_at
        else "",
        f"{event.by}: {event.action} {event.after} {event.reason}".strip(),
        "",
        f"Read and acknowledge: {base}/incident/{incident.id}#acknowledge"
        if base
        else f"Incident {incident.id}",
    ]
    return Delivery(
        key=f"incident-{sha256(told.encode()).hexdigest()[:24]}",
        digest_id="",
        channel=CHANNEL,
        recipient=to,
        subject=f"[Lagebild S{incident.severity}] {incident.title}"[:160],
        media_type="text/plain",
        body="\n".join(line for line in lines if line is not None).encode(),
        created_at=event.at,
    )
