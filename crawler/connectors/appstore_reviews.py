"""Reviews in Apple's App Store: per app and storefront, fifty a page, ten pages at most."""

from collections.abc import Sequence
from datetime import datetime

from crawler.dates import parse_date
from crawler.shapes import (
    View,
    answered_object,
    count,
    listed,
    mapping,
    paragraphs,
    server,
    text,
    unlike,
    wished,
)
from crawler.walk import Leaf, Part, Walk, WalkBack, later
from domain.model import Author, Engagement, Entry, Fetched, Gap, ItemKind, Request, Source

PLATFORM = "appstore"
REMEDY = "check the app's number, and whether the storefront sells it"
LAST_PAGE = 10
# A page is empty at random now and then; after so many visits it is believed.
HOLE_VISITS = 3


class AppStoreReviews(WalkBack):
    """`url` is https://itunes.apple.com/. `options`: `apps` (numbers), `countries` (storefronts, default de at ch)."""

    kind = "appstore_reviews"
    leaves_pages_alone = True
    nothing_asked = "give options: apps"

    def questions(self, source: Source) -> Sequence[str]:
        """`COUNTRY APP`."""
        countries = wished(source, "countries") or ("de", "at", "ch")
        return [f"{country.lower()} {app}" for app in wished(source, "apps") for country in countries]

    def floor(self, source: Source, done: str, now: datetime) -> str:
        """Ids grow with time: what is above the highest one read is new."""
        return done

    def page(self, source: Source, question: str, walk: Walk) -> Request:
        """`onward` is `page`, or `page,hole,visits` after an empty page."""
        country, app = question.split(" ")
        page = (walk.onward or "1").split(",")[0]
        return Request(
            f"{server(source)}/{country}/rss/customerreviews/page={page}/id={app}/sortby=mostrecent/json"
        )

    def leaf(self, fetched: Fetched, source: Source, question: str, walk: Walk) -> Leaf:
        """Reviews above the floor; after an empty page the one behind it tells whether that was the end."""
        feed = mapping(answered_object(fetched, source, REMEDY), "feed")
        if not feed:
            raise unlike(source, "the answer holds no feed", REMEDY)
        reviews = [row for row in listed(feed.get("entry") or []) if _label(row, "im:rating")]
        young = [row for row in reviews if later(_id(row), walk.floor) != walk.floor]
        newest = max(map(_id, young), key=lambda one: (len(one), one), default="")
        page, hole, visits = _place(walk.onward)
        parts: list[Part] = [_review(row, question, source) for row in young]
        if page >= LAST_PAGE and reviews and len(young) == len(reviews) and walk.floor:
            parts.append(Gap(f"{question}: more new reviews than the {LAST_PAGE} pages hold"))
        return Leaf(parts, newest, _onward(page, hole, visits, bool(reviews), len(young) == len(reviews)))


def _place(onward: str) -> tuple[int, int, int]:
    page, hole, visits = (*map(int, (onward or "1").split(",")), 0, 0)[:3]
    return page, hole, visits


def _onward(page: int, hole: int, visits: int, has_reviews: bool, all_young: bool) -> str:
    """The next place; "" at the end. A hole that proves to be one is asked for again at the next visit."""
    if not has_reviews:
        is_end = hole or page >= LAST_PAGE
        return "" if is_end else f"{page + 1},{page},{visits + 1}"
    if hole and hole < page and visits < HOLE_VISITS:
        return f"{hole},0,{visits}"
    return str(page + 1) if all_young and page < LAST_PAGE else ""


def _label(row: View, *names: str) -> str:
    return text(mapping(row, *names), "label")


def _id(row: View) -> str:
    return _label(row, "id")


def _review(row: View, question: str, source: Source) -> Entry:
    country, app = question.split(" ")
    who = _label(row, "author", "uri").rsplit("/", 1)[-1].removeprefix("id")
    return Entry(
        source_id=source.id,
        raw_id=_id(row),
        url=f"https://itunes.apple.com/{country}/review?id={app}&review={_id(row)}",
        title=_label(row, "title"),
        content=paragraphs(_label(row, "content")),
        published=parse_date(_label(row, "updated")),
        kind=ItemKind.REVIEW,
        platform=PLATFORM,
        instance=country,
        community=app,
        rating=float(_label(row, "im:rating")) if _label(row, "im:rating").isdigit() else None,
        app_version=_label(row, "im:version"),
        author=Author(f"{PLATFORM}||{who}", _label(row, "author", "name"), kind="person") if who else None,
        engagement=Engagement(score=count(mapping(row, "im:voteSum"), "label")),
    )


CONNECTOR = AppStoreReviews()
