"""The regional papers of Funke share one system: Berliner Morgenpost, Hamburger Abendblatt, WAZ and their sisters."""

from crawler.rules import SiteRules

HOSTS = (
    "morgenpost.de",
    "abendblatt.de",
    "waz.de",
    "nrz.de",
    "wp.de",
    "wr.de",
    "ikz-online.de",
    "braunschweiger-zeitung.de",
    "harzkurier.de",
    "thueringer-allgemeine.de",
    "otz.de",
    "tlz.de",
)

AGES = (
    SiteRules(
        hosts=HOSTS,
        title="headline",
        body="//article//div[contains(@class,'article-body')]/*[self::p or self::h2 or self::h3 or self::ul/li]",
        drop="//aside | //figure | //*[contains(@class,'text-highlight') or contains(@class,'embed')]",
        paywall="//*[@id='paywall-container' or contains(@class,'article-paywall')]",
    ),
)
