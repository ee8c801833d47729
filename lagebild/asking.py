"""What the `lagebild privacy` commands share: whom they are about, who runs them, and the archive held alone."""

import getpass
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from lagebild.lock import writing
from lagebild.opening import archive_of, settings_of
from lagebild.privacy import Asked
from lagebild.workshop import Workshop

by_option = click.option(
    "--by",
    default=getpass.getuser,
    show_default="the user logged in",
    help="Who does it; kept in the log.",
)


def asking(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say whom or what a request is about."""
    for option in (
        click.option(
            "--platform", default="", help="Where a bare handle is meant; all platforms without it."
        ),
        click.option("--url", "urls", multiple=True, help="The address of one item; may be given again."),
        click.option(
            "--author",
            "authors",
            multiple=True,
            help="@anna@m.example, a profile's address, a DID, or platform|server|id; may be given again.",
        ),
    ):
        command = option(command)
    return command


def asked_of(given: Mapping[str, Any]) -> Asked:
    """The request in the options. Raises UsageError when it is about nobody."""
    if not given["authors"] and not given["urls"]:
        raise click.UsageError("say whom or what it is about: --author or --url")
    return Asked(tuple(given["authors"]), tuple(given["urls"]), given["platform"])


@contextmanager
def office(context: click.Context) -> Iterator[Workshop]:
    """The archive, with nobody else writing. Raises ArchiveLocked."""
    settings = settings_of(context)
    with writing(settings.archive), Workshop(settings, (), archive_of(settings)) as workshop:
        yield workshop
        workshop.archive.close()
