"""Kleine Zeitung: the shared title often sells another angle than the headline."""

from crawler.rules import SiteRules

AGES = (
    SiteRules(
        hosts=("kleinezeitung.at",),
        title="headline",
        body="//div[contains(@class,'article-body')]//div[contains(concat(' ',@class,' '),' prose ')]/*[self::p or self::h2 or self::h3]",
        drop="//*[starts-with(@id,'error--')]",
    ),
)
