"""Die Presse: fact boxes and the author's portrait stand among the paragraphs."""

from crawler.rules import SiteRules

AGES = (
    SiteRules(
        hosts=("diepresse.com",),
        title="headline",
        lead="//article//p[@class='lead']",
        body="//*[@id='article-body']/*[self::p or self::h2 or self::h3]",
        drop="//*[contains(@class,'fm-box') or contains(@class,'flexmodule')]",
        authors="//*[@class='author__name']",
    ),
)
