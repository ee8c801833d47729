"""May we read it, and what may be kept: terms, TDM reservations, robots directives.

The order is that of the TDM Reservation Protocol: `/.well-known/tdmrep.json`, then the response header, then
the page's meta; the later overrides the earlier, and absence never resets. noai and noindex come on top and
only ever restrict. Every decision carries the words it rests on.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from html import unescape
from typing import Protocol
from urllib.parse import unquote, urlsplit

from domain.model import Page, Rights, Source, TermsStatus

TERMS_HOLD = timedelta(days=180)
TERMS_WARN = timedelta(days=30)
# A page's <head> is looked at this far; meta tags after that are not seen by browsers' preload either.
HEAD_OCTETS = 96 * 1024

WITHHELD = ("noai", "noindex", "none")
"""Robots directives that we read as an express objection to being collected."""
# `noarchive` speaks of copies that a search engine shows the public; we show none, so it takes nothing away here.
SHORTENED = ("nosnippet", "max-snippet:0")
"""Robots directives that forbid showing or keeping the text, not knowing of it."""


# --- terms ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clearance:
    """Whether a source's terms let it run today. `why` is "" when there is nothing to say."""

    may_run: bool
    why: str = ""


def clearance(source: Source, today: date) -> Clearance:
    """`prohibited` and reviews older than 180 days do not run; the last 30 days before that warn.

    The ordinary press without a review (`unreviewed`) runs: robots.txt and reservations still bind.
    """
    terms = source.terms
    if terms.status is TermsStatus.PROHIBITED:
        return Clearance(False, f"terms prohibit reading ({terms.url or 'see sources.yaml'})")
    if terms.status is TermsStatus.UNREVIEWED or terms.checked_on is None:
        return Clearance(True)
    left = terms.checked_on + TERMS_HOLD - today
    if left < timedelta(0):
        return Clearance(False, f"terms were last reviewed on {terms.checked_on}, over 180 days ago")
    if left <= TERMS_WARN:
        return Clearance(True, f"terms need a review within {left.days} days")
    return Clearance(True)


class Guarded(Protocol):
    """What a kind asks of whoever runs it."""

    needs_key: bool
    needs_sign_off: bool
    needs_budget: bool


def refusal(kind: Guarded, source: Source) -> str:
    """Why a source of a guarded kind does not run, with what to do about it; "" when it may."""
    terms, limits = source.terms, source.limits
    signed = terms.status in (TermsStatus.OK, TermsStatus.CONTRACT) and terms.checked_on and terms.by
    if kind.needs_key and not source.auth:
        return f"{source.kind} is read with the operator's own key only: set auth: env:NAME, file:PATH or keyring:SERVICE/USER"
    if kind.needs_sign_off and not signed:
        return (
            f"{source.kind} is read only where somebody has signed that it may be: "
            "set terms: {status: contract or ok, checked_on: DATE, by: NAME, url: ADDRESS}"
        )
    if kind.needs_budget and limits.daily_budget is None and limits.monthly_budget is None:
        return f"reads of {source.kind} cost money: set limits: {{monthly_budget: CENTS}}"
    return ""


# --- tdmrep.json ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reservation:
    """One rule of a site's tdmrep.json. `location` is a path pattern with * and a closing $."""

    location: str
    reserved: bool
    policy: str = ""


def read_tdmrep(status: int | None, body: bytes) -> tuple[Reservation, ...]:
    """The rules in their order; none when there is no file or it is not what the protocol says."""
    if status != 200:
        return ()
    try:
        rules = json.loads(body.decode("utf-8-sig", "replace"))
    except ValueError:
        return ()
    if isinstance(rules, dict):
        rules = [rules]
    if not isinstance(rules, list):
        return ()
    return tuple(
        Reservation(r["location"], str(r.get("tdm-reservation")) == "1", str(r.get("tdm-policy") or ""))
        for r in rules
        if isinstance(r, dict) and isinstance(r.get("location"), str)
    )


def reservation_for(url: str, rules: tuple[Reservation, ...]) -> Reservation | None:
    """The first rule whose location matches the URL's path and query; None when none does."""
    parts = urlsplit(url)
    path = unquote(parts.path or "/") + (f"?{unquote(parts.query)}" if parts.query else "")
    return next((rule for rule in rules if _location(rule.location).match(path)), None)


def _location(pattern: str) -> "re.Pattern[str]":
    closed = pattern.endswith("$")
    body = unquote(pattern.removesuffix("$"))
    if not body.startswith(("/", "*")):
        body = "/" + body
    return re.compile(".*".join(map(re.escape, body.split("*"))) + ("$" if closed else ""), re.DOTALL)


# --- headers and meta ----------------------------------------------------------------------------

_META = re.compile(rb"<meta\b[^>]{0,2000}>", re.I)
_ATTRIBUTE = re.compile(r"""([a-zA-Z:_-]+)\s*=\s*("([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_COMMENT = re.compile(rb"<!--.*?-->", re.S)


def head_metas(html: bytes) -> Mapping[str, str]:
    """Names of <meta> tags in the head (lower case) to their content; the same name twice is joined by a comma."""
    head = _COMMENT.sub(b"", html[:HEAD_OCTETS])
    end = re.search(rb"<body\b", head, re.I)
    found: dict[str, str] = {}
    for tag in _META.findall(head[: end.start()] if end else head):
        attributes = {
            m[1].lower(): unescape(m[3] or m[4] or m[5] or "")
            for m in _ATTRIBUTE.finditer(tag.decode("latin-1"))
        }
        name = attributes.get("name", "").strip().lower()
        if name:
            content = attributes.get("content", "").strip()
            found[name] = f"{found[name]}, {content}" if name in found else content
    return found


def directives(value: str, agent: str) -> frozenset[str]:
    """The robots directives of a header or meta value that speak to everyone or to `agent`, in lower case.

    `googlebot: noindex, otherbot: noai, nosnippet` scopes each name up to the next one.
    """
    found: set[str] = set()
    applies = True
    for part in value.lower().split(","):
        name, colon, rest = part.strip().partition(":")
        if colon and name not in (
            "max-snippet",
            "max-image-preview",
            "max-video-preview",
            "unavailable_after",
        ):
            applies, part = name.strip() in ("*", agent.lower()), rest
        if applies:
            found.add(re.sub(r"\s+", "", part))
    return frozenset(found - {""})


def rights_of(
    headers: Mapping[str, str],
    html_head: bytes = b"",
    tdmrep: Reservation | None = None,
    *,
    agent: str = "lagebild",
) -> tuple[Rights, str]:
    """What may be kept of a page, and the words this rests on. Header names are lower-case."""
    metas = head_metas(html_head)
    rights, evidence = _reserved(headers, metas, tdmrep)
    for place, value in (
        ("X-Robots-Tag", headers.get("x-robots-tag", "")),
        ("meta robots", ", ".join(metas[n] for n in ("robots", agent.lower()) if n in metas)),
    ):
        said = directives(value, agent)
        if rights is not Rights.DENY and (word := _first(WITHHELD, said)):
            rights, evidence = Rights.DENY, f"{place}: {word}"
        elif rights is Rights.ALLOW and (word := _first(SHORTENED, said)):
            rights, evidence = Rights.SNIPPET_ONLY, f"{place}: {word}"
    return rights, evidence


def _reserved(
    headers: Mapping[str, str], metas: Mapping[str, str], tdmrep: Reservation | None
) -> tuple[Rights, str]:
    said = ""
    evidence = ""
    if tdmrep is not None:
        said, evidence = ("1" if tdmrep.reserved else "0"), f"tdmrep.json: {tdmrep.location}"
    for place, names in (("header", headers), ("meta", metas)):
        if (value := names.get("tdm-reservation", "").strip()) in ("0", "1"):
            said, evidence = value, f"{place} tdm-reservation: {value}"
    return (Rights.DENY if said == "1" else Rights.ALLOW), evidence


def _first(words: tuple[str, ...], said: frozenset[str]) -> str:
    return next((word for word in words if word in said), "")


def stricter(one: tuple[Rights, str], other: tuple[Rights, str]) -> tuple[Rights, str]:
    """The more restrictive of two decisions; the first wins a tie unless it has no evidence."""
    order = (Rights.ALLOW, Rights.SNIPPET_ONLY, Rights.DENY)
    if order.index(one[0]) == order.index(other[0]):
        return one if one[1] else other
    return max(one, other, key=lambda decision: order.index(decision[0]))


def licensed(page: Page, source: Source) -> Page:
    """The page with all rights when the operator has a licence for its source; what was reserved stays as evidence."""
    if not source.licence or page.rights is Rights.ALLOW:
        return page
    evidence = f"licence: {source.licence}; without it {page.rights_evidence}"
    return replace(page, rights=Rights.ALLOW, rights_evidence=evidence)
