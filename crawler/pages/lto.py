"""Legal Tribune Online: the JSON-LD names no article and the meta tag the house as author."""

from crawler.rules import SiteRules

AGES = (
    SiteRules(
        hosts=("lto.de",),
        title="shared",
        body="//div[@class='article-text-wrapper']/*[self::p or self::h2 or self::h3 or self::ul/li]",
        authors="//p[contains(@class,'reader__meta-info')]//a",
        no_authors=("LTO",),
    ),
)
