"""Article to HTML, in as many hands as the web has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from babel.dates import format_datetime
from jinja2 import Environment, PackageLoader, select_autoescape
from ruamel.yaml import YAML

from lagebild.demo.clock import LOCAL
from lagebild.demo.outlets import Outlet
from lagebild.demo.world import Article, Version

LOCALES = {"de": "de_DE", "fr": "fr_FR", "it": "it_IT", "en": "en_GB"}
PAYWALLED_PARAGRAPHS = 1
DESCRIPTION_CHARACTERS = 180


@dataclass(frozen=True, slots=True)
class Teaser:
    """A link to another article of the same outlet."""

    path: str
    title: str


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("lagebild.demo"), autoescape=select_autoescape(default=True), trim_blocks=True
    )


@cache
def _all_words() -> Mapping[str, Mapping[str, Any]]:
    page = files("lagebild.demo").joinpath("labels.yaml").read_text("utf-8")
    return dict(YAML(typ="safe", pure=True).load(page))


def words_of(language: str) -> Mapping[str, Any]:
    """The page furniture of a language."""
    return _all_words()[language]


def render(template: str, **facts: object) -> str:
    return _environment().get_template(f"{template}.html").render(**facts)


def date_in_words(moment: datetime, language: str) -> str:
    """`28. November 2026, 05:40` as the language writes it, in Berlin's time."""
    clock = words_of(language)["clock"]
    written = format_datetime(moment.astimezone(LOCAL), "d. MMMM y, HH:mm" if language == "de" else "d MMMM y, HH:mm",
                              locale=LOCALES[language])  # fmt: skip
    return f"{written} {clock}".strip()


def iso(moment: datetime) -> str:
    """ISO 8601 with Berlin's offset, as newsrooms print it."""
    return moment.astimezone(LOCAL).isoformat(timespec="seconds")


def description(version: Version) -> str:
    """The first words of the lead, cut at a word."""
    lead = version.paragraphs[0]
    return (
        lead
        if len(lead) <= DESCRIPTION_CHARACTERS
        else lead[:DESCRIPTION_CHARACTERS].rsplit(" ", 1)[0] + " …"
    )


def article_html(
    article: Article, version: Version, related: Sequence[Teaser], base: str, *, template: str = ""
) -> str:
    """The article's page at its outlet, whose address is `base`."""
    page = _facts(article, version, base) | {"related": related}
    return render(template or article.outlet.template, page=page)


def _facts(article: Article, version: Version, base: str) -> dict[str, Any]:
    outlet, dated = article.outlet, "no_dates" not in article.outlet.quirks
    paywalled = article.kind == "paywalled"
    shown = version.paragraphs[: 1 + PAYWALLED_PARAGRAPHS] if paywalled else version.paragraphs
    return {
        "outlet": outlet,
        "language": article.language,
        "words": words_of(article.language),
        "title": version.title,
        "description": description(version),
        "lead": shown[0],
        "rest": shown[1:],
        "section": article.section or words_of(article.language)["nav"][2],
        "authors": article.authors,
        "credit": article.credit,
        "paywalled": paywalled,
        "url": base + article.path,
        "amp_url": f"{base}/amp{article.path}" if "amp" in outlet.quirks else "",
        "charset": "windows-1252" if "windows_1252" in outlet.quirks else "utf-8",
        "published_iso": iso(article.published) if dated else "",
        "modified_iso": iso(version.since),
        "published_words": date_in_words(article.published, article.language),
        "json_ld": _json_ld(article, version, base),
        "json_ld_with_body": _json_ld(article, version, base) | {"articleBody": "\n".join(shown)},
    }


def _json_ld(article: Article, version: Version, base: str) -> dict[str, Any]:
    people = [{"@type": "Person", "name": name} for name in article.authors]
    agency = {"@type": "Organization", "name": article.credit or article.outlet.name}
    return {
        "@context": "https://schema.org",
        "@type": "LiveBlogPosting" if article.kind == "liveblog" else "NewsArticle",
        "headline": version.title,
        "inLanguage": article.language,
        "datePublished": iso(article.published),
        "dateModified": iso(version.since),
        "author": people or [agency],
        "publisher": {"@type": "NewsMediaOrganization", "name": article.outlet.name},
        "isAccessibleForFree": article.kind != "paywalled",
        "mainEntityOfPage": base + article.path,
    }


def listing_html(outlet: Outlet, rows: Sequence[Mapping[str, str]], feed_path: str, feed_type: str) -> str:
    """A front page or listing."""
    return render(
        "listing",
        outlet=outlet,
        rows=rows,
        words=words_of(outlet.language),
        feed_path=feed_path,
        feed_type=feed_type,
    )
