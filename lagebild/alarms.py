"""What the service calls for help about. Each rule is pure: what is known of now in, alarms out.

A rule measures time only while somebody was listening: after a stop or a sleep the clock of each rule starts anew.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from domain.model import Alarm, Heard, JobRun, Source
from lagebild.settings import Alerts

EVER = datetime(2000, 1, 1, tzinfo=UTC)
NAMED_AT_MOST = 5
GROWING_SAMPLES = 4
MISSED_VISITS = 10
"""So many finds are missed by chance once in 20,000 times; a class that seldom says something gets longer."""
KNOWN_AFTER = timedelta(days=1)
CALM_SHARE = 1.2
"""A disk alarm ends only when there is a fifth more room than the bound, so that it does not flicker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is known of the service now.

    `classes` holds enabled, unpaused sources by class. `overdue` counts sources whose visit was due so long ago that collecting
    counts as stalled. `late` holds markets with the moment their issue was due.
    `backlog` counts unread items hour by hour, oldest first, now last; `waiting_since` is when the one that waits longest came,
    None when none waits. `clock_off_seconds` is None when no answer told.
    """

    now: datetime
    up_since: datetime
    classes: Mapping[str, Sequence[Source]] = field(default_factory=dict)
    heard: Mapping[str, Heard] = field(default_factory=dict)
    overdue: int = 0
    late: Mapping[str, datetime] = field(default_factory=dict)
    free_megabytes: float | None = None
    memory_megabytes: float | None = None
    memory_limit_megabytes: float = 0.0
    backlog: Sequence[int] = ()
    waiting_since: datetime | None = None
    clock_off_seconds: float | None = None
    terms_due: Sequence[str] = ()
    jobs: Mapping[str, JobRun] = field(default_factory=dict)
    last_backup: datetime | None = None
    undelivered: Mapping[str, int] = field(default_factory=dict)
    standing: frozenset[str] = frozenset()

    def counted_from(self, key: str) -> datetime:
        """Since when time counts for this alarm: a restart does not clear one that stands."""
        return EVER if key in self.standing else self.up_since


Rule = Callable[[State, Alerts], Iterator[Alarm]]


def alarms_of(state: State, wanted: Alerts) -> list[Alarm]:
    """All that should stand now."""
    return [alarm for rule in RULES for alarm in rule(state, wanted)]


def quiet(state: State, wanted: Alerts) -> Iterator[Alarm]:
    """Classes of sources that were visited for N hours and brought nothing new, where that is not usual."""
    for name, sources in state.classes.items():
        heard = [state.heard[source.id] for source in sources if source.id in state.heard]
        silent = silence(heard, state.counted_from(f"quiet:{name}"))
        bound = timedelta(hours=quiet_hours(name, wanted))
        if silent >= bound and is_unusual(heard, silent, bound):
            answered = sum(
                h.last_reported is not None and h.last_reported >= state.now - silent for h in heard
            )
            yield Alarm(
                rule="quiet", subject=name, level="urgent",
                message=f"{name}: nothing new for {silent.total_seconds() / 3600:.0f} hours; {answered} of {len(sources)} sources answered meanwhile",
                remedy="see `lagebild sources health`; try one with `lagebild sources try ID`",
            )  # fmt: skip


def is_unusual(heard: Sequence[Heard], silent: timedelta, bound: timedelta) -> bool:
    """Whether a class as lively as this would have brought something ten times in that time.

    Of one that is not known for a whole day nobody knows how lively it is, and how silent at night: it gets twice the bound.
    """
    first = min((h.first_visit for h in heard if h.first_visit), default=None)
    fresh = max((h.last_fresh for h in heard if h.last_fresh), default=None)
    if first is None or fresh is None or fresh - first < KNOWN_AFTER:
        return silent >= 2 * bound
    return sum(h.fresh_visits for h in heard) * (silent / (fresh - first)) >= MISSED_VISITS


def quiet_hours(name: str, wanted: Alerts) -> float:
    """The class's own bound, else its lens's, else that of the media."""
    lens = name.partition("/")[0]
    return wanted.quiet_hours.get(name) or wanted.quiet_hours.get(lens) or wanted.quiet_hours.get("media", 12)


def silence(heard: Sequence[Heard], up_since: datetime) -> timedelta:
    """How long sources were visited without anything new, up to their last visit."""
    visits = [h.last_visit for h in heard if h.last_visit]
    first = min((h.first_visit for h in heard if h.first_visit), default=up_since)
    fresh = max((h.last_fresh for h in heard if h.last_fresh), default=first)
    return max(visits) - max(fresh, up_since) if visits else timedelta(0)


def stalled(state: State, wanted: Alerts) -> Iterator[Alarm]:
    """No source was visited at all for a while, though some were due."""
    if not state.overdue:
        return
    last = max((h.last_visit for h in state.heard.values() if h.last_visit), default=state.up_since)
    idle = state.now - max(last, state.counted_from("stalled:collect"))
    if idle >= timedelta(minutes=wanted.stalled_minutes):
        yield Alarm(
            rule="stalled", subject="collect", level="urgent",
            message=f"no source was visited for {idle.total_seconds() / 60:.0f} minutes",
            remedy="see `lagebild schedule list` and the log; a restart is safe at any time",
        )  # fmt: skip


def late(state: State, wanted: Alerts) -> Iterator[Alarm]:
    """Markets whose issue is due and not kept."""
    for market, due in state.late.items():
        if state.now - max(due, state.counted_from(f"late:{market}")) >= timedelta(
            minutes=wanted.digest_late_minutes
        ):
            yield Alarm(
                rule="late", subject=market, level="urgent",
                message=f"the issue of {market} was due at {due:%Y-%m-%d %H:%M} UTC and is not written",
                remedy=f"see `lagebild schedule list --job digest`; write it with `lagebild schedule run digest-{market}`",
            )  # fmt: skip


def disk(state: State, wanted: Alerts) -> Iterator[Alarm]:
    bound = wanted.disk_low_megabytes * (CALM_SHARE if "disk" in state.standing else 1)
    if state.free_megabytes is not None and state.free_megabytes < bound:
        yield Alarm(
            rule="disk", subject="", level="urgent",
            message=f"{state.free_megabytes:.0f} MB are free where the archive lies",
            remedy="make room; `lagebild db size` tells what takes it, old backups lie under `backups`",
        )  # fmt: skip


def memory(state: State, wanted: Alerts) -> Iterator[Alarm]:
    if state.memory_megabytes is not None and state.memory_megabytes > state.memory_limit_megabytes > 0:
        yield Alarm(
            rule="memory", subject="", level="warning",
            message=f"the service uses {state.memory_megabytes:.0f} MB, more than {state.memory_limit_megabytes:.0f}",
            remedy="restart it; raise limits.memory_megabytes if it comes back",
        )  # fmt: skip


def backlog(state: State, wanted: Alerts) -> Iterator[Alarm]:
    """Many items wait to be read, and more with each hour; or one waits for hours, and it is not that ever fewer do.

    Once raised, it stands until few wait, and none for long.
    """
    depths = state.backlog[-GROWING_SAMPLES:] or [0]
    many = depths[-1] >= wanted.backlog_items
    long = (waited := waiting(state)) >= timedelta(hours=wanted.backlog_hours)
    grows = len(depths) == GROWING_SAMPLES and all(a < b for a, b in pairwise(depths))
    if (many and grows) or (long and not falls(depths)) or ("backlog" in state.standing and (many or long)):
        hours = waited.total_seconds() / 3600
        yield Alarm(
            rule="backlog", subject="", level="warning",
            message=f"{depths[-1]} items wait to be read, {depths[0]} some hours ago; the first of them for {hours:.0f} hours",
            remedy="see `lagebild schedule list --job collect` and the log; let `lagebild enrich` run alone for a while, or watch fewer sources",
        )  # fmt: skip


def waiting(state: State) -> timedelta:
    """How long the item that waits longest has waited while somebody could have read it."""
    since = state.waiting_since
    return state.now - max(since, state.counted_from("backlog")) if since else timedelta(0)


def falls(depths: Sequence[int]) -> bool:
    """Whether fewer wait now than at any of the hours before: a long backlog that is being read."""
    return len(depths) > 1 and depths[-1] < min(depths[:-1])


def clock(state: State, wanted: Alerts) -> Iterator[Alarm]:
    off = state.clock_off_seconds
    if off is not None and abs(off) > wanted.clock_off_seconds:
        yield Alarm(
            rule="clock", subject="", level="urgent",
            message=f"this machine's clock is {abs(off):.0f} seconds {'behind' if off > 0 else 'ahead of'} the sources'",
            remedy="switch time synchronisation on (timedatectl set-ntp true)",
        )  # fmt: skip


def terms(state: State, wanted: Alerts) -> Iterator[Alarm]:
    if state.terms_due:
        named = ", ".join(state.terms_due[:NAMED_AT_MOST])
        more = len(state.terms_due) - NAMED_AT_MOST
        yield Alarm(
            rule="terms", subject="", level="warning",
            message=f"terms of {len(state.terms_due)} sources need a review: {named}{f' and {more} more' if more > 0 else ''}",
            remedy="read them and note day and name under `terms` in sources.yaml; unreviewed for 180 days, a source stops",
        )  # fmt: skip


def failed(state: State, wanted: Alerts) -> Iterator[Alarm]:
    """Jobs whose latest run failed."""
    for job, run in state.jobs.items():
        if run.outcome == "failed":
            yield Alarm(
                rule="job", subject=job, level="warning",
                message=f"{job} failed at {run.started_at:%Y-%m-%d %H:%M} UTC: {run.facts.get('error', 'see the log')}",
                remedy=f"see `lagebild schedule list --job {job}` and the log",
            )  # fmt: skip


def backup(state: State, wanted: Alerts) -> Iterator[Alarm]:
    since = state.now - max(state.last_backup or state.up_since, state.counted_from("backup"))
    if since >= timedelta(hours=wanted.backup_hours):
        yield Alarm(
            rule="backup", subject="", level="urgent",
            message=f"there was no sound backup for {since.total_seconds() / 3600:.0f} hours",
            remedy="see `lagebild schedule list --job upkeep`; make one with `lagebild db backup`",
        )  # fmt: skip


def undelivered(state: State, wanted: Alerts) -> Iterator[Alarm]:
    for channel, count in state.undelivered.items():
        yield Alarm(
            rule="delivery", subject=channel, level="urgent",
            message=f"{count} deliveries by {channel} failed or wait for over an hour",
            remedy="check the channel's settings and its server; waiting ones are tried again by themselves",
        )  # fmt: skip


RULES: tuple[Rule, ...] = (
    quiet, stalled, late, disk, memory, backlog, clock, terms, failed, backup, undelivered,
)  # fmt: skip
