"""Bild: a headline in three spans, related boxes between the paragraphs."""

from crawler.rules import SiteRules

AGES = (
    SiteRules(
        hosts=("bild.de",),
        title="shared",
        body="//article//div[contains(@class,'article-body')]/*[self::p or self::h2 or self::h3]",
        drop="//aside | //figure | //*[contains(@class,'related-topics') or contains(@class,'video') or contains(@class,'teaser')]",
        authors="//*[@class='author__name'] | //*[@class='author'][not(*[@class='author__name'])]",
        paywall="//*[contains(@class,'offer-module') or contains(@class,'bild-plus')]",
    ),
)
