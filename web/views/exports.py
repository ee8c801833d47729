"""Exactly what a search shows, as a file, beyond any page."""

from collections.abc import Iterator
from datetime import datetime

from starlette.concurrency import iterate_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from domain.model import Search
from web.asked import search_of
from web.desk import Desk
from web.exports import as_csv, as_json_lines, as_workbook

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
    return StreamingResponse(
        iterate_in_threadpool(body_of(form, desk, wanted, str(request.url.query), now)),
        media_type=TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def body_of(form: str, desk: Desk, wanted: Search, query: str, now: datetime) -> Iterator[bytes]:
    """The file in pieces; memory stays flat."""
    hits = desk.archive.every_hit(wanted)
    if form == "xlsx":
        yield from as_workbook(hits, query, now)
        return
    for line in as_csv(hits) if form == "csv" else as_json_lines(hits):
        yield line.encode("utf-8")
