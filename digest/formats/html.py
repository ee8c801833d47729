"""The issue as one page: one stylesheet inline, charts as SVG, nothing fetched from anywhere."""

from functools import cache

from jinja2 import Environment, Template
from markupsafe import Markup

from digest.charts import ARROWS, shade, svg
from digest.markup import environment, line_html, words_of
from domain.briefing import Chart, Digest, Line

MEDIA_TYPE = "text/html; charset=utf-8"
SUFFIX = "html"


@cache
def _environment() -> Environment:
    return environment()


def _template() -> Template:
    return _environment().get_template("page.html")


def render(digest: Digest) -> bytes:
    return page(digest).encode("utf-8")


def page(digest: Digest, *, paper: bool = False) -> str:
    """The page as text. `paper` is for the PDF: plain colours, links as footnotes."""
    words = words_of(digest)

    def html(line: Line) -> Markup:
        return line_html(line, words, footnote=paper)

    def drawing(chart: Chart) -> Markup:
        return Markup(svg(chart, digest.locale, themed=not paper, outlines=paper))

    return _template().render(
        digest=digest, words=words, html=html, drawing=drawing, shade=shade, arrows=ARROWS, paper=paper
    )
