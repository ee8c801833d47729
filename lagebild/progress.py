"""Progress of long work on standard error; silent when that is no terminal."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

Thing = TypeVar("Thing")


def counted(things: Iterable[Thing], shown: bool | None, unit: str) -> Iterator[Thing]:
    """The same things, counted while they pass. `shown` None: only at a terminal."""
    if not (sys.stderr.isatty() if shown is None else shown):
        yield from things
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed} " + unit), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(unit, total=None)
        for thing in things:
            bar.advance(task)
            yield thing
