"""Search: words, filters and facets in the address; hits with their marked snippets."""

from collections.abc import Mapping
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from web.asked import MANY, PAGE_ITEMS, search_of
from web.desk import Desk
from web.page import language_of, page, words

SHOWN_FACETS = (
    "market", "language", "lens", "topic", "platform", "feature", "outlet", "publisher", "entity",
)  # fmt: skip
SPANS = (1, 7, 28)
"""Days that the date facet offers."""
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
        severities=at_least(dict(facets.get("severity", ()))),
        spans=[(days, (desk.clock() - timedelta(days=days)).date().isoformat()) for days in SPANS],
        chosen=chosen,
        facet_name=lambda kind, label: facet_name(desk, kind, label, language_of(request)),
        given=request.query_params,
        export_query=str(request.url.query),
        earlier=max(0, wanted.offset - PAGE_ITEMS) if wanted.offset else None,
        later=wanted.offset + PAGE_ITEMS if found.more else None,
    )


def at_least(counts: Mapping[str, int]) -> list[tuple[int, int]]:
    """For each level how many hits are that grave or graver."""
    return [(n, sum(count for label, count in counts.items() if int(label) >= n)) for n in range(6)]


def facet_name(desk: Desk, kind: str, label: str, language: str) -> str:
    """What a facet's label is called; names, outlets and markets stay as they are."""
    if kind == "lens":
        return words(language).get(label, label)
    return desk.name(kind, label, language) if kind in NAMED else label
