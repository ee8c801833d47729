"""BR24: an article is a run of modules; the list of further articles follows in the same page."""

from crawler.rules import SiteRules

AGES = (
    SiteRules(
        hosts=("br.de",),
        title="headline",
        body="//section[contains(@class,'ArticleModuleText')]//*[self::p or self::h2 or self::h3 or self::li]",
        drop="//*[contains(@class,'ArticleListItem') or contains(@class,'ArticleItemTeaser')]",
    ),
)
