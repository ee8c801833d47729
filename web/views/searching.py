"""Search: words, filters and facets in the address; hits with their marked snippets."""

from starlette.requests import Request
from starlette.responses import Response

from web.asked import MANY, PAGE_ITEMS, search_of
from web.desk import Desk
from web.page import language_of, page, words

SHOWN_FACETS = ("market", "language", "lens", "topic", "platform", "feature", "publisher")
NAMED = ("topic", "platform", "feature", "language")
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
        facet_name=lambda kind, label: facet_name(desk, kind, label, language_of(request)),
        given=request.query_params,
        export_query=str(request.url.query),
        earlier=max(0, wanted.offset - PAGE_ITEMS) if wanted.offset else None,
        later=wanted.offset + PAGE_ITEMS if found.more else None,
    )


def facet_name(desk: Desk, kind: str, label: str, language: str) -> str:
    """What a facet's label is called; names, outlets and markets stay as they are."""
    if kind == "lens":
        return words(language).get(label, label)
    return desk.name(kind, label, language) if kind in NAMED else label
