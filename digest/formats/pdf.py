"""The issue as A4, by WeasyPrint from the same page: running header, page x of y, addresses as footnotes."""

from typing import Any, NoReturn

from digest.formats.html import page
from domain.briefing import Digest

MEDIA_TYPE = "application/pdf"
SUFFIX = "pdf"


def render(digest: Digest) -> bytes:
    from weasyprint import HTML

    made: bytes = HTML(string=page(digest, paper=True), url_fetcher=refuse, base_url=None).write_pdf(
        pdf_identifier=digest.id.encode(), pdf_tags=True
    )
    return made


def refuse(url: str, *_: Any, **__: Any) -> NoReturn:
    """Nothing is fetched while a briefing is set."""
    raise ValueError(f"a briefing fetches nothing: {url[:80]}")
