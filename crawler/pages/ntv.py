"""n-tv: the shared title has no kicker; the byline stands in the page, the JSON-LD names only the house."""

from datetime import date

from crawler.rules import SiteRules

HOUSE = ("n-tv NACHRICHTEN", "ntv.de", "n-tv")

AGES = (
    SiteRules(
        hosts=("n-tv.de", "ntv.de"),
        title="shared",
        body="//div[contains(@class,'wrapper-article')]/*[self::p or self::h2 or self::h3]",
        authors="//*[contains(@class,'author-name') or contains(@class,'articleAuthor')]",
        no_authors=HOUSE,
    ),
    SiteRules(
        hosts=("n-tv.de", "ntv.de"),
        valid_until=date(2025, 9, 30),
        title="shared",
        body="//div[@class='article__text']/*[self::p or self::h2 or self::h3]",
        authors="//span[@class='article__author']",
        no_authors=HOUSE,
    ),
)
