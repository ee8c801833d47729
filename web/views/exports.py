"""Exactly what a search shows, as a file, beyond any page."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256

from starlette.background import BackgroundTask
from starlette.concurrency import iterate_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from domain.model import Hit
from web.asked import MANY, search_of
from web.desk import Desk
from web.doors import tell
from web.exports import as_csv, as_json_lines, as_workbook

KEPT = {*MANY, "severity", "since", "until", "relevant", "copies"} - {"entity"}
"""Parts of an address that the audit log keeps as they are; an entity may be a person."""
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def send(request: Request) -> Response:
    form = request.path_params["form"]
    if form not in TYPES:
        raise HTTPException(404)
    desk: Desk = request.app.state.desk
    wanted, now = search_of(request.query_params), desk.clock()
    name = f"lagebild-{now:%Y%m%d-%H%M}.{form}"
    counted = Counted(desk.archive.every_hit(wanted))
    return StreamingResponse(
        iterate_in_threadpool(body_of(form, counted, str(request.url.query), now)),
        media_type=TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
        background=BackgroundTask(told, request, counted),
    )


class Counted:
    """Hits as they pass, and how many have passed."""

    def __init__(self, hits: Iterable[Hit]) -> None:
        self.hits, self.passed = hits, 0

    def __iter__(self) -> Iterator[Hit]:
        for hit in self.hits:
            self.passed += 1
            yield hit


def told(request: Request, counted: Counted) -> None:
    """The audit log learns of the filters and the count; searched words may name a person, so it keeps their hash."""
    given = request.query_params
    filters = {name: given.getlist(name)[:20] for name in sorted(set(given)) if name in KEPT}
    words = {"words_sha256": sha256(given["q"].encode()).hexdigest()[:16]} if given.get("q") else {}
    tell(request, "exported", rows=counted.passed, **filters, **words)


def body_of(form: str, hits: Iterable[Hit], query: str, now: datetime) -> Iterator[bytes]:
    """The file in pieces; memory stays flat."""
    if form == "xlsx":
        yield from as_workbook(hits, query, now)
        return
    for line in as_csv(hits) if form == "csv" else as_json_lines(hits):
        yield line.encode("utf-8")
