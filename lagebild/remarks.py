"""What analysts say for a day's issue: checked, then added to what was said before."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import click

from domain.errors import ConfigError
from domain.model import Remark, RemarkKind
from domain.ports import Archive
from lagebild.belts.publish import closed_day
from lagebild.incidents import by_option
from lagebild.opening import archive_of, settings_of
from lagebild.settings import Edition, Settings
from lagebild.workshop import utc_now

MOST_WORDS: Mapping[RemarkKind, int] = {
    RemarkKind.ASSESSMENT: 60,
    RemarkKind.WHY: 40,
    RemarkKind.NOTE: 60,
}
"""What an issue prints of each; more would be cut in the middle of a thought."""


def about_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--market, --day, --by: of which issue, and who says it."""
    market = click.option("--market", default="DE", show_default=True, help="Whose issue.")
    day = click.option(
        "--day", type=click.DateTime(["%Y-%m-%d"]), help="The issue of this local day; default: the latest."
    )
    return market(day(by_option(command)))


language_option = click.option(
    "--language",
    type=click.Choice(["de", "en"]),
    default="de",
    show_default=True,
    help="The language you write in.",
)


def say(
    context: click.Context,
    kind: RemarkKind,
    said: Sequence[tuple[str, str]],
    *,
    market: str,
    day: datetime | None,
    by: str,
    language: str = "",
) -> None:
    """Keeps one remark per (subject, text) pair and tells what became of it. Raises ConfigError."""
    settings = settings_of(context)
    archive = archive_of(settings)
    edition, now = edition_of(settings, market), utc_now()
    local = day.date() if day else closed_day(edition, now)
    for subject, text in said:
        check(archive, kind, subject, text)
    for subject, text in said:
        remark = Remark(
            market=market, day=local, kind=kind, text=" ".join(text.split()), by=by.strip(), at=now,
            language=language, subject=subject,
        )  # fmt: skip
        archive.keep_remark(remark)
    click.echo(f"kept for {market} {local:%Y-%m-%d}{_too_late(archive, edition, local)}")


def edition_of(settings: Settings, market: str) -> Edition:
    """The market's edition. Raises ConfigError when none is set up."""
    known = {edition.market: edition for edition in settings.publish.editions}
    if market not in known:
        raise ConfigError(f"no edition of {market!r} is set up", remedy=f"use one of: {', '.join(known)}")
    return known[market]


def check(archive: Archive, kind: RemarkKind, subject: str, text: str) -> None:
    """Refuses what an issue could not print whole, and names that the archive does not hold."""
    words, most = len(text.split()), MOST_WORDS.get(kind, 60)
    if words > most:
        raise ConfigError(f"that is {words} words", remedy=f"say it in {most}: the issue prints no more")
    if kind in (RemarkKind.WHY, RemarkKind.ORDER) and not archive.stories_by_id([subject]):
        raise ConfigError(
            f"there is no story {subject!r}", remedy="the id stands behind each story of the issue"
        )
    if kind is RemarkKind.WEAK and not archive.items([subject]):
        raise ConfigError(f"there is no item {subject!r}", remedy="`lagebild search` shows ids with --json")


def _too_late(archive: Archive, edition: Edition, day: date) -> str:
    if archive.digest(edition.market, day, "daily", edition.languages[0]) is None:
        return ""
    return "; the morning's issue is out already, an update (`lagebild brief --update`) will carry it"
