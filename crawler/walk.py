"""Reading a listing back from its newest entry to what is known, over as many visits as that takes.

A question is one listing of a source: a query, an account, a channel. Its place in the checkpoint is a `Walk`.
Platforms cap pages a visit, refuse every third call and drop connections; since each page that was read moves the
walk on, none of that loses what lies behind the page that failed.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from crawler.connector import Listing
from crawler.dates import parse_date
from crawler.shapes import number
from domain.errors import ConfigError
from domain.model import Bookmark, Checkpoint, Entry, Fetched, Gap, Purpose, Request, Source, Tombstone

PREFIX = "walk "
"""Cursor names are this and the question."""
PAGES_PER_QUESTION = 10
# A visit asks so many pages in all; with more questions each gets fewer, and those left out come first next time.
PAGES_PER_VISIT = 36
DAYS = 2.0

Part = Entry | Tombstone | Request | Bookmark | Gap


@dataclass(frozen=True, slots=True)
class Walk:
    """Where the reading of one question stands. All up to `done` was read.

    While a walk is under way, `newest` is where it began, `floor` how far back it goes, and `onward` the next page in
    the connector's own words; else these are "". `at` is the time of the last page. Marks (`done`, `newest`, `floor`)
    are times as `stamp` writes them, or numeric ids.
    """

    done: str = ""
    newest: str = ""
    floor: str = ""
    onward: str = ""
    at: str = ""

    def read(self, newest: str, onward: str, at: datetime) -> "Walk":
        """After a page whose youngest mark is `newest`, with older ones at `onward` ("": the walk is over)."""
        began = self.newest or newest
        if onward:
            return replace(self, newest=began, onward=onward, at=stamp(at))
        return Walk(done=later(self.done, began), at=stamp(at))


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page of a listing as a connector read it. `newest` is its youngest mark, "" when it has none; `onward` says
    where older ones follow, "" when the floor or the listing's end was reached."""

    parts: Sequence[Part]
    newest: str
    onward: str


def stamp(moment: datetime) -> str:
    """A time in UTC with milliseconds; stamps sort as the times do."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def later(one: str, other: str) -> str:
    """The later of two stamps, or the larger of two numeric ids."""
    return max(one, other, key=lambda mark: (len(mark), mark))


def youngest(moments: Iterable[datetime | None]) -> str:
    """The mark of the youngest; "" when none is known."""
    return max((stamp(moment) for moment in moments if moment is not None), default="")


def walk_of(checkpoint: Checkpoint, question: str) -> Walk:
    """The question's place; an empty one when it was never asked."""
    kept = checkpoint.cursor.get(PREFIX + question, "")
    return Walk(**json.loads(kept)) if kept else Walk()


def bookmark(question: str, walk: Walk) -> Bookmark:
    """The walk's place as it is kept."""
    told = {name: value for name, value in asdict(walk).items() if value}
    return Bookmark(PREFIX + question, json.dumps(told, separators=(",", ":"), ensure_ascii=False))


def in_turn(questions: Sequence[str], checkpoint: Checkpoint) -> list[str]:
    """Those asked longest ago first, so that a cap on pages leaves nobody out for long."""
    return sorted(questions, key=lambda question: walk_of(checkpoint, question).at)


class WalkBack(Listing):
    """A connector whose listings are newest first. Kinds say what their questions are and how a page is read."""

    remedy = "check the address"
    nothing_asked = "give options"
    pages_per_question = PAGES_PER_QUESTION
    overlap = timedelta(0)
    """How far a new walk goes back behind what was read: late arrivals bear their own time."""
    onward_holds = timedelta(days=2)
    """For how long `onward` is believed to lead to the right place. After that the walk begins again from the top, down
    to the same floor: a page that can never be read must not keep what is new from being read."""

    # --- what kinds say ---

    def questions(self, source: Source) -> Sequence[str]:
        """Names of the listings; they are keys of the checkpoint."""
        raise NotImplementedError

    def page(self, source: Source, question: str, walk: Walk) -> Request:
        """The request for the page at `walk.onward`, the first one when that is ""."""
        raise NotImplementedError

    def leaf(self, fetched: Fetched, source: Source, question: str, walk: Walk) -> Leaf:
        """One page. Raises ParseError."""
        raise NotImplementedError

    def floor(self, source: Source, done: str, now: datetime) -> str:
        """How far back a walk goes: behind what was read by the overlap, or `days` at a first visit."""
        mark = parse_date(done)
        back = mark - self.overlap if mark else now - timedelta(days=number(source, "days", DAYS))
        return stamp(back)

    def resumed(self, question: str, onward: str) -> str:
        """The next page's place at a later visit, where that differs from the place within a visit."""
        return onward

    # --- how a walk goes ---

    def plan(self, source: Source, checkpoint: Checkpoint, now: datetime) -> Iterable[Request]:
        """The next page of each question. Raises ConfigError when there is none."""
        asked = in_turn(self.questions(source), checkpoint)
        if not asked:
            raise ConfigError(f"source {source.id!r} asks nothing", remedy=self.nothing_asked)
        pages = max(1, min(self.pages_per_question, PAGES_PER_VISIT // len(asked)))
        for question in asked:
            walk = self._under_way(source, question, walk_of(checkpoint, question), now)
            yield self._turn(source, question, walk, pages, resumed=bool(walk.onward))

    def _under_way(self, source: Source, question: str, walk: Walk, now: datetime) -> Walk:
        """The walk as it goes on, or a new one from the top."""
        last = parse_date(walk.at)
        holds = last is None or now - last <= self.onward_holds
        if walk.onward and holds:
            return replace(walk, onward=self.resumed(question, walk.onward))
        return Walk(done=walk.done, floor=walk.floor or self.floor(source, walk.done, now), at=walk.at)

    def _turn(self, source: Source, question: str, walk: Walk, pages: int, *, resumed: bool) -> Request:
        request = self.page(source, question, walk)
        context = {
            "question": question,
            "walk": bookmark(question, walk).value,
            "pages": str(pages),
            "resumed": "yes" if resumed else "",
            # Says that the answer is filtered: nothing in it means nothing new.
            "since": walk.floor,
        }
        return replace(request, context={**request.context, **context})

    def parse(self, fetched: Fetched, source: Source) -> Iterable[Part]:
        """Entries newest first and the next page while there are younger ones than the floor. Raises ParseError."""
        if fetched.request.purpose is Purpose.LISTING:
            return self._read(fetched, source)
        return self.other(fetched, source)

    def other(self, fetched: Fetched, source: Source) -> Iterable[Part]:
        """What answers to other requests than listings hold."""
        return ()

    def _read(self, fetched: Fetched, source: Source) -> Iterator[Part]:
        context = fetched.request.context
        if "question" not in context:
            # A dead letter that is read again has only its address left, and moves no walk.
            yield from self.leaf(
                fetched, source, self._question_of(fetched.request.url, source), Walk()
            ).parts
            return
        question, before = context["question"], Walk(**json.loads(context["walk"]))
        leaf = self.leaf(fetched, source, question, before)
        walk, left = before.read(leaf.newest, leaf.onward, fetched.fetched_at), int(context["pages"]) - 1
        yield from leaf.parts
        yield bookmark(question, walk)
        if left < 1:
            return
        if walk.onward:
            yield self._turn(source, question, walk, left, resumed=bool(context["resumed"]))
        elif context["resumed"]:
            # What came since the old walk began is read at once, not at the next visit.
            new = self._under_way(source, question, walk, fetched.fetched_at)
            yield self._turn(source, question, new, left, resumed=False)

    def _question_of(self, url: str, source: Source) -> str:
        """The question whose first page looks most like this address."""

        def likeness(question: str) -> int:
            asked = urlsplit(self.page(source, question, Walk()).url)
            shared = set(parse_qsl(asked.query)) & set(parse_qsl(urlsplit(url).query))
            return len(shared) + 100 * (asked.path == urlsplit(url).path)

        return max(self.questions(source), key=likeness, default="")

    def advance(self, source: Source, checkpoint: Checkpoint, entries: Sequence[Entry]) -> Checkpoint:
        """Drops places of questions that nobody asks any more; pages are never asked for conditionally."""
        asked = {PREFIX + question for question in self.questions(source)}
        cursor = {
            key: value
            for key, value in checkpoint.cursor.items()
            if not key.startswith(PREFIX) or key in asked
        }
        return replace(checkpoint, cursor=cursor, validators={})
