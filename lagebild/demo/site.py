"""What an outlet's site answers to a path. Pure: world, moment and addresses in, an `Answer` out.

Quirks: `amp` gives out AMP addresses in the feed; `tracking` adds utm parameters; `meta_refresh` sends every fourth
reader through a refresh page; `full_feed` carries whole texts; `windows_1252` is the old encoding; `no_dates` never says
when; `crawl_delay`, `disallow` and `tdm_reserved` are what robots.txt and tdmrep.json say; `slow` takes its time with
the feed; `says_updated` tells the moment of the last change in RSS; `no_validators` sends neither ETag nor Last-Modified.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from urllib.parse import parse_qs, unquote

from lagebild.demo import feeds
from lagebild.demo.faults import FAULTS, SLOW_SECONDS, Answer, Asked
from lagebild.demo.feeds import FEEDS, Listed
from lagebild.demo.markup import Teaser, article_html, date_in_words, iso, listing_html, render
from lagebild.demo.outlets import Outlet
from lagebild.demo.world import Article, World

LISTING_PATHS: Mapping[str, str] = {
    "rss": "/feed.xml",
    "json_feed": "/feed.json",
    "sitemap": "/sitemap.xml",
    "news_sitemap": "/news-sitemap.xml",
    "html": "/aktuell/",
    "wordpress_rest": "/wp-json/wp/v2/posts",
    "mastodon": "/",
    "bluesky": "/",
    "bluesky_jetstream": "/",
}
FEED_TYPES: Mapping[str, str] = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "rdf": "application/rdf+xml",
}
XML, JSON, TEXT = (
    "application/xml; charset=utf-8",
    "application/json; charset=utf-8",
    "text/plain; charset=utf-8",
)
CRAWL_DELAY_SECONDS = 1
RELATED = 3
WORDPRESS_MOST_PER_PAGE = 100
NOT_FOUND = Answer(b"<html><body><h1>404</h1></body></html>", status=404)


@dataclass(frozen=True)
class Site:
    """One outlet at one moment."""

    world: World
    outlet: Outlet
    base: str  # http://127.7.1.11:8790
    moment: datetime

    def answer(self, path: str, query: str = "") -> Answer:
        """The answer to GET `path?query`."""
        clean = self._clean(path, query)
        if "no_validators" in self.outlet.quirks:
            clean = replace(clean, changed=None)
        asked = Asked(
            self.outlet, path == self.listing_path, path in self._articles, self.moment, self.world.morning
        )
        return FAULTS[self.outlet.fault](clean, asked)

    @property
    def listing_path(self) -> str:
        return LISTING_PATHS[self.outlet.kind]

    @cached_property
    def lines(self) -> tuple[Listed, ...]:
        """What the feed offers, newest first."""
        return tuple(
            Listed(article, version, self._link(article))
            for article in self.world.by_outlet[self.outlet.id]
            if (version := article.as_of(self.moment))
        )

    def _link(self, article: Article) -> str:
        quirks = self.outlet.quirks
        if "amp" in quirks and article.number % 2:
            return f"{self.base}/amp{article.path}"
        if "meta_refresh" in quirks and article.number % 4 == 2:
            return f"{self.base}/go/{article.number}"
        query = "?utm_source=rss&utm_medium=feed&utm_campaign=demo" if "tracking" in quirks else ""
        return f"{self.base}{article.path}{query}"

    @cached_property
    def _articles(self) -> dict[str, Article]:
        return {unquote(article.path): article for article in self.world.by_outlet[self.outlet.id]}

    @cached_property
    def _changed(self) -> datetime:
        return max((line.version.since for line in self.lines), default=self.world.morning)

    def _clean(self, path: str, query: str) -> Answer:
        if path in self._articles:
            return self._article(self._articles[path])
        if path.startswith("/amp/"):
            return self._twin(path)
        if path.startswith("/go/"):
            return self._refresh(path)
        if path == "/wp-json/wp/v2/posts":
            return self._wordpress(parse_qs(query))
        return self._fixed.get(path, NOT_FOUND)

    # --- articles

    def _article(self, article: Article, template: str = "") -> Answer:
        version = article.as_of(self.moment)
        if version is None:
            return Answer(b"Gone", TEXT, 410) if article.withdrawn_at else NOT_FOUND
        if article.file:
            return Answer(gzip.decompress(article.file.read_bytes()), changed=version.since)
        html = article_html(article, version, tuple(self._related(article)), self.base, template=template)
        return replace(self._encoded(html, "text/html"), changed=version.since)

    def _related(self, article: Article) -> Iterator[Teaser]:
        others = [line for line in self.lines if line.article.id != article.id]
        for line in others[:RELATED]:
            yield Teaser(line.article.path, line.version.title)

    def _twin(self, path: str) -> Answer:
        article = self._articles.get(path.removeprefix("/amp"))
        return self._article(article, "amp") if article and "amp" in self.outlet.quirks else NOT_FOUND

    def _refresh(self, path: str) -> Answer:
        for line in self.lines:
            if path == f"/go/{line.article.number}":
                return Answer(render("refresh", target=self.base + line.article.path).encode())
        return NOT_FOUND

    def _encoded(self, page: str, content_type: str) -> Answer:
        charset = "windows-1252" if "windows_1252" in self.outlet.quirks else "utf-8"
        return Answer(page.encode(charset, "xmlcharrefreplace"), f"{content_type}; charset={charset}")

    # --- listings

    @cached_property
    def _fixed(self) -> dict[str, Answer]:
        """Everything but articles, by path."""
        pages = {"/": self._front(), **dict(self._listings())}
        pages = {path: replace(answer, changed=self._changed) for path, answer in pages.items()}
        pages["/robots.txt"] = Answer(self._robots().encode(), TEXT)
        if "tdm_reserved" in self.outlet.quirks:
            rules = [{"location": "/plus/*", "tdm-reservation": 1}, {"location": "/*", "tdm-reservation": 0}]
            pages["/.well-known/tdmrep.json"] = Answer(json.dumps(rules).encode(), JSON)
        return pages

    def _listings(self) -> Iterator[tuple[str, Answer]]:
        match self.outlet.kind:
            case "rss" | "wordpress_rest":
                yield "/feed.xml", self._feed()
            case "json_feed":
                yield (
                    "/feed.json",
                    Answer(self._text(feeds.json_feed), "application/feed+json; charset=utf-8"),
                )
            case "news_sitemap":
                yield "/news-sitemap.xml", Answer(feeds.news_sitemap(self.outlet, self.lines).encode(), XML)
            case "sitemap":
                child = f"{self.base}/sitemap-artikel.xml.gz"
                yield "/sitemap.xml", Answer(feeds.sitemap_index([child], self._changed).encode(), XML)
                packed = gzip.compress(feeds.sitemap(self.lines).encode(), mtime=0)
                yield "/sitemap-artikel.xml.gz", Answer(packed, "application/x-gzip")
            case "html":
                yield "/aktuell/", self._front()

    def _text(self, form: feeds.Form) -> bytes:
        return form(self.outlet, self.base, self.lines, self._changed).encode()

    def _feed(self) -> Answer:
        page = FEEDS[self.outlet.feed](self.outlet, self.base, self.lines, self._changed)
        charset = "windows-1252" if "windows_1252" in self.outlet.quirks else "utf-8"
        delay = SLOW_SECONDS if "slow" in self.outlet.quirks else 0.0
        body = page.encode(charset, "xmlcharrefreplace")
        return Answer(body, FEED_TYPES[self.outlet.feed], delay_seconds=delay)

    def _front(self) -> Answer:
        rows = [
            {
                "path": line.article.path,
                "title": line.version.title,
                "summary": line.summary,
                "date": date_in_words(line.article.published, self.outlet.language),
                "iso": iso(line.article.published),
            }
            for line in self.lines
        ]
        has_feed = self.outlet.kind in {"rss", "wordpress_rest", "json_feed"}
        path = "/feed.json" if self.outlet.kind == "json_feed" else "/feed.xml"
        kind = "application/feed+json" if self.outlet.kind == "json_feed" else "application/rss+xml"
        return self._encoded(listing_html(self.outlet, rows, path if has_feed else "", kind), "text/html")

    def _robots(self) -> str:
        rules = ["User-agent: *"]
        if "disallow" in self.outlet.quirks:
            rules.append("Disallow: /plus/")
        if "crawl_delay" in self.outlet.quirks:
            rules.append(f"Crawl-delay: {CRAWL_DELAY_SECONDS}")
        rules += ["Disallow: /suche", f"Sitemap: {self.base}{self.listing_path}"]
        return "\n".join(rules) + "\n"

    def _wordpress(self, query: dict[str, list[str]]) -> Answer:
        """Posts by page, newest first, as WordPress 6 answers; `after` and `modified_after` compare local times."""
        if self.outlet.kind != "wordpress_rest":
            return NOT_FOUND
        posts = [feeds.wordpress_post(line) for line in self.lines]
        for name, key in (("after", "date"), ("modified_after", "modified")):
            bound = query.get(name, [""])[0]
            posts = [
                post for post in posts if not bound or _later(str(post[key]), str(post[f"{key}_gmt"]), bound)
            ]
        if query.get("orderby", [""])[0] == "modified":
            posts.sort(key=lambda post: str(post["modified"]), reverse=True)
        if query.get("order", [""])[0] == "asc":
            posts.reverse()
        return _page_of_posts(posts, query)


def _later(local: str, gmt: str, bound: str) -> bool:
    """Whether a post is after `bound`, which is in site time unless it ends in Z or an offset."""
    if bound.endswith("Z") or "+" in bound:
        return datetime.fromisoformat(f"{gmt}+00:00") > datetime.fromisoformat(bound.replace("Z", "+00:00"))
    return local > bound


def _page_of_posts(posts: list[dict[str, object]], query: dict[str, list[str]]) -> Answer:
    size = min(int(query.get("per_page", ["10"])[0]), WORDPRESS_MOST_PER_PAGE)
    number = int(query.get("page", ["1"])[0])
    pages = max(1, -(-len(posts) // size))
    if number > pages:
        refusal = {"code": "rest_post_invalid_page_number", "message": "…", "data": {"status": 400}}
        return Answer(json.dumps(refusal).encode(), JSON, 400)
    body = json.dumps(posts[(number - 1) * size : number * size], ensure_ascii=False).encode()
    return Answer(body, JSON, headers={"X-WP-Total": str(len(posts)), "X-WP-TotalPages": str(pages)})
