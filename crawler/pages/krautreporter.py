"""Krautreporter: the byline is a link with `rel=author`; the JSON-LD names the house."""

from crawler.rules import SiteRules

AGES = (
    SiteRules(
        hosts=("krautreporter.de",),
        title="shown",
        body="//div[contains(@class,'article-markdown')]/*[self::p or self::h2 or self::h3 or self::blockquote or self::ul/li]",
        authors="//a[@rel='author']",
        no_authors=("Krautreporter",),
    ),
)
