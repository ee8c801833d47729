"""tagesschau.de: paragraphs carry a class of their own, teasers stand between them."""

from crawler.rules import SiteRules

AGES = (
    SiteRules(
        hosts=("tagesschau.de",),
        title="headline",
        body="//article/*[self::p[contains(@class,'textabsatz')] or self::h2[contains(@class,'meldung__subhead')]]",
        drop="//*[contains(@class,'teaser-absatz') or contains(@class,'copytext-element-wrapper')]",
        authors="//*[@class='authorline__inner'] | //*[@class='authorline'][not(*[@class='authorline__inner'])]",
    ),
)
