"""How a site of the demo world fails. One function per fault: it takes the page a clean site would give."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from lagebild.demo.markup import render, words_of
from lagebild.demo.outlets import Outlet

OUTAGE_BEFORE_MORNING = timedelta(hours=4)
SLOW_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the site sends. `changed` is None when it gives no validators; `delay_seconds` before the first byte."""

    body: bytes
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    changed: datetime | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What a fault may know of the request."""

    outlet: Outlet
    is_listing: bool
    is_article: bool
    moment: datetime
    morning: datetime


def gone(clean: Answer, asked: Asked) -> Answer:
    """The feed was given up."""
    return Answer(b"Gone", "text/plain", 410) if asked.is_listing else clean


def html_as_rss(clean: Answer, asked: Asked) -> Answer:
    """The feed's address shows a web page and calls it RSS."""
    if not asked.is_listing:
        return clean
    page = f"<!doctype html><html><head><title>{asked.outlet.name}</title></head><body><h1>Willkommen</h1></body></html>"
    return replace(clean, body=page.encode(), content_type="application/rss+xml")


def broken_xml(clean: Answer, asked: Asked) -> Answer:
    """The publisher's software dies after the XML declaration and leaves its last words in the feed."""
    if not asked.is_listing:
        return clean
    declaration, _, _ = clean.body.partition(b"<rss")
    return replace(
        clean,
        body=declaration + b"<b>Fatal error</b>: Allowed memory size exhausted in feed.php on line 88 & <br>",
    )


def forbidden(_clean: Answer, _asked: Asked) -> Answer:
    """The firewall refuses every robot."""
    return Answer(b"<html><body><h1>403 Forbidden</h1></body></html>", status=403)


def consent_wall(clean: Answer, asked: Asked) -> Answer:
    """Articles show the consent dialogue instead of the text."""
    if not asked.is_article:
        return clean
    wall = render("consent", outlet=asked.outlet, words=words_of(asked.outlet.language))
    return replace(clean, body=wall.encode())


def outage_this_morning(clean: Answer, asked: Asked) -> Answer:
    """The site is down since half past two."""
    if asked.moment < asked.morning - OUTAGE_BEFORE_MORNING:
        return clean
    return Answer(b"Service Unavailable", "text/plain", 503, headers={"Retry-After": "3600"})


FAULTS: Mapping[str, Callable[[Answer, Asked], Answer]] = {
    "": lambda clean, _: clean,
    "gone": gone,
    "html_as_rss": html_as_rss,
    "broken_xml": broken_xml,
    "forbidden": forbidden,
    "consent_wall": consent_wall,
    "outage_this_morning": outage_this_morning,
    "unreachable": lambda clean, _: clean,  # nothing listens at its address, see server.py
}
