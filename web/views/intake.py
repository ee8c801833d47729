"""Manual intake: a link or text that somebody brings, and tables of counts to stand beside the media's."""

from collections import Counter
from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.model import Lens
from web.asked import moment
from web.counts import Table, read, sample
from web.desk import Brought, Desk
from web.page import page
from web.roles import reader

SHOWN_FOR = timedelta(days=365)
LONGEST_TEXT = 100_000
LONGEST_LINE = 500
LANGUAGES = ("de", "fr", "it", "en")


def show(request: Request) -> Response:
    return shown(request)


def shown(request: Request, table: Table | None = None, status: int = 200) -> Response:
    """The forms, the series that are kept, and the faults of a table that was not taken."""
    desk: Desk = request.app.state.desk
    last = desk.clock().date()
    counts = desk.archive.outside_counts(last - SHOWN_FOR, last + SHOWN_FOR)
    series = Counter((count.series, count.market) for count in counts)
    latest = {(count.series, count.market): count.day for count in counts}
    return page(
        request,
        "intake.html",
        status,
        markets=list(desk.zones),
        lenses=[lens.value for lens in Lens],
        languages=LANGUAGES,
        can_take=desk.intake is not None,
        series=[(name, n, latest[name]) for name, n in sorted(series.items())],
        sample=list(sample()),
        table=table,
    )


async def take(request: Request) -> Response:
    """A link is fetched now; a pasted text is taken as it is."""
    desk: Desk = request.app.state.desk
    if desk.intake is None:
        raise HTTPException(404)
    form = await request.form()

    def said(name: str, longest: int = LONGEST_LINE) -> str:
        return str(form.get(name, "")).strip()[:longest]

    market, lens, language = said("market"), said("lens"), said("language")
    if market not in desk.zones or lens not in {one.value for one in Lens} or language not in LANGUAGES:
        raise HTTPException(404)
    brought = Brought(
        url=said("url"),
        title=said("title"),
        text=said("text", LONGEST_TEXT).replace("\r\n", "\n"),
        outlet=said("outlet"),
        market=market,
        lens=lens,
        language=language,
        published=past(moment(said("published") or None), desk.clock()),
    )
    item_id = await run_in_threadpool(desk.intake, brought)
    return RedirectResponse(f"/item/{item_id}", 303)


def past(said: datetime | None, now: datetime) -> datetime | None:
    """Nothing was published in the future."""
    return said if said and said <= now else None


async def count(request: Request) -> Response:
    """A table of counts: kept whole, or not at all with each fault named."""
    desk: Desk = request.app.state.desk
    form = await request.form()
    file = form.get("file")
    content = await file.read() if isinstance(file, UploadFile) else str(form.get("rows", "")).encode()
    table = read(content, set(desk.zones), reader(request), desk.clock())
    if table.faults or not table.counts:
        return shown(request, table, 422)
    desk.archive.keep_outside_counts(table.counts)
    return RedirectResponse("/intake#counts", 303)
