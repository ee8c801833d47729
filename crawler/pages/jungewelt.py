"""junge Welt: offers for subscribers stand at the end of the text."""

from datetime import date

from crawler.rules import SiteRules

AGES = (
    SiteRules(
        hosts=("jungewelt.de",),
        title="headline",
        body="//article//div[contains(@class,'content') and contains(@class,'majuskel')]/*[self::p or self::h2 or self::h3 or self::h4]",
        drop="//aside | //figure",
    ),
    SiteRules(
        hosts=("jungewelt.de",),
        valid_until=date(2025, 6, 30),
        title="headline",
        body="//article//div[@class='col-md-8 mx-auto']/*[self::p or self::h2 or self::h3]",
        drop="//*[contains(@class,'bg-light')]",
        authors="//address[contains(@class,'author')]",
    ),
)
