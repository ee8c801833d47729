"""Tagesspiegel: class names are hashes, the text has an id."""

from crawler.rules import SiteRules

AGES = (
    SiteRules(
        hosts=("tagesspiegel.de",),
        title="headline",
        body="//*[@id='story-elements']/*[self::p or self::h2 or self::h3]",
        drop="//aside | //figure",
        paywall="//*[@id='paywall' or contains(@class,'paywall-active')]",
    ),
)
