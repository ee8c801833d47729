"""Süddeutsche Zeitung: class names change with every build, `itemprop` does not."""

from crawler.rules import SiteRules

AGES = (
    SiteRules(
        hosts=("sueddeutsche.de", "sz.de"),
        title="headline",
        body="//div[@itemprop='articleBody']//*[self::p or self::h2 or self::h3][not(ancestor::aside) and not(ancestor::figure)]",
        drop="//*[contains(@class,'sz-teaser') or .//*[starts-with(@data-manual,'teaser')] and not(@itemprop) or contains(@class,'sz-article-body__topic')]",
    ),
)
