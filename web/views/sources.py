"""Sources: how each is, worst first; one visit now; changes to sources.yaml with their difference before they are kept."""

from datetime import timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.model import Source
from web.desk import Bench, Desk
from web.page import page
from web.roles import reader

HISTORY = timedelta(days=14)
VISITS_SHOWN = 20
LONGEST_ENTRY = 100_000
LANGUAGES = ("de", "fr", "it", "en")


def show(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    fresh = desk.archive.fresh_since(desk.clock() - HISTORY)
    health = desk.bench.health() if desk.bench else {}
    market, faulty = request.query_params.get("market", ""), request.query_params.get("faulty") == "1"
    rows = [(source, health.get(source.id), fresh.get(source.id, 0)) for source in desk.sources]
    well = sum(told is not None and told.is_well for _, told, _ in rows)
    shown = [
        row
        for row in rows
        if (not market or market in row[0].markets) and not (faulty and row[1] is not None and row[1].is_well)
    ]
    shown.sort(key=lambda row: (row[1] is not None and row[1].is_well, row[1] is None, row[0].id))
    markets = sorted({code for source in desk.sources for code in source.markets})
    return page(
        request,
        "sources.html",
        rows=shown,
        all_of=len(rows),
        well=well,
        market=market,
        faulty=faulty,
        markets=markets,
        bench=desk.bench,
        languages=LANGUAGES,
    )


def one(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    source = named(desk, request.path_params["source_id"])
    entry = desk.bench.entry(source.id) if desk.bench else ""
    return shown(request, source, entry)


def new(request: Request) -> Response:
    _, bench = tools(request)
    return shown(request, None, bench.entry(""))


def shown(request: Request, source: Source | None, entry: str, **more: Any) -> Response:
    """A source's page with these lines in the box; `more` holds a draft or what a try brought."""
    desk: Desk = request.app.state.desk
    visits = desk.archive.visits(desk.clock() - HISTORY, source.id) if source else ()
    facts: dict[str, Any] = {"draft": None, "tried": None, **more}
    return page(
        request,
        "source.html",
        source=source,
        entry=entry,
        visits=list(reversed(visits))[:VISITS_SHOWN],
        health=desk.bench.health().get(source.id) if desk.bench and source else None,
        bench=desk.bench,
        **facts,
    )


def named(desk: Desk, source_id: str) -> Source:
    found = next((source for source in desk.sources if source.id == source_id), None)
    if found is None:
        raise HTTPException(404)
    return found


def tools(request: Request) -> tuple[Desk, Bench]:
    """Raises 404 in a room without a workbench or a file to edit."""
    desk: Desk = request.app.state.desk
    if desk.bench is None or not desk.bench.editable:
        raise HTTPException(404)
    return desk, desk.bench


async def asked(request: Request) -> tuple[Source | None, str]:
    """The form's source (None: a new one) and its lines."""
    desk, _ = tools(request)
    form = await request.form()
    source_id = str(form.get("source", ""))
    lines = str(form.get("entry", ""))[:LONGEST_ENTRY].replace("\r\n", "\n")
    return named(desk, source_id) if source_id else None, lines


async def draft(request: Request) -> Response:
    _, bench = tools(request)
    source, lines = await asked(request)
    told = bench.draft(source.id if source else "", lines)
    return shown(request, source, lines, draft=told)


async def apply(request: Request) -> Response:
    _, bench = tools(request)
    source, lines = await asked(request)
    mark = str((await request.form()).get("mark", ""))
    bench.apply(source.id if source else "", lines, mark)
    return RedirectResponse(f"/source/{source.id}" if source else "/sources", 303)


async def try_now(request: Request) -> Response:
    """One visit with the lines in the box; nothing is kept."""
    _, bench = tools(request)
    source, lines = await asked(request)
    source_id = source.id if source else ""
    change = bench.draft(source_id, lines)
    told = None if change.problems else await run_in_threadpool(bench.try_now, source_id, lines)
    return shown(request, source, lines, tried=told, draft=change if change.diff else None)


def pause(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    source = named(desk, request.path_params["source_id"])
    desk.archive.pause(source.id, f"by {reader(request)}", desk.clock())
    return RedirectResponse(f"/source/{source.id}", 303)


def resume(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    source = named(desk, request.path_params["source_id"])
    desk.archive.resume(source.id, desk.clock())
    return RedirectResponse(f"/source/{source.id}", 303)


# --- files ---------------------------------------------------------------------------------------


def opml(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    if desk.bench is None:
        raise HTTPException(404)
    headers = {"Content-Disposition": 'attachment; filename="lagebild-sources.opml"'}
    return Response(desk.bench.opml(), media_type="text/x-opml; charset=utf-8", headers=headers)


async def read_opml(request: Request) -> Response:
    """The feeds of an uploaded list that are new, as a draft to look at."""
    _, bench = tools(request)
    form = await request.form()
    file = form.get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    market, language, lens = (str(form.get(name, "")) for name in ("market", "language", "lens"))
    lines = bench.read_opml(content, market, language, lens)
    return shown(request, None, lines, draft=bench.draft("", lines))


def faults(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    if desk.bench is None:
        raise HTTPException(404)
    return Response(desk.bench.faults(), media_type="application/atom+xml; charset=utf-8")
