"""Exactly what a search or the board shows, as a file, beyond any page. `tlp` says how far the file may go."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from starlette.background import BackgroundTask
from starlette.concurrency import iterate_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from domain.model import TLP
from web.asked import MANY, search_of
from web.desk import Desk
from web.doors import tell
from web.export_rows import INCIDENT, ITEM, incident_rows, item_rows
from web.exports import FORMS, TYPES, Row, Sheet
from web.page import headline, language_of
from web.tlp import may_go

KEPT = {*MANY, "severity", "since", "until", "relevant", "copies", "tlp"} - {"entity"}
"""Parts of an address that the audit log keeps as they are; an entity may be a person."""
USUAL = "AMBER"
"""The mark of a file when nobody chose one: for the organisation and those who work for it."""


class Counted:
    """Rows as they pass, and how many have passed."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows, self.passed = rows, 0

    def __iter__(self) -> Iterator[Row]:
        for row in self.rows:
            self.passed += 1
            yield row


def send(request: Request) -> Response:
    """The items of a search."""
    desk: Desk = request.app.state.desk
    tlp, language = mark_of(request), language_of(request)
    hits = desk.archive.every_hit(search_of(request.query_params))
    sources = {source.id: source for source in desk.sources}
    rows = item_rows(hits, lambda hit: headline(desk, hit.item, hit.topics, language), sources, tlp)
    return file_of(request, Sheet("Items", ITEM, rows, notes(request, tlp, desk.clock())), tlp)


def incidents(request: Request) -> Response:
    """The board's incidents that may go as far as the file; RED ones go into none."""
    desk: Desk = request.app.state.desk
    tlp = mark_of(request)
    found = desk.archive.incidents((), request.query_params.get("market", ""))
    left_out = sum(not may_go(incident.tlp, tlp) for incident in found)
    told = notes(request, tlp, desk.clock()) | {"left out by their mark": str(left_out)}
    return file_of(request, Sheet("Incidents", INCIDENT, incident_rows(found, tlp), told), tlp)


def mark_of(request: Request) -> str:
    """The mark that the file is to carry. Raises HTTPException 400 for one that no file may have."""
    tlp = request.query_params.get("tlp", USUAL).upper()
    if tlp not in TLP or tlp == "RED":
        raise HTTPException(400, f"tlp: one of {', '.join(TLP[:-1])}; RED goes into no file")
    return tlp


def notes(request: Request, tlp: str, now: datetime) -> dict[str, str]:
    """What the file tells about itself."""
    return {
        "query": str(request.url.query),
        "as of (UTC)": now.astimezone(UTC).isoformat(),
        "mark": f"TLP:{tlp}",
        "rights": "titles and texts are their publishers'; see the columns rights and licence",
    }


def file_of(request: Request, sheet: Sheet, tlp: str) -> Response:
    """The file as it is written; the audit log learns of its beginning and of its end."""
    form, now = request.path_params["form"], request.app.state.desk.clock()
    if form not in FORMS:
        raise HTTPException(404)
    rows = Counted(sheet.rows)
    name = f"lagebild-{sheet.name.lower()}-{now:%Y%m%d-%H%M}-TLP-{tlp.replace('+', '-')}.{form}"
    begin(request, sheet.name)
    return StreamingResponse(
        iterate_in_threadpool(FORMS[form](Sheet(sheet.name, sheet.columns, rows, sheet.notes))),
        media_type=TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-TLP": f"TLP:{tlp}"},
        background=BackgroundTask(end, request, rows),
    )


def begin(request: Request, what: str) -> None:
    """Searched words may name a person, so the log keeps their hash."""
    given = request.query_params
    filters: dict[str, Sequence[Any]] = {n: given.getlist(n)[:20] for n in sorted(set(given)) if n in KEPT}
    words = {"words_sha256": sha256(given["q"].encode()).hexdigest()[:16]} if given.get("q") else {}
    tell(request, "export begun", what=what.lower(), **filters, **words)


def end(request: Request, rows: Counted) -> None:
    tell(request, "exported", rows=rows.passed)
