"""What a sound sources.yaml could still do better. Each rule has a code, which docs/sources.md explains.

Rules of the first half read the file alone; those of the second need what the archive has seen of a source.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import parse_qsl, urlsplit

from crawler.canonical import canonical_url, host_of
from crawler.permission import clearance
from domain.model import Source, TermsStatus
from lagebild.sources.load import Problem

VISITS_IN_VAIN = 16
"""From this many visits a new item on, the interval is called too short. The rhythm stretches it anyway."""
SECRET_NAMES = frozenset(
    ("key", "api_key", "apikey", "token", "access_token", "auth", "secret", "password", "sig")
)
Finding = tuple[str, str, str]
"""The field it speaks of, what is wrong, what to do."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What visits told of one source. `pause`: between two new items, None while too little is known."""

    pause: timedelta | None = None
    moved_to: str = ""
    dead: bool = False


def lint(
    sources: Sequence[Source], lines: Mapping[str, int], today: date, seen: Mapping[str, Seen], path: str = ""
) -> tuple[Problem, ...]:
    """The warnings, in order of lines. `seen` may be empty; sources that are switched off are left alone."""
    active = [source for source in sources if source.enabled]
    found = [
        Problem(lines.get(source.id, 1), 5, code, f"{source.id}.{field}", message, remedy, path, "warning")
        for source, (code, (field, message, remedy)) in _findings(active, today, seen)
    ]
    return tuple(sorted(found))


def _findings(
    sources: Sequence[Source], today: date, seen: Mapping[str, Seen]
) -> Iterator[tuple[Source, tuple[str, Finding]]]:
    first_at: dict[tuple[str, str, str], str] = {}
    for source in sources:
        taken = first_at.setdefault(_place(source.url), source.id)
        if taken != source.id:
            yield source, ("S001", ("url", f"the same address as {taken!r}", "keep one of the two"))
        for code, rule in OF_THE_FILE.items():
            if finding := rule(source, today):
                yield source, (code, finding)
        for code, told in OF_ITS_VISITS.items():
            if finding := told(source, seen.get(source.id, Seen())):
                yield source, (code, finding)


def _place(url: str) -> tuple[str, str, str]:
    """What two spellings of one address share: the host without `www.`, path and sorted query."""
    parts = urlsplit(canonical_url(url))
    return host_of(url), parts.path, parts.query


def _markets(source: Source, _: date) -> Finding | None:
    if source.markets:
        return None
    return "market", "belongs to no market, so that no briefing shows it", "name at least one market"


def _terms_missing(source: Source, _: date) -> Finding | None:
    if source.terms.status is not TermsStatus.UNREVIEWED and source.terms.checked_on is not None:
        return None
    return "terms", "nobody has read its terms", "read them, then give `status`, `checked_on`, `url` and `by`"


def _terms_due(source: Source, today: date) -> Finding | None:
    why = clearance(source, today).why
    return ("terms", why, "read them again and give the day as `checked_on`") if why else None


def _plain_http(source: Source, _: date) -> Finding | None:
    parts = urlsplit(source.url)
    if parts.scheme == "https" or host_of(source.url) in ("127.0.0.1", "localhost"):
        return None
    return "url", "is read over plain http, which anyone on the way can change", "try https"


def _secret_in_url(source: Source, _: date) -> Finding | None:
    names = {name.lower() for name, value in parse_qsl(urlsplit(source.url).query) if value}
    if not names & SECRET_NAMES:
        return None
    return "url", "seems to carry a secret", "move it into the environment and refer to it as env:NAME"


def _too_often(source: Source, seen: Seen) -> Finding | None:
    if seen.pause is None or seen.pause < source.interval * VISITS_IN_VAIN:
        return None
    told = f"something new comes every {_span(seen.pause)}, it is asked every {_span(source.interval)}"
    return "interval", told, f"{_span(seen.pause / VISITS_IN_VAIN)} would be soon enough"


def _redirected(source: Source, seen: Seen) -> Finding | None:
    if not seen.moved_to:
        return None
    return "url", f"has moved to {seen.moved_to}", f"run `lagebild sources accept {source.id}`"


def _dead(source: Source, seen: Seen) -> Finding | None:
    if not seen.dead:
        return None
    remedy = f"find its new address with `lagebild sources discover`, or `lagebild sources pause {source.id}`"
    return "url", "is dead: gone, or without anything new for three months", remedy


def _span(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    for unit, size in (("d", 1440), ("h", 60)):
        if minutes >= 2 * size:
            return f"{round(minutes / size)}{unit}"
    return f"{minutes}m"


OF_THE_FILE: Mapping[str, Callable[[Source, date], Finding | None]] = {
    "S002": _markets,
    "S003": _terms_missing,
    "S004": _terms_due,
    "S005": _plain_http,
    "S006": _secret_in_url,
}
OF_ITS_VISITS: Mapping[str, Callable[[Source, Seen], Finding | None]] = {
    "S007": _too_often,
    "S008": _redirected,
    "S009": _dead,
}
