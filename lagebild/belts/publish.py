"""The publish belt: a closed period -> facts -> one issue per language -> files, and the outbox."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.brief import brief
from digest.facts import Facts
from digest.formats.html import render as render_html
from digest.gather import Order, gather
from digest.kept import keep, kept
from digest.period import period_of
from domain.briefing import Digest
from domain.ports import PublishArchive
from domain.registry import plug
from lagebild.settings import Edition
from nlp.shield import cut_slurs

logger = logging.getLogger(__name__)
FORMATS = "digest.formats"


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
    facts: Facts | None = None
    for language in edition.languages:
        if archive.digest(edition.market, day, "daily", language) is not None:
            yield printed(kept(archive, edition.market, day, "daily", language), press, is_first=False)
            continue
        facts = facts or facts_of(archive, press, edition, day, now)
        yield _first(archive, press, facts, language)


def _first(archive: PublishArchive, press: Press, facts: Facts, language: str) -> Issue:
    """Keeps the issue first, prints it then: what was printed is what is kept."""
    digest = brief(facts, language)
    keep(archive, digest)
    logger.info("published issue=%s", digest.id)
    return printed(digest, press, is_first=True)


def facts_of(
    archive: PublishArchive, press: Press, edition: Edition, day: date, said_until: datetime
) -> Facts:
    """Everything the issue of that day knows, as of its cut-off; analysts are heard up to `said_until`."""
    order = Order(
        market=edition.market,
        period=period_of(edition.market, day, cutoff=edition.cut_off, zone=edition.zone),
        names=press.names,
        versions=press.versions,
        base_url=press.base_url,
        mask=cut_slurs,
        said_until=said_until,
    )
    return gather(archive, order)


def rebuilt(archive: PublishArchive, press: Press, edition: Edition, day: date) -> Iterator[tuple[str, bool]]:
    """Kept issues of that day, made again, and whether every byte is the same."""
    for language in edition.languages:
        if archive.digest(edition.market, day, "daily", language) is not None:
            then = kept(archive, edition.market, day, "daily", language)
            again = brief(facts_of(archive, press, edition, day, last_word(then)), language)
            yield again.id, again == then and render_html(again) == render_html(then)


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
    path = folder / f"{digest.day:%Y-%m-%d}-{digest.market}-{digest.language}.{form.SUFFIX}"
    draft = path.with_name(f".{path.name}.new")
    draft.write_bytes(form.render(digest))
    draft.replace(path)
    return path
