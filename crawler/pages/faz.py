"""Frankfurter Allgemeine: two ages of markup, one headline in both."""

from datetime import date

from crawler.rules import SiteRules

AGES = (
    SiteRules(
        hosts=("faz.net",),
        title="shared",
        body="//article//div[contains(@class,'walled-content') or contains(@class,'body-elements')]//*[self::p or self::h2 or self::h3]",
        drop="//aside | //figure | //*[contains(@class,'teaser')]",
    ),
    SiteRules(
        hosts=("faz.net",),
        valid_until=date(2024, 3, 31),
        title="shared",
        body="//div[contains(@class,'atc-Text')]/*[self::p[contains(@class,'atc-TextParagraph')] or self::h2 or self::h3]",
        authors="//span[@class='atc-MetaAuthor']",
        paywall="//*[contains(@class,'atc-ContainerPaywall')]",
    ),
)
