"""Der Spiegel: the shared title is the newsroom headline; the JSON-LD one is written for search."""

from crawler.rules import SiteRules

AGES = (
    SiteRules(
        hosts=("spiegel.de", "manager-magazin.de"),
        title="shared",
        body="//article//div[contains(concat(' ',@class),' RichText')]/*[self::p or self::h2 or self::h3 or self::ul/li]",
        drop="//aside | //figure | //*[@data-area='related_articles' or @data-area='newsletter']",
        paywall="//*[@data-area='paywall']",
    ),
)
