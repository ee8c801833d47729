"""Der Postillon (satire): initials of the authors stand in the closing line, the JSON-LD names the house."""

import re
from dataclasses import replace

from crawler.rules import SiteRules
from domain.model import Page

CREDITS = "//div[@id='post-body']/span[contains(@style,'x-small')]"
INITIALS = re.compile(r"^[a-z]{2,4}$")


def initials_only(page: Page) -> Page:
    """`ssi, dan; Foto: …` are two authors and a photo."""
    return replace(page, authors=tuple(name for name in page.authors if INITIALS.match(name)))


AGES = (
    SiteRules(
        hosts=("der-postillon.com",),
        title="headline",
        body="//div[@id='post-body']/*[self::p or self::h2 or self::h3]",
        authors=CREDITS,
        no_authors=("Der Postillon",),
        tidy=initials_only,
    ),
)
