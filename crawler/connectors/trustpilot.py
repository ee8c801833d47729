"""Reviews on Trustpilot, by the operator's own key."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from urllib.parse import quote, urlencode

from crawler.dates import parse_date
from crawler.secret import SECRET
from crawler.shapes import (
    View,
    answered_object,
    count,
    listed,
    mapping,
    paragraphs,
    server,
    short_language,
    text,
    unlike,
    wished,
)
from crawler.walk import Leaf, Walk, WalkBack, later, stamp, youngest
from domain.model import Author, Engagement, Entry, Fetched, ItemKind, Purpose, Request, Source

PLATFORM = "trustpilot"
REMEDY = "check the key and the ids of the business units"
PER_PAGE = 100


class Trustpilot(WalkBack):
    """`url` is https://api.trustpilot.com/. `options`: `units` (ids of business units), `languages`, `days`."""

    kind = "trustpilot"
    leaves_pages_alone = True
    needs_key = True
    nothing_asked = "give options: units"
    overlap = timedelta(hours=1)

    def questions(self, source: Source) -> Sequence[str]:
        """`UNIT`, or `UNIT LANGUAGE` for each language."""
        languages = wished(source, "languages") or ("",)
        return [f"{unit} {code}".strip() for unit in wished(source, "units") for code in languages]

    def page(self, source: Source, question: str, walk: Walk) -> Request:
        """Pages are numbered from 1."""
        unit, _, language = question.partition(" ")
        asked = {"orderBy": "createdat.desc", "perPage": str(PER_PAGE), "page": walk.onward or "1"}
        asked |= {"language": language} if language else {}
        url = f"{server(source)}/v1/business-units/{quote(unit)}/reviews?{urlencode(asked)}"
        return Request(url, headers={"apikey": SECRET})

    def recheck(self, source: Source, raw_ids: Sequence[str]) -> Iterable[Request]:
        """One call per review; 404 on two different days is believed."""
        for raw_id in raw_ids:
            url = f"{server(source)}/v1/reviews/{quote(raw_id)}"
            yield Request(url, Purpose.RECHECK, headers={"apikey": SECRET}, context={"id": raw_id})

    def resumed(self, question: str, onward: str) -> str:
        """One page earlier: what was deleted since has moved the others up."""
        return str(max(1, int(onward) - 1))

    def leaf(self, fetched: Fetched, source: Source, question: str, walk: Walk) -> Leaf:
        """Reviews that are younger than the floor."""
        rows = answered_object(fetched, source, REMEDY).get("reviews")
        if not isinstance(rows, list):
            raise unlike(source, "the answer holds no reviews", REMEDY)
        entries = [_review(row, question.split(" ")[0], source) for row in listed(rows) if row.get("id")]
        young = [e for e in entries if not e.published or later(stamp(e.published), walk.floor) != walk.floor]
        onward = str(int(walk.onward or "1") + 1) if len(rows) >= PER_PAGE and young else ""
        return Leaf(young, youngest(e.published for e in young), onward)


def _review(row: View, unit: str, source: Source) -> Entry:
    who, stars = mapping(row, "consumer"), count(row, "stars")
    return Entry(
        source_id=source.id,
        raw_id=text(row, "id"),
        url=f"https://www.trustpilot.com/reviews/{text(row, 'id')}",
        title=text(row, "title"),
        content=paragraphs(text(row, "text")),
        language=short_language(row.get("language")),
        published=parse_date(text(row, "createdAt")),
        updated=parse_date(text(row, "updatedAt")),
        kind=ItemKind.REVIEW,
        platform=PLATFORM,
        community=unit,
        rating=None if stars is None else float(stars),
        author=Author(f"{PLATFORM}||{text(who, 'id')}", text(who, "displayName"), kind="person")
        if who.get("id")
        else None,
        engagement=Engagement(likes=count(row, "numberOfLikes")),
    )


CONNECTOR = Trustpilot()
