"""A desk that reads the network as `lagebild run` would, with an archive on disk."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from domain.model import Lens, Search, Source
from lagebild.job import collect_due, recheck_due
from lagebild.settings import Collect, Settings
from lagebild.workshop import Workshop, utc_now
from storage.sqlite import open_archive
from tests.atproto.servers import Network

COLLECT = Collect(allow_hosts=("127.0.0.1",), per_host_delay_seconds=0.005, fetch_pages=False)


def searching(network: Network, word: str, **given: Any) -> Source:
    """A source that searches the AppView for the word."""
    options = {"queries": [word], "appview": network.appview, **given.pop("options", {})}
    given = {"url": network.appview, **given}
    return Source(
        id="search", name="Search", kind="bluesky", language="de", markets=("DE",), lens=Lens.USER,
        fetch_pages=False, options=options, **given,
    )  # fmt: skip


def listening(network: Network, word: str, **options: Any) -> Source:
    """A source that reads the stream for the word."""
    wanted = {"queries": [word], "appview": network.appview, "quiet_seconds": 0.5, **options}
    return Source(
        id="stream", name="Stream", kind="bluesky_jetstream", url=network.stream + "/", language="de",
        markets=("DE",), lens=Lens.USER, fetch_pages=False, options=wanted,
    )  # fmt: skip


@contextlib.contextmanager
def opened(folder: Path, source: Source) -> Iterator[Workshop]:
    """The archive of the folder as a new process would open it."""
    archive = open_archive(folder / "a.db")
    with Workshop(Settings(archive=folder / "a.db", collect=COLLECT), (source,), archive) as workshop:
        yield workshop
    archive.close()


def collect(workshop: Workshop) -> int:
    """Visits the source; returns how many items are new. Raises AssertionError when something failed."""
    done = collect_due(workshop, everything=True, quiet=True)
    assert not done.faults, done.faults
    return done.tally.new


def held(workshop: Workshop) -> list[str]:
    """Texts that stand in the archive, sorted."""
    return sorted(hit.item.text for hit in workshop.archive.every_hit(Search()))


def states(workshop: Workshop) -> dict[str, int]:
    """How many items stand in which state."""
    rows = workshop.archive.rows("SELECT state, count(*) FROM item GROUP BY state")  # type: ignore[attr-defined]
    return dict(rows)


def a_day_later(workshop: Workshop) -> Workshop:
    return replace(workshop, clock=lambda: utc_now() + timedelta(days=1, minutes=1))


def asked_again(workshop: Workshop) -> tuple[int, int]:
    """Asks again a day later; returns how many are there and how many gone."""
    done = recheck_due(a_day_later(workshop), quiet=True)
    assert done.there + done.gone == done.due, done
    return done.there, done.gone


def on_disk(folder: Path) -> bytes:
    """Every byte of the archive and its log."""
    return b"".join(file.read_bytes() for file in sorted(folder.glob("a.db*")))


def tidied(workshop: Workshop) -> None:
    """As the service does every night: nothing of what was taken out stays in the file."""
    workshop.archive.tend()
