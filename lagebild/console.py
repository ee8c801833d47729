"""What long work tells a person: a live line at a terminal, plain lines elsewhere; always on standard error."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click


class Step:
    """One step under way. `tell` says what is being done; shown at most twice a second."""

    def __init__(self, name: str, live: bool) -> None:
        self.name = name
        self.live = live
        self.done = 0
        self._shown_at = 0.0

    def advance(self, what: str = "", by: int = 1) -> None:
        """Counts and, at a terminal, shows."""
        self.done += by
        if self.live and time.monotonic() - self._shown_at > 0.5:
            self._shown_at = time.monotonic()
            click.echo(f"\r\x1b[K  {self.name}: {self.done} {what[:60]}", err=True, nl=False)


@contextmanager
def step(name: str, *, quiet: bool = False) -> Iterator[Step]:
    """Tells that a step begins and, when it ends, how long it took."""
    live = sys.stderr.isatty() and not quiet
    started = time.monotonic()
    current = Step(name, live)
    yield current
    if not quiet:
        click.echo(
            f"{chr(13) + chr(27) + '[K' if live else ''}  {name}: {current.done} in {time.monotonic() - started:.1f} s",
            err=True,
        )
