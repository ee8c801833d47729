"""The papers of Tamedia share one system; the shared title is the headline without its kicker."""

from crawler.rules import SiteRules

HOSTS = (
    "tagesanzeiger.ch",
    "bernerzeitung.ch",
    "derbund.ch",
    "bazonline.ch",
    "landbote.ch",
    "zsz.ch",
    "zuonline.ch",
    "thunertagblatt.ch",
    "berneroberlaender.ch",
    "langenthalertagblatt.ch",
)

AGES = (
    SiteRules(
        hosts=HOSTS,
        title="shared",
        body="//article//*[contains(concat(' ',@class),' articleParagraph') or (self::h2 and contains(@class,'article-element'))]",
        drop="//aside | //figure | //*[contains(@class,'teaser') or contains(@class,'newsletter')]",
        authors="//*[contains(concat(' ',@class),' authorgroup')]//a | //*[contains(concat(' ',@class),' authorgroup')][not(.//a)]",
        paywall="//*[contains(@class,'Paywall') or contains(@class,'paywall')]",
    ),
)
