"""Neue Zürcher Zeitung: texts and live tickers in one markup, headings and lists among the components."""

from crawler.rules import SiteRules

AGES = (
    SiteRules(
        hosts=("nzz.ch",),
        title="headline",
        body=(
            "//section[contains(@class,'container--article')]//*[self::p or self::h2 or self::h3 or self::h4 or self::h5]"
            "[contains(@class,'articlecomponent')]"
            " | //section[contains(@class,'container--article')]//*[contains(@class,'articlecomponent')]//li"
        ),
        drop="//*[contains(@class,'infobox') or contains(@class,'teaser') or contains(@class,'image-description')]",
        live="//h1[contains(.,'+++') or contains(.,'Liveticker')] | //meta[@property='og:title'][contains(@content,'aktuelle News')]",
    ),
)
