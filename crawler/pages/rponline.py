"""Rheinische Post and Saarbrücker Zeitung: the shared title is the headline with its kicker; info boxes belong to the text."""

from crawler.rules import SiteRules

AGES = (
    SiteRules(
        hosts=("rp-online.de", "ga.de", "saarbruecker-zeitung.de", "volksfreund.de"),
        title="shared",
        body="//article//*[self::p or self::h2 or self::h3][contains(concat(' ',@class,' '),' richtext ')]",
        drop="//*[contains(@class,'teaser') or contains(@class,'newsletter')]",
    ),
)
