"""Public Telegram channels by their web preview (t.me/s/CHANNEL), twenty messages a page.

Off until somebody signs: Telegram's terms are reported to ban scraping. Meant for channels of one's own, of partners, or
named one by one; never for groups, and no member is ever looked at.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from html import unescape
from urllib.parse import quote, urlencode, urlsplit

from lxml import html as lxml_html
from lxml.etree import LxmlError, ParserError, tostring

from crawler.dates import parse_date
from crawler.queries import queries, query_of
from crawler.shapes import number, server, unlike, wished
from crawler.walk import DAYS, Leaf, Part, Walk, WalkBack, later
from domain.errors import Forbidden
from domain.model import Engagement, Entry, Fetched, ItemKind, Purpose, Request, Source, Tombstone

PLATFORM = "telegram"
REMEDY = "check the channel's name in a browser: https://t.me/s/NAME"
MARK = "tgme_widget_message"
UNITS = {"K": 1_000, "M": 1_000_000}
VIEWS = re.compile(r"^([\d.]+)\s*([KM]?)$")


class Telegram(WalkBack):
    """`url` is https://t.me/. `options`: `channels` (names), `queries` (else every message), `days`."""

    kind = "telegram"
    leaves_pages_alone = True
    needs_sign_off = True
    nothing_asked = "give options: channels"

    def questions(self, source: Source) -> Sequence[str]:
        """`CHANNEL`, or `CHANNEL WORDS` for each query."""
        words = [query.words for query in queries(source)]
        return [f"{channel} {one}".strip() for channel in wished(source, "channels") for one in words or [""]]

    def floor(self, source: Source, done: str, now: datetime) -> str:
        """Messages are numbered."""
        return done

    def page(self, source: Source, question: str, walk: Walk) -> Request:
        """Messages before the number that is `onward`."""
        channel, _, words = question.partition(" ")
        asked = {**({"q": words} if words else {}), **({"before": walk.onward} if walk.onward else {})}
        query = f"?{urlencode(asked)}" if asked else ""
        return Request(f"{server(source)}/s/{quote(channel)}{query}", purse=query_of(source, words).purse)

    def other(self, fetched: Fetched, source: Source) -> Iterable[Part]:
        """A message that was asked for again: the preview of one that is gone says so."""
        if _tree(fetched, source).find_class(f"{MARK}_error"):
            raw_id = fetched.request.context["id"]
            yield Tombstone(source.id, raw_id, "deleted", "the preview knows it no more", PLATFORM)

    def recheck(self, source: Source, raw_ids: Sequence[str]) -> Iterable[Request]:
        """The preview of each message alone."""
        for raw_id in raw_ids:
            url = f"{server(source)}/{quote(raw_id)}?embed=1"
            yield Request(url, Purpose.RECHECK, context={"id": raw_id})

    def leaf(self, fetched: Fetched, source: Source, question: str, walk: Walk) -> Leaf:
        """Messages above the floor. Raises Forbidden for a channel without a preview."""
        if not urlsplit(fetched.url).path.startswith("/s/"):
            raise Forbidden(
                f"the channel {question.split(' ')[0]} shows no preview",
                source_id=source.id,
                remedy="take it out",
            )
        messages = [
            entry for row in _tree(fetched, source).find_class(MARK) if (entry := _message(row, source))
        ]
        since = fetched.fetched_at - timedelta(days=number(source, "days", DAYS))
        young = [m for m in messages if _is_young(m, walk.floor, since)]
        ids = sorted((_number(m) for m in messages), key=int)
        onward = ids[0] if len(young) == len(messages) and ids and int(ids[0]) > 1 else ""
        return Leaf(young[::-1], max((_number(m) for m in young), key=int, default=""), onward)


def _tree(fetched: Fetched, source: Source) -> lxml_html.HtmlElement:
    try:
        return lxml_html.fromstring(fetched.body.decode("utf-8", "replace"))
    except (LxmlError, ParserError, ValueError) as error:
        raise unlike(source, f"no page: {error}", REMEDY) from error


def _is_young(message: Entry, floor: str, since: datetime) -> bool:
    if floor:
        return later(_number(message), floor) != floor
    return message.published is None or message.published >= since


def _number(message: Entry) -> str:
    return message.raw_id.rsplit("/", 1)[-1]


def _message(row: lxml_html.HtmlElement, source: Source) -> Entry | None:
    channel, _, number_ = str(row.get("data-post") or "").partition("/")
    if not number_.isdigit():
        return None
    words, times, views = (
        next(iter(row.find_class(f"{MARK}_{part}")), None) for part in ("text", "date", "views")
    )
    # Since 2024 the preview escapes ampersands in links twice.
    content = (
        unescape(tostring(words, encoding="unicode", with_tail=False)).replace("&amp;", "&")
        if words is not None
        else ""
    )
    moment = times.find(".//time") if times is not None else row.find(".//time[@datetime]")
    return Entry(
        source_id=source.id,
        raw_id=f"{channel}/{number_}",
        url=f"https://t.me/{channel}/{number_}",
        content=content,
        published=parse_date(str(moment.get("datetime") or "")) if moment is not None else None,
        kind=ItemKind.MESSAGE,
        platform=PLATFORM,
        community=channel,
        engagement=Engagement(views=_views(views.text_content() if views is not None else "")),
    )


def _views(said: str) -> int | None:
    """`1.2K` and the like; None when it says nothing."""
    found = VIEWS.match(said.strip())
    return int(float(found[1]) * UNITS.get(found[2], 1)) if found else None


CONNECTOR = Telegram()
