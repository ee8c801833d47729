"""JSON Lines in, JSON Lines out: the frame around every stage of `lagebild lab`.

A stage is a module with `answer(rows, folder) -> list of answers`, one per row and in order. Rows are answered
in worker processes and written in the order they came, so the output is the same whatever the number of workers.
A stage that remembers has `answers(rows)` instead, a generator that passes refusals on, and runs in this process alone.
"""

import json
import logging
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from importlib import import_module
from itertools import chain, islice
from multiprocessing import get_context
from pathlib import Path
from typing import IO, Any

import click

from domain.errors import ItemError, LagebildError
from lagebild.progress import counted

logger = logging.getLogger(__name__)
Row = dict[str, Any]
CHUNK_ROWS = 32
CHUNKS_IN_FLIGHT_PER_WORKER = 3


def lab_command(module: str, manual: str, *, remembers: bool = False) -> click.Command:
    """The click command of a stage; `remembers` for stages whose answers depend on earlier rows."""

    @click.command(help=manual)
    @click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
    @click.option(
        "--progress/--no-progress", default=None, help="Default: on when standard error is a terminal."
    )
    @click.option(
        "--jobs", type=click.IntRange(1, 256), default=None, help="Worker processes; default: cores."
    )
    @click.option("--limit", type=click.IntRange(0), default=None, help="Stop after this many lines.")
    def command(file: IO[str], progress: bool | None, jobs: int | None, limit: int | None) -> None:
        folder = Path(file.name).parent if file.name not in ("<stdin>", "-") else Path()
        lines = (line for line in islice(file, limit) if line.strip())
        workers = 1 if remembers else jobs or os.cpu_count() or 1
        if remembers:
            answers = import_module(module).answers(_parsed(line) for line in lines)
        else:
            answers = _answered(module, lines, folder, workers)
        for answer in counted(answers, progress, "lines"):
            sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")

    return command


def _answered(module: str, lines: Iterator[str], folder: Path, workers: int) -> Iterator[Row]:
    """Answers in order; a file of one chunk needs no processes."""
    chunks = iter(lambda: list(islice(lines, CHUNK_ROWS)), [])
    ahead = list(islice(chunks, 2))
    everything = chain(ahead, chunks)
    if workers == 1 or len(ahead) < 2:
        for chunk in everything:
            yield from answer_chunk(module, chunk, folder)
    else:
        yield from _in_processes(module, everything, folder, workers)


def _in_processes(module: str, chunks: Iterator[list[str]], folder: Path, workers: int) -> Iterator[Row]:
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting: deque[Future[list[Row]]] = deque()
        for chunk in chunks:
            waiting.append(pool.submit(answer_chunk, module, chunk, folder))
            if len(waiting) >= workers * CHUNKS_IN_FLIGHT_PER_WORKER:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def answer_chunk(module: str, lines: Iterable[str], folder: Path) -> list[Row]:
    """The answers of one chunk; runs in a worker. A bad row costs its own answer only."""
    stage = import_module(module)
    parsed = [_parsed(line) for line in lines]
    rows = [row for row in parsed if "error" not in row]
    try:
        answers = iter(stage.answer(rows, folder))
    except Exception:  # noqa: BLE001 - one row of the chunk is at fault: find it by asking one by one
        answers = iter([_alone(stage.answer, row, folder) for row in rows])
    return [row if "error" in row else next(answers) for row in parsed]


def _alone(answer: Callable[[list[Row], Path], list[Row]], row: Row, folder: Path) -> Row:
    try:
        return answer([row], folder)[0]
    except Exception as error:  # noqa: BLE001 - told in the answer, with its kind; the other rows go on
        return refusal(row.get("id"), error)


def each(rows: Iterable[Row], answer: Callable[[Row], Row]) -> Iterator[Row]:
    """Answers row by row; a refusal passes through, and a bad row costs its own answer only."""
    for row in rows:
        if "error" in row:
            yield row
            continue
        try:
            yield answer(row)
        except Exception as error:  # noqa: BLE001 - told in the answer, with its kind; the other rows go on
            yield refusal(row.get("id"), error)


def _parsed(line: str) -> Row:
    try:
        row = json.loads(line)
    except ValueError as error:
        return refusal(
            None, ItemError(f"not JSON: {error}", item_id="", remedy="write one JSON object a line")
        )
    if not isinstance(row, dict):
        return refusal(
            None, ItemError("not a JSON object", item_id="", remedy="write one JSON object a line")
        )
    return row


def refusal(row_id: Any, error: Exception) -> Row:
    """The answer to a line that cannot be handled."""
    if isinstance(error, LagebildError):
        return {
            "id": row_id,
            "error": {"kind": type(error).__name__, "message": error.message, "remedy": error.remedy},
        }
    if isinstance(error, KeyError):
        told = {
            "kind": "ItemError",
            "message": f"the field {error} is missing",
            "remedy": "see `lagebild lab --help`",
        }
        return {"id": row_id, "error": told}
    logger.warning("lab row=%r failed", row_id, exc_info=error)
    told = {"kind": type(error).__name__, "message": str(error), "remedy": "please report it with this line"}
    return {"id": row_id, "error": told}
