"""The publish belt: a closed period -> facts -> one issue per language -> files, and the outbox.

A day has its morning's issue and, when there is news that could not wait, updates; a week has its report.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain, count
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.brief import UPDATE, brief, is_update, number_of
from digest.facts import Analyst, Facts, Period
from digest.formats.html import render as render_html
from digest.gather import Order, gather
from digest.kept import keep, kept
from digest.occasions import occasions_of
from digest.period import period_of, period_since
from digest.weekly import WeeklyFacts, brief_weekly, gather_weekly, week_of
from domain.briefing import Digest
from domain.ports import PublishArchive
from domain.registry import plug
from lagebild.room.reasons import spoken
from lagebild.settings import Edition
from nlp.shield import cut_slurs

logger = logging.getLogger(__name__)
FORMATS = "digest.formats"
DAILY, WEEKLY = "daily", "weekly"
FRIDAY = 4
MOST_KEPT = 10_000
"""Issues looked through for those of one day; newest first."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue on disk. `is_first` is False when it was kept before; the kept one is never rewritten."""

    digest: Digest
    paths: tuple[Path, ...]
    is_first: bool

    @property
    def market(self) -> str:
        return self.digest.market

    @property
    def language(self) -> str:
        return self.digest.language


@dataclass(frozen=True, slots=True)
class Press:
    """What printing an issue needs besides the archive."""

    folder: Path
    formats: Sequence[str]
    names: Mapping[str, Mapping[str, str]]
    versions: Mapping[str, str]
    base_url: str = ""


def publish(
    archive: PublishArchive, press: Press, edition: Edition, now: datetime, day: date | None = None
) -> Iterator[Issue]:
    """The issues of one market's edition. `day` None: the latest one whose cut-off has passed."""
    day = day or closed_day(edition, now)
    yield from printed_once(
        archive, press, edition, day, DAILY, lambda: daily_facts(archive, press, edition, day, now)
    )


def printed_once(
    archive: PublishArchive,
    press: Press,
    edition: Edition,
    day: date,
    name: str,
    facts_now: Callable[[], Facts],
) -> Iterator[Issue]:
    """One issue in each language: as it was kept, or made now and kept before it is printed."""
    facts: Facts | None = None
    for language in edition.languages:
        if archive.digest(edition.market, day, name, language) is not None:
            yield printed(kept(archive, edition.market, day, name, language), press, is_first=False)
            continue
        facts = facts or facts_now()
        yield first_printed(archive, press, brief(facts, language))


def first_printed(archive: PublishArchive, press: Press, digest: Digest) -> Issue:
    """Keeps the issue first, prints it then: what was printed is what is kept."""
    keep(archive, digest)
    logger.info("published issue=%s", digest.id)
    return printed(digest, press, is_first=True)


def order_of(press: Press, edition: Edition, period: Period, name: str, said_until: datetime) -> Order:
    return Order(
        market=edition.market,
        period=period,
        edition=name,
        names=press.names,
        versions=press.versions,
        base_url=press.base_url,
        mask=cut_slurs,
        speak=spoken,
        said_until=said_until,
    )


def daily_facts(
    archive: PublishArchive, press: Press, edition: Edition, day: date, said_until: datetime
) -> Facts:
    """Everything the issue of that day knows, as of its cut-off; analysts are heard up to `said_until`."""
    return gather(archive, order_of(press, edition, period_on(edition, day), DAILY, said_until))


def period_on(edition: Edition, day: date) -> Period:
    return period_of(edition.market, day, cutoff=edition.cut_off, zone=edition.zone)


# --- updates -------------------------------------------------------------------------------------


def publish_update(
    archive: PublishArchive, press: Press, edition: Edition, now: datetime, *, whatever: bool = False
) -> Iterator[Issue]:
    """The next update of the day, when there is news that its issues could not tell; with `whatever` without news too.

    An update that a crash left without one of its languages is finished first, as of its own moment.
    """
    day = closed_day(edition, now)
    earlier = issues_of(archive, edition, day)
    if not earlier:
        return
    yield from missing_languages(archive, press, edition, earlier)
    facts = update_facts(archive, press, edition, earlier, now)
    if facts.occasions or whatever:
        yield from printed_once(archive, press, edition, day, facts.edition, lambda: facts)


def missing_languages(
    archive: PublishArchive, press: Press, edition: Edition, earlier: Sequence[Digest]
) -> Iterator[Issue]:
    last = earlier[-1]
    held = (archive.digest(last.market, last.day, last.edition, language) for language in edition.languages)
    if is_update(last.edition) and not all(held):
        facts = update_facts(archive, press, edition, earlier[:-1], last.as_of)
        made = printed_once(archive, press, edition, last.day, last.edition, lambda: facts)
        yield from (issue for issue in made if issue.is_first)


def issues_of(archive: PublishArchive, edition: Edition, day: date) -> list[Digest]:
    """The day's issues so far in the edition's first language: the morning's, then its updates."""
    found: list[Digest] = []
    for name in chain((DAILY,), (f"{UPDATE}{number}" for number in count(1))):
        if archive.digest(edition.market, day, name, edition.languages[0]) is None:
            break
        found.append(kept(archive, edition.market, day, name, edition.languages[0]))
    return found


def update_facts(
    archive: PublishArchive, press: Press, edition: Edition, earlier: Sequence[Digest], now: datetime
) -> Facts:
    """What came since the last of the day's `earlier` issues, and why that is worth another one."""
    last, name = earlier[-1], f"{UPDATE}{len(earlier)}"
    period = period_since(period_on(edition, last.day), last.as_of, now)
    facts = gather(archive, order_of(press, edition, period, name, now))
    kinds = (occasion.kind for occasion in occasions_of(facts, earlier, last_word(last)))
    return replace(facts, occasions=tuple(dict.fromkeys(kinds)))


# --- the week ------------------------------------------------------------------------------------


def publish_week(archive: PublishArchive, press: Press, edition: Edition, now: datetime) -> Iterator[Issue]:
    """The report of the last week that has closed, once."""
    friday = closed_friday(edition, now)
    weekly: WeeklyFacts | None = None
    for language in edition.languages:
        if archive.digest(edition.market, friday, WEEKLY, language) is not None:
            yield printed(kept(archive, edition.market, friday, WEEKLY, language), press, is_first=False)
            continue
        weekly = weekly or weekly_facts(archive, press, edition, friday, now)
        yield first_printed(archive, press, brief_weekly(weekly, language))


def weekly_facts(
    archive: PublishArchive, press: Press, edition: Edition, friday: date, said_until: datetime
) -> WeeklyFacts:
    period = week_of(edition.market, friday, cutoff=edition.weekly_at, zone=edition.zone)
    order = order_of(press, edition, period, WEEKLY, said_until)
    # What analysts say is said for a day's issue; Friday's signature does not sign the week.
    return gather_weekly(archive, replace(order, analyst=Analyst()))


def closed_friday(edition: Edition, now: datetime) -> date:
    """The last Friday whose closing time has passed."""
    local = now.astimezone(ZoneInfo(edition.zone))
    friday = local.date() - timedelta(days=(local.weekday() - FRIDAY) % 7)
    return (
        friday if friday < local.date() or local.time() >= edition.weekly_at else friday - timedelta(days=7)
    )


def kept_of(archive: PublishArchive, edition: Edition, day: date) -> list[Digest]:
    """Every kept issue of that day, in every language, the week's report included."""
    rows = archive.digests(edition.market, MOST_KEPT)
    return [
        kept(archive, edition.market, day, row["edition"], row["language"])
        for row in rows
        if row["day"] == day.isoformat()
    ]


# --- again ---------------------------------------------------------------------------------------


def rebuilt(archive: PublishArchive, press: Press, edition: Edition, day: date) -> Iterator[tuple[str, bool]]:
    """Kept issues of that day, made again, and whether every byte is the same."""
    for then in kept_of(archive, edition, day):
        again = made_again(archive, press, edition, then)
        yield again.id, again == then and render_html(again) == render_html(then)


def made_again(archive: PublishArchive, press: Press, edition: Edition, then: Digest) -> Digest:
    """The issue from what the archive knew when it was made."""
    if then.kind == "weekly":
        weekly = weekly_facts(archive, press, edition, then.day, last_word(then))
        return brief_weekly(weekly, then.language)
    if is_update(then.edition):
        earlier = issues_of(archive, edition, then.day)[: int(number_of(then.edition))]
        return brief(update_facts(archive, press, edition, earlier, then.as_of), then.language)
    return brief(daily_facts(archive, press, edition, then.day, last_word(then)), then.language)


def last_word(digest: Digest) -> datetime:
    """Until when the issue had listened to analysts; its cut-off for one that never asked."""
    asked = (number.parameters["until"] for _, number in digest.numbers if number.query == "remarks")
    return next((datetime.fromisoformat(str(until)) for until in asked), digest.as_of)


def closed_day(edition: Edition, now: datetime) -> date:
    """The local day of the last cut-off that is not after now."""
    local = now.astimezone(ZoneInfo(edition.zone))
    closed = local.time() >= edition.cut_off
    return local.date() if closed else date.fromordinal(local.date().toordinal() - 1)


def printed(digest: Digest, press: Press, *, is_first: bool) -> Issue:
    """The issue in every form, each file put in place whole."""
    folder = press.folder / digest.market
    folder.mkdir(parents=True, exist_ok=True)
    paths = tuple(_print(digest, name, folder) for name in press.formats)
    return Issue(digest, paths, is_first)


def _print(digest: Digest, name: str, folder: Path) -> Path:
    form = plug(FORMATS, name)
    edition = "" if digest.edition == DAILY else f"-{digest.edition}"
    path = folder / f"{digest.day:%Y-%m-%d}-{digest.market}-{digest.language}{edition}.{form.SUFFIX}"
    draft = path.with_name(f".{path.name}.new")
    draft.write_bytes(form.render(digest))
    draft.replace(path)
    return path
