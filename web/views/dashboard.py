"""The dashboard: each chart with its table and its files; milestones that all trend charts mark."""

import csv
import io
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.model import Milestone
from web.asked import day_of, number
from web.charts import attention, heat, lenses, outside, platforms, regions, share, throughput
from web.charts.board import Asked, Shown
from web.desk import Desk
from web.exports import harmless
from web.figures import market_of
from web.page import language_of, page, words
from web.roles import reader

CHARTS: Mapping[str, Callable[[Asked], Shown]] = {
    "attention": attention.made,
    "share": share.made,
    "heat": heat.made,
    "lenses": lenses.made,
    "platforms": platforms.made,
    "regions": regions.made,
    "throughput": throughput.made,
    "outside": outside.made,
}
LAYERS = ("topic", "platform", "feature")
DAYS = (7, 14, 28, 56)
LONGEST_TEXT = 80
MOST_CHOICES = 20
DRAWN = {"svg": "image/svg+xml", "png": "image/png"}
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""A drawing carries its style and runs no script."""


def show(request: Request) -> Response:
    asked = asked_of(request)
    desk = asked.desk
    shown = {name: made(asked) for name, made in CHARTS.items()}
    return page(
        request,
        "dashboard.html",
        asked=asked,
        shown=shown,
        shade=desk.drawing.shade if desk.drawing else None,
        markets=list(desk.zones),
        lengths=DAYS,
        query=str(request.url.query),
        choices=choices(asked),
        milestones=desk.archive.milestones(
            asked.last - timedelta(days=365), asked.last + timedelta(days=365)
        ),
    )


def asked_of(request: Request) -> Asked:
    """What the address asks for. Raises 404 in a room without a drawing board."""
    desk: Desk = request.app.state.desk
    if desk.drawing is None:
        raise HTTPException(404)
    given = request.query_params
    layer, _, label = given.get("of", "").partition(":")
    days = number(given.get("days") or "28", DAYS[0], 92)
    language = language_of(request)
    chosen = (layer, label) if layer in LAYERS and label else ("", "")
    return Asked(
        desk, desk.drawing, market_of(desk, given.get("market")), days, *chosen, language, words(language)
    )


def choices(asked: Asked) -> list[tuple[str, str]]:
    """What the trend charts can be narrowed to: the period's labels, by layer, most frequent first."""
    return [
        (f"{layer}:{label}", asked.name(layer, label))
        for layer in LAYERS
        for label, _ in asked.labels(layer)[:MOST_CHOICES]
    ]


def send(request: Request) -> Response:
    """One chart as a drawing or its table as CSV."""
    name, form = request.path_params["name"], request.path_params["form"]
    if name not in CHARTS or form not in ("csv", *DRAWN):
        raise HTTPException(404)
    asked = asked_of(request)
    shown = CHARTS[name](asked)
    file = f'attachment; filename="lagebild-{name}-{asked.market}-{asked.last}.{form}"'
    headers = {"Content-Disposition": file} if "save" in request.query_params else {}
    if form == "csv":
        return Response(as_csv(shown), media_type="text/csv; charset=utf-8", headers=headers)
    body = (
        asked.drawing.svg(shown.chart, asked.language)
        if form == "svg"
        else asked.drawing.png(shown.chart, asked.language)
    )
    return Response(body, media_type=DRAWN[form], headers=headers | {"Content-Security-Policy": POLICY})


def as_csv(shown: Shown) -> str:
    """The table with a byte-order mark; nothing in it is run by a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(shown.head)
    writer.writerows([["" if cell is None else harmless(cell) for cell in row] for row in shown.rows])
    return "\ufeff" + out.getvalue()


async def add_milestone(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    form = await request.form()
    day, text = day_of(str(form.get("day", ""))), str(form.get("text", "")).strip()[:LONGEST_TEXT]
    market = str(form.get("market", ""))
    if day is None or not text or (market and market not in desk.zones):
        raise HTTPException(404)
    kept = Milestone(secrets.token_hex(8), market, day, text, reader(request), desk.clock())
    desk.archive.keep_milestone(kept)
    return RedirectResponse("/dashboard#milestones", 303)


async def drop_milestone(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    desk.archive.drop_milestone(request.path_params["milestone_id"])
    return RedirectResponse("/dashboard#milestones", 303)
