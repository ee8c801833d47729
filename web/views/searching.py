"""Search: words, filters and facets in the address; hits with their marked snippets."""

from starlette.requests import Request
from starlette.responses import Response

from web.asked import MANY, PAGE_ITEMS, search_of
from web.desk import Desk
from web.page import page

SHOWN_FACETS = ("market", "language", "lens", "topic", "platform", "feature", "publisher")
LABELS_PER_FACET = 12


def show(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    wanted = search_of(request.query_params)
    found = desk.archive.search(wanted)
    facets = desk.archive.facets(wanted)
    shown = {name: facets.get(name, ())[:LABELS_PER_FACET] for name in SHOWN_FACETS}
    chosen = {name: set(request.query_params.getlist(name)) for name in MANY}
    return page(
        request,
        "search.html",
        wanted=wanted,
        found=found,
        facets=shown,
        chosen=chosen,
        given=request.query_params,
        export_query=str(request.url.query),
        earlier=max(0, wanted.offset - PAGE_ITEMS) if wanted.offset else None,
        later=wanted.offset + PAGE_ITEMS if found.more else None,
    )
