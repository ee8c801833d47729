"""Kept searches: one's own list, a subscription by mail or feed, and the feed itself.

A feed's address holds a secret of its own: feed readers cannot sign in. Who drops the search ends its feed.
"""

import re
import secrets
from dataclasses import replace

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.errors import LagebildError
from domain.model import Hit, SavedSearch
from domain.severity import band_of
from web.asked import address_of, kept, search_from, search_of
from web.atom import MEDIA_TYPE, Entry
from web.atom import feed as feed_of
from web.desk import Desk
from web.page import headline, language_of, page
from web.roles import reader

ADDRESS = re.compile(r"[^@\s:,;<>]+@[^@\s:,;<>]+\.[^@\s:,;<>]+")
LONGEST_NAME = 80
FEED_ITEMS = 50
MAIL = "mail:"


def show(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    own = desk.archive.saved_searches(reader(request))
    rows = [(saved, address_of(search_from(saved.query)), saved.mail[1] or saved.channel) for saved in own]
    return page(request, "searches.html", rows=rows)


async def keep(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    form = await request.form()
    now = desk.clock()
    saved = SavedSearch(
        id=secrets.token_urlsafe(24),
        owner=reader(request),
        name=str(form.get("name", "")).strip()[:LONGEST_NAME] or "–",
        query=kept(search_of(QueryParams(str(form.get("query", ""))))),
        channel=channel_of(
            str(form.get("channel", "")), str(form.get("address", "")).strip(), language_of(request)
        ),
        created_at=now,
        told_through=now,
    )
    desk.archive.keep_search(saved)
    return RedirectResponse("/searches", 303)


def channel_of(asked: str, address: str, language: str) -> str:
    """How hits are told, mails in the language that the room is read in. Raises LagebildError for a mail without an address."""
    if asked != "mail":
        return asked if asked == "atom" else ""
    if not ADDRESS.fullmatch(address):
        raise LagebildError(f"{address!r} is no mail address", remedy="write one such as anna@example.org")
    return f"{MAIL}{language}:{address}"


async def drop(request: Request) -> Response:
    """One's own alone."""
    desk: Desk = request.app.state.desk
    search_id = request.path_params["search_id"]
    if search_id not in {saved.id for saved in desk.archive.saved_searches(reader(request))}:
        raise HTTPException(404)
    desk.archive.drop_search(search_id)
    return RedirectResponse("/searches", 303)


def feed(request: Request) -> Response:
    """The newest hits: headlines as lists show them, and where to read on."""
    desk: Desk = request.app.state.desk
    search_id = request.path_params["search_id"]
    saved = next((one for one in desk.archive.saved_searches() if one.id == search_id), None)
    if saved is None or saved.channel != "atom":
        raise HTTPException(404)
    hits = desk.archive.search(replace(search_from(saved.query), limit=FEED_ITEMS)).hits
    base = f"{request.url.scheme}://{request.url.netloc}"
    language = language_of(request)
    entries = [entry_of(desk, hit, base, language) for hit in hits]
    updated = max((hit.item.fetched_at for hit in hits), default=saved.created_at)
    body = feed_of(
        f"urn:lagebild:search:{search_id}", f"Lagebild: {saved.name}", str(request.url), updated, entries
    )
    return Response(body, media_type=MEDIA_TYPE)


def entry_of(desk: Desk, hit: Hit, base: str, language: str) -> Entry:
    item = hit.item
    topics = ", ".join(desk.name("topic", topic, language) for topic in hit.topics)
    band = band_of(hit.severity) if hit.severity else ""
    said = " · ".join(part for part in (", ".join(item.markets), topics, band) if part)
    title = headline(desk, item, hit.topics, language)
    return Entry(
        f"urn:lagebild:item:{item.id}", title, f"{base}/item/{item.id}", item.fetched_at, said, item.outlet
    )
