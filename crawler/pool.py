"""Extraction in processes of its own: a page that hangs costs its time limit and one worker, never the crawl."""

import asyncio
import multiprocessing
import queue
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType

from crawler.extract import extract
from domain.errors import ItemError
from domain.model import Page

TIMEOUT_SECONDS = 20.0  # the slowest of 250 real pages took 0.4 s
PAGES_PER_WORKER = 500  # libxml2 keeps what it once took; a fresh worker gives it back
START_SECONDS = 60.0
AHEAD = 4  # pages per worker that are read before the first one's answer is asked for


@dataclass(frozen=True, slots=True)
class Job:
    """One page to read. `content_type` is the header's value."""

    html: bytes
    url: str
    content_type: str = ""


class PagePool:
    """`workers` processes; `read` may be called from many threads. Use as a context, or call `close`.

    Workers are forked from a clean server process that has everything imported, so that a new one costs
    milliseconds and inherits no sockets, locks or threads.
    """

    def __init__(
        self,
        workers: int = 2,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        pages_per_worker: int = PAGES_PER_WORKER,
    ) -> None:
        self._timeout = timeout_seconds
        self._pages_per_worker = pages_per_worker
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["crawler.extract"])
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="page")
        self._workers = workers
        for _ in range(workers):
            self._idle.put(None)  # a place; the process is started when the first page comes

    def read(self, job: Job) -> Page:
        """The page. Raises ItemError, named by the address, when it takes too long or its worker dies."""
        worker = self._idle.get()
        try:
            worker = worker or _Worker(self._context)
            page = worker.read(job, self._timeout)
        except _Lost as lost:
            if worker is not None:
                worker.end()
            worker = None
            raise ItemError(
                f"{job.url}: {lost}",
                item_id=job.url,
                remedy="the page is kept with the dead letters; retry after an upgrade",
            ) from lost
        finally:
            self._idle.put(self._fresh(worker))
        return page

    async def read_later(self, job: Job) -> Page:
        """The same for an event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(self.read, job))

    def read_all(self, jobs: Iterable[Job]) -> Iterator[Page | ItemError]:
        """Answers in the order of the jobs; a page that failed is answered by its error. Reads little ahead."""
        pending: list[Future[Page | ItemError]] = []
        for job in jobs:
            pending.append(self._threads.submit(self._answer, job))
            if len(pending) >= AHEAD * self._workers:
                yield pending.pop(0).result()
        for answer in pending:
            yield answer.result()

    def close(self) -> None:
        """Ends the workers; a page that is being read is waited for."""
        self._threads.shutdown(wait=True)
        for _ in range(self._workers):
            worker = self._idle.get()
            if worker is not None:
                worker.end()

    def __enter__(self) -> "PagePool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self, job: Job) -> Page | ItemError:
        try:
            return self.read(job)
        except ItemError as error:
            return error

    def _fresh(self, worker: "_Worker | None") -> "_Worker | None":
        if worker is not None and worker.pages >= self._pages_per_worker:
            worker.end()
            return None
        return worker


class _Lost(Exception):
    """The worker gave no answer; the text says why."""


class _Worker:
    """One process and our end of its pipe."""

    def __init__(self, context: multiprocessing.context.ForkServerContext) -> None:
        self._ours, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self.pages = 0
        if not self._ours.poll(START_SECONDS) or self._ours.recv() != "ready":
            raise _Lost("no worker could be started")

    def read(self, job: Job, timeout_seconds: float) -> Page:
        self.pages += 1
        try:
            self._ours.send(job)
            if not self._ours.poll(timeout_seconds):
                raise _Lost(f"extraction took longer than {timeout_seconds:g} seconds")
            answer = self._ours.recv()
        except (EOFError, OSError) as error:
            raise _Lost("the extraction process died") from error
        if isinstance(answer, Page):
            return answer
        raise _Lost(f"extraction failed: {answer}")

    def end(self) -> None:
        """Kills, for a worker that hangs in C code heeds no gentler word."""
        self._ours.close()
        self._process.kill()
        self._process.join()


def _serve(pipe: Connection) -> None:
    """The life of a worker: read jobs until the other end is closed."""
    pipe.send("ready")
    while True:
        try:
            job = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer: Page | str = extract(job.html, job.url, content_type=job.content_type)
        except Exception as error:  # noqa: BLE001  # goes back to the caller, who raises it
            answer = repr(error)
        pipe.send(answer)
