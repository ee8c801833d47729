"""Entry and page -> Item: the source's words in, our words out. Pure; the clock and the language are arguments."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from crawler.canonical import canonical_url, host_of, same_article_host
from crawler.plain import cut, mask_handles, mask_mentions, one_line, plain_text
from crawler.publishers import publisher_of
from domain.model import Author, Document, Entry, Item, ItemKind, Page, PageKind, Rights, Source

SNIPPET_CHARACTERS = 120  # hard cap for texts whose rights are reserved
HASHED_FIELDS = ("title", "lead", "text", "authors", "rights")
PIECE = 12  # hex digits of each field's share of a content hash
HOME_ZONES = {"DE": "Europe/Berlin", "AT": "Europe/Vienna", "CH": "Europe/Zurich", "UK": "Europe/London",
              "FR": "Europe/Paris", "IT": "Europe/Rome", "LU": "Europe/Luxembourg", "LI": "Europe/Vaduz",
              "IE": "Europe/Dublin", "EU": "Europe/Brussels"}  # fmt: skip
PUBLIC_VOICES = ("press", "organisation")

TimeQuality = Literal["exact", "day", "fetched"]
TextOrigin = Literal["page", "feed", "api"]


def normalise(
    document: Document,
    source: Source,
    *,
    language: str,
    flags: tuple[str, ...] = (),
    now: datetime,
    pseudonym: Callable[[Author], str] | None = None,
    public: frozenset[str] = frozenset(),
) -> Item:
    """The item that an entry and its page (if one was read) make.

    `language` is ISO 639-1 as detected, `now` the time of fetching. `pseudonym` turns an author into a keyed
    reference; without it persons stay nameless. `public` are the handles (`bare_handle`) that stay in articles. Consent walls and error pages are never taken for text.
    A reserved text keeps title and a short snippet from the feed; a denied one the link and the feed's title.
    """
    entry, page = document.entry, _readable(document.page)
    words = _permitted(_words(entry, page), entry, page)
    if _is_article(entry):
        words = words.without_handles(public)
    published, quality = _published(entry, page, source, now)
    rights, evidence = _rights(page)
    authors = _authors(entry, page) if rights is not Rights.DENY else ()
    return Item(
        id=item_id(entry, page),
        source_id=source.id,
        raw_id=entry.raw_id,
        kind=entry.kind,
        url=_address(entry, page),
        title=words.title,
        lead=words.lead,
        text=words.text,
        language=language,
        language_flags=flags,
        markets=source.markets,
        lens=source.lens,
        published_at=published,
        updated_at=_updated(entry, page, source, now),
        time_quality=quality,
        fetched_at=now,
        content_hash=content_hash(words.title, words.lead, words.text, authors, rights),
        publisher=source.publisher or publisher_of(_address(entry, page), source.name),
        outlet=source.name,
        tier=source.tier,
        category=source.category,
        authors=authors,
        tags=_tags(entry, page),
        section=page.section if page else "",
        page_kind=page.kind if page else PageKind.ARTICLE,
        paywalled=page.paywalled if page else None,
        comments=_first(page.comments if page else None, entry.comments),
        text_origin=words.origin,
        rights=rights,
        rights_evidence=evidence,
        platform=entry.platform,
        instance=entry.instance,
        parent_id=_related(entry, entry.parent),
        root_id=_related(entry, entry.root),
        quoted_id=_related(entry, entry.quoted),
        author_ref=pseudonym(entry.author) if pseudonym and _is_private(entry) and entry.author else "",
        author_kind=entry.author.kind if entry.author else "",
        community=entry.community,
        links=tuple(dict.fromkeys(canonical_url(link) for link in entry.links if link)),
        engagement=entry.engagement,
        rating=entry.rating,
        app_version=entry.app_version,
        sensitive=entry.sensitive,
        consent=entry.consent,
        expires_at=_expiry(source, now),
    )


# --- identity ------------------------------------------------------------------------------------


def item_id(entry: Entry, page: Page | None = None) -> str:
    """sha256 over platform, instance and raw id.

    An article is its canonical address wherever it was met, so that two feeds of one outlet bring one item;
    its raw id counts only where there is no address. What lives on a platform is what the platform calls it.
    """
    if _is_article(entry) and (address := _address(entry, page)):
        return _digest("web", host_of(address), address)
    return platform_item_id(entry.platform or entry.source_id, entry.instance, entry.raw_id)


def platform_item_id(platform: str, instance: str, raw_id: str) -> str:
    """The id of a post, comment or review by its platform's own words; used for parents and tombstones too."""
    return _digest(platform, instance, raw_id)


def content_hash(title: str, lead: str, text: str, authors: tuple[str, ...], rights: Rights) -> str:
    """One piece per field in the order of `HASHED_FIELDS`, so that two hashes tell which fields differ."""
    fields = (title, lead, text, "\n".join(authors), rights.value)
    return "-".join(hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:PIECE] for value in fields)


def changed_fields(old: str, new: str) -> tuple[str, ...]:
    """Names of the fields in which two content hashes differ, title first; all of them for a foreign hash."""
    before, after = old.split("-"), new.split("-")
    if len(before) != len(after):
        return HASHED_FIELDS
    return tuple(name for name, one, two in zip(HASHED_FIELDS, before, after, strict=True) if one != two)


def _digest(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode("utf-8", "replace")).hexdigest()


def _related(entry: Entry, raw_id: str) -> str:
    if not raw_id:
        return ""
    return platform_item_id(entry.platform or entry.source_id, entry.instance, raw_id)


def _is_article(entry: Entry) -> bool:
    return entry.kind is ItemKind.ARTICLE and not entry.platform


def _address(entry: Entry, page: Page | None) -> str:
    """The page's own canonical address if it lies at the same publisher and is no front page, else the entry's."""
    offered = canonical_url(entry.url or (page.url if page else ""))
    if page is None or not _is_article(entry) or not page.canonical_url:
        return offered
    claimed = canonical_url(page.canonical_url)
    is_front_page = claimed.count("/") <= 3 and claimed.endswith("/")
    return claimed if same_article_host(claimed, offered) and not is_front_page else offered


# --- words ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    lead: str
    text: str
    origin: TextOrigin

    def without_handles(self, public: frozenset[str]) -> "_Words":
        """The press quotes people by their handles; only those of public accounts stay."""
        title, lead, text = (mask_handles(words, public) for words in (self.title, self.lead, self.text))
        return _Words(title, lead, text, self.origin)


def _readable(page: Page | None) -> Page | None:
    return page if page is not None and page.kind in (PageKind.ARTICLE, PageKind.LIVEBLOG) else None


def _words(entry: Entry, page: Page | None) -> _Words:
    if entry.kind is ItemKind.REPOST:
        return _Words("", "", "", "api")  # its text belongs to the post that it repeats
    summary, content = plain_text(entry.summary), plain_text(entry.content)
    if not _is_article(entry):
        text = content or summary
        return _Words(mask_mentions(one_line(plain_text(entry.title))), "", mask_mentions(text), "api")
    title = one_line(plain_text(entry.title))
    if page is not None and page.text:
        return _Words(page.title or title, page.lead or one_line(summary), page.text, "page")
    lead = one_line(summary) or (page.lead if page else "")
    return _Words(title or (page.title if page else ""), lead, content or summary, "feed")


def _permitted(words: _Words, entry: Entry, page: Page | None) -> _Words:
    rights, _ = _rights(page)
    if rights is Rights.ALLOW:
        return words
    offered = one_line(plain_text(entry.title))
    if rights is Rights.DENY:
        return _Words(offered, "", "", "feed")
    snippet = cut(one_line(plain_text(entry.summary or entry.content)), SNIPPET_CHARACTERS)
    return _Words(offered or words.title, snippet, "", "feed")


def _rights(page: Page | None) -> tuple[Rights, str]:
    return (page.rights, page.rights_evidence) if page else (Rights.ALLOW, "")


def _is_private(entry: Entry) -> bool:
    return entry.author is not None and entry.author.kind not in PUBLIC_VOICES


def _authors(entry: Entry, page: Page | None) -> tuple[str, ...]:
    """Bylines of the press and names of official accounts; private persons never."""
    if _is_article(entry):
        return (page.authors if page and page.authors else ()) or tuple(
            filter(None, map(one_line, entry.authors))
        )
    if entry.author is not None and entry.author.kind in PUBLIC_VOICES:
        return tuple(filter(None, (entry.author.display or entry.author.handle,)))
    return ()


def _tags(entry: Entry, page: Page | None) -> tuple[str, ...]:
    both = (*entry.tags, *(page.tags if page else ()))
    return tuple(dict.fromkeys(filter(None, map(one_line, both))))


def _first(*counts: int | None) -> int | None:
    return next((count for count in counts if count is not None), None)


# --- time ----------------------------------------------------------------------------------------


def _published(
    entry: Entry, page: Page | None, source: Source, now: datetime
) -> tuple[datetime, TimeQuality]:
    """The page's time if it names one, else the feed's, else the page's day, else now. Never in the future."""
    on_page = _moment(page.published, source) if page else None
    if on_page is not None and on_page[1] == "exact":
        return min(on_page[0], now), "exact"
    if entry.published is not None:
        return min(entry.published.astimezone(UTC), now), "exact"
    if on_page is not None:
        return min(on_page[0], now), "day"
    return now, "fetched"


def _updated(entry: Entry, page: Page | None, source: Source, now: datetime) -> datetime | None:
    on_page = _moment(page.modified, source) if page else None
    updated = on_page[0] if on_page else entry.updated
    return min(updated.astimezone(UTC), now) if updated else None


def _moment(stated: str, source: Source) -> tuple[datetime, TimeQuality] | None:
    """A stated time in UTC; one without a zone is read in the home market's, a bare day begins there at noon."""
    zone = ZoneInfo(HOME_ZONES.get(source.market, "Europe/Berlin"))
    try:
        if len(stated) == len("2026-01-31"):
            noon = datetime.combine(date.fromisoformat(stated), time(12), zone)
            return noon.astimezone(UTC), "day"
        moment = datetime.fromisoformat(stated)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC), "exact"
    except (ValueError, OverflowError):
        return None


def _expiry(source: Source, now: datetime) -> datetime | None:
    days = source.options.get("retention_days")
    return now + timedelta(days=days) if isinstance(days, int) and days > 0 else None
