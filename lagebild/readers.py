"""Annotators in a process of their own: a text that hangs or eats memory costs its time limit and one process.

The process is started anew after so many items or when it has grown too large; the service never loads a model itself.
A batch that was lost is read again item by item by the enrich belt, so that only the culprit is set aside.
"""

import logging
import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import RLock
from typing import Any

from domain.errors import ItemError, LagebildError
from domain.model import Item, Reading
from domain.ports import Annotator
from lagebild.memory import own_megabytes
from lagebild.settings import Settings

logger = logging.getLogger(__name__)
START_SECONDS = 300.0
LOOK_SECONDS = 0.5
REMEDY = "the item is set aside; it is read again by the next version of the annotator"


@dataclass(frozen=True, slots=True)
class Introduced:
    """What a reading process says of itself once its models are loaded."""

    names: tuple[str, ...]
    story_kind: str


class Lost(Exception):
    """The process gave no answer; the text says why."""


Load = Callable[[Settings], tuple[Sequence[Annotator], str]]
"""Loads annotators and the story encoder's kind, inside the reading process."""


def load(settings: Settings) -> tuple[Sequence[Annotator], str]:
    """The annotators of this archive."""
    from lagebild.opening import archive_of
    from lagebild.workshop import Workshop

    workshop = Workshop(settings, (), archive_of(settings, create=True))
    return workshop.annotators, workshop.story_kind


@dataclass
class Readers:
    """Keeps one reading process; calls are served one after the other."""

    settings: Settings
    load: Load = load
    _worker: "_Worker | None" = None
    _lock: RLock = field(default_factory=RLock)
    _stopped: bool = False

    @property
    def introduced(self) -> Introduced:
        with self._lock:
            return self._ready().introduced

    def annotators(self) -> tuple[Annotator, ...]:
        """Stand-ins under the real names, in the order they read."""
        return tuple(Apart(name, place, self) for place, name in enumerate(self.introduced.names))

    def read(self, name: str, place: int, items: Sequence[Item]) -> list[Reading]:
        """What the annotator at this place says. Raises ItemError when it cannot, or when the process was lost.

        Raises LagebildError when reading was stopped, or when a renewed process has other annotators than `name`.
        """
        limits = self.settings.limits
        with self._lock:
            worker = self._ready()
            try:
                answer = worker.ask((place, list(items)), limits.batch_seconds, 2 * limits.reader_megabytes)
            except Lost as lost:
                self.close()
                if self._stopped:
                    raise LagebildError("reading was stopped", remedy="") from lost
                logger.warning("reading process ended items=%d why=%s", len(items), lost)
                raise ItemError(f"reading was lost: {lost}", item_id=items[0].id, remedy=REMEDY) from lost
            self._renew(worker, len(items))
        if isinstance(answer, Refused):
            raise ItemError(answer.message, item_id=answer.item_id, remedy=answer.remedy)
        if isinstance(answer, str):
            raise ItemError(f"reading failed: {answer}", item_id=items[0].id, remedy=REMEDY)
        if self.introduced.names[place] != name:
            raise LagebildError("the annotators have changed", remedy="the next run reads with the new ones")
        return list(answer)

    def _ready(self) -> "_Worker":
        if self._worker is None:
            self._worker = _Worker(self.settings, self.load)
        return self._worker

    def _renew(self, worker: "_Worker", items: int) -> None:
        """A fresh process gives back what models and allocators have kept."""
        worker.items += items
        limits, used = self.settings.limits, worker.megabytes() or 0.0
        if worker.items >= limits.reader_items or used > limits.reader_megabytes:
            logger.info("reading process renewed items=%d megabytes=%.0f", worker.items, used)
            self.close()

    def megabytes(self) -> float | None:
        """What the reading process holds in memory; None while there is none."""
        worker = self._worker
        return worker.megabytes() if worker else None

    def stop(self) -> None:
        """Ends the process for good, in the middle of a batch too; what was not kept is read after the next start."""
        self._stopped = True
        if self._worker is not None:
            self._worker.kill()

    def close(self) -> None:
        """Ends the process; the next call starts another."""
        with self._lock:
            if self._worker is not None:
                self._worker.end()
                self._worker = None


@dataclass(frozen=True, slots=True)
class Apart:
    """An annotator that reads elsewhere."""

    name: str
    place: int
    readers: Readers

    def read(self, items: Sequence[Item]) -> Sequence[Reading]:
        return self.readers.read(self.name, self.place, items)


@dataclass(frozen=True, slots=True)
class Refused:
    """An ItemError on its way between processes."""

    message: str
    item_id: str
    remedy: str


class _Worker:
    """One process and our end of its pipe."""

    def __init__(self, settings: Settings, load: Load) -> None:
        context = multiprocessing.get_context("forkserver")
        self._ours, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(
            target=_serve, args=(theirs, settings, load), daemon=True
        )
        self._process.start()
        theirs.close()
        self.items = 0
        answer = self._answer(START_SECONDS, None)
        if not isinstance(answer, Introduced):
            self.end()
            raise LagebildError(
                f"no reading process could be started: {answer}", remedy="see `lagebild doctor`"
            )
        self.introduced = answer

    def ask(self, question: Any, seconds: float, megabytes: float) -> Any:
        """The answer. Raises Lost after so long, beyond so much memory, or when the process died."""
        try:
            self._ours.send(question)
        except OSError as error:
            raise Lost("the process died") from error
        return self._answer(seconds, megabytes)

    def _answer(self, seconds: float, megabytes: float | None) -> Any:
        deadline = time.monotonic() + seconds
        try:
            while not self._ours.poll(LOOK_SECONDS):
                if time.monotonic() > deadline:
                    raise Lost(f"no answer within {seconds:g} seconds")
                if megabytes is not None and (self.megabytes() or 0.0) > megabytes:
                    raise Lost(f"more than {megabytes:.0f} MB of memory")
            return self._ours.recv()
        except (EOFError, OSError) as error:
            raise Lost("the process died") from error

    def megabytes(self) -> float | None:
        return own_megabytes(self._process.pid or 0)

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> None:
        """Kills, for a process that hangs in C code heeds no gentler word."""
        self._ours.close()
        self._process.kill()
        self._process.join()


def _serve(pipe: Connection, settings: Settings, load: Load) -> None:
    """The life of a reading process: read until the other end is closed."""
    try:
        annotators, kind = load(settings)
        pipe.send(Introduced(tuple(a.name for a in annotators), kind))
    except Exception as error:  # noqa: BLE001  # goes back to the caller, who raises it
        pipe.send(repr(error))
        return
    while True:
        try:
            place, items = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(_said(annotators[place], items))


def _said(annotator: Annotator, items: Sequence[Item]) -> object:
    try:
        return list(annotator.read(items))
    except ItemError as error:
        return Refused(error.message, error.item_id, error.remedy)
    except Exception as error:  # noqa: BLE001  # goes back to the caller, who raises it
        return type(error).__name__
