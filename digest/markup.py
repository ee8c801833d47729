"""Parts of a line as HTML; everything that came from outside is escaped here and nowhere else."""

from collections.abc import Callable

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from digest.shield import figures_alone
from domain.briefing import Badge, Digest, Figure, Foreign, Line, Link, Part, Strong

ARROW = {"up": "↑ ", "down": "↓ ", "flat": "→ "}


Dress = Callable[[str], str]


def classes(name: str) -> str:
    """For a page with a stylesheet: the class alone."""
    return f' class="{name}"'


def line_html(line: Line, words: dict[str, str], dress: Dress = classes, footnote: bool = False) -> Markup:
    """A line as HTML. `dress` gives a class its inline style where a mail client reads no stylesheet.

    With `footnote` an outside address is also written out, for paper.
    """
    return Markup("").join(_part(part, words, dress, footnote) for part in line)


def _part(part: Part, words: dict[str, str], dress: Dress, footnote: bool) -> Markup:
    if isinstance(part, str):
        return escape(part)
    if isinstance(part, Figure):
        return _figure(part, dress)
    if isinstance(part, Strong):
        return Markup("<strong>{}</strong>").format(part.text)
    if isinstance(part, Link):
        return _link(part, dress, footnote)
    if isinstance(part, Foreign):
        return _foreign(part, words)
    return _badge(part, dress)


def _figure(part: Figure, dress: Dress) -> Markup:
    text = Markup("<span{}>{}</span>").format(Markup(dress("n")), part.text) if part.text else Markup("")
    if not part.mark or part.bare:
        return text
    if dress is not classes:
        # A mail has no list of queries to jump to.
        return text + Markup("<sup{}>{}</sup>").format(Markup(dress("q")), part.mark)
    sup = Markup('<sup{}><a href="#{}">{}</a></sup>').format(Markup(dress("q")), part.mark.lower(), part.mark)
    return text + sup


def _link(part: Link, dress: Dress, footnote: bool) -> Markup:
    if not part.url:
        return Markup("<bdi{}>{}</bdi>").format(_lang(part.language), part.text)
    # The language is the target's, so hreflang; the text is an outlet's name or a headline.
    outside = Markup(' rel="noopener noreferrer"') if not part.url.startswith("#") else Markup("")
    lang = Markup(' hreflang="{}"').format(part.language) if part.language else Markup("")
    look = Markup("") if dress is classes else Markup(dress("a"))
    anchor = Markup('<a href="{}"{}{}{}><bdi>{}</bdi></a>').format(part.url, look, lang, outside, part.text)
    note = footnote and not part.url.startswith("#")
    return anchor + Markup('<span class="fn">{}</span>').format(short_url(part.url)) if note else anchor


def short_url(url: str, characters: int = 80) -> str:
    """An address as a footnote gives it: without scheme, query and excess."""
    plain = url.split("://", 1)[-1].split("?", 1)[0]
    return plain if len(plain) <= characters else plain[: characters - 1] + "…"


def _foreign(part: Foreign, words: dict[str, str]) -> Markup:
    inner = Markup("<bdi{}>{}</bdi>").format(_lang(part.language), part.text)
    if not part.quoted:
        return inner
    return Markup("{}{}{}").format(words.get("open_quote", "“"), inner, words.get("close_quote", "”"))


def _lang(language: str) -> Markup:
    return Markup(' lang="{}"').format(language) if language else Markup("")


def _badge(part: Badge, dress: Dress) -> Markup:
    return Markup("<span{}>{}{}</span>").format(
        Markup(dress(f"b {part.kind}")), ARROW.get(part.kind, ""), part.text
    )


def kind(block: object) -> str:
    """The name a template tells blocks apart by."""
    return type(block).__name__


def environment() -> Environment:
    """Templates with escaping on and no forgiveness for a missing name."""
    made = Environment(
        loader=PackageLoader("digest"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["kind"] = kind
    made.filters["figures_alone"] = figures_alone
    return made


def words_of(digest: Digest) -> dict[str, str]:
    return dict(digest.words)
