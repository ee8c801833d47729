"""Business Insider Deutschland: translated texts begin with a notice in italics."""

from crawler.rules import SiteRules

AGES = (
    SiteRules(
        hosts=("businessinsider.de", "gruenderszene.de"),
        title="shared",
        body="//div[contains(@class,'entry-content')]//*[self::p or self::h2 or self::h3][not(ancestor::figure) and not(ancestor::aside)]",
        drop=(
            "//p[starts-with(normalize-space(.),'Dies ist eine maschinelle Übersetzung')"
            " or starts-with(normalize-space(.),'Lest den Originalartikel')]"
        ),
    ),
)
