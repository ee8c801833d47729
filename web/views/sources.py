"""Sources: how each is, worst first, with what went wrong in its own words."""

from collections import defaultdict
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from domain.model import Visit
from web.desk import Desk
from web.page import page

HISTORY = timedelta(days=14)


def show(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    visits: defaultdict[str, list[Visit]] = defaultdict(list)
    for visit in desk.archive.visits(desk.clock() - HISTORY):
        visits[visit.source_id].append(visit)
    rows = [
        (source, visits[source.id][-1] if visits[source.id] else None, _fresh(visits[source.id]))
        for source in desk.sources
    ]
    rows.sort(key=lambda row: (row[1] is not None and row[1].outcome.reported, row[0].id))
    well = sum(visit is not None and visit.outcome.reported for _, visit, _ in rows)
    return page(request, "sources.html", rows=rows, well=well)


def _fresh(visits: list[Visit]) -> int:
    return sum(visit.fresh for visit in visits)
