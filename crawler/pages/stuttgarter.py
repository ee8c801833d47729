"""Stuttgarter Zeitung and Stuttgarter Nachrichten: paragraphs and subheads carry classes of their own."""

from crawler.rules import SiteRules

AGES = (
    SiteRules(
        hosts=("stuttgarter-zeitung.de", "stuttgarter-nachrichten.de"),
        title="shared",
        body="//article//*[self::p[contains(@class,'u-paragraph')] or self::h2[contains(@class,'u-subhead')] or self::h3[contains(@class,'u-subhead')]]",
        drop="//*[contains(@class,'u-teaser') or contains(@class,'u-inline-teaser')]",
        paywall="//*[contains(@class,'u-paywall') or contains(@class,'c1-offers')]",
    ),
)
