"""Parts of a line as HTML; everything that came from outside is escaped here and nowhere else."""

from collections.abc import Callable

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from domain.briefing import Badge, Digest, Figure, Foreign, Line, Link, Part, Strong

ARROW = {"up": "↑ ", "down": "↓ ", "flat": "→ "}


def line_html(line: Line, words: dict[str, str], style: Callable[[str], str] | None = None) -> Markup:
    """A line as HTML. `style` gives an inline style for a class where a mail client reads no stylesheet."""
    dress = style or (lambda name: f' class="{name}"')
    return Markup("").join(_part(part, words, dress) for part in line)


def _part(part: Part, words: dict[str, str], dress: Callable[[str], str]) -> Markup:
    if isinstance(part, str):
        return escape(part)
    if isinstance(part, Figure):
        return _figure(part, dress)
    if isinstance(part, Strong):
        return Markup("<strong>{}</strong>").format(part.text)
    if isinstance(part, Link):
        return _link(part)
    if isinstance(part, Foreign):
        return _foreign(part, words)
    return _badge(part, dress)


def _figure(part: Figure, dress: Callable[[str], str]) -> Markup:
    text = Markup("<span{}>{}</span>").format(Markup(dress("n")), part.text) if part.text else Markup("")
    if not part.mark:
        return text
    sup = Markup('<sup{}><a href="#{}">{}</a></sup>').format(Markup(dress("q")), part.mark.lower(), part.mark)
    return text + sup


def _link(part: Link) -> Markup:
    if not part.url:
        return Markup("<bdi{}>{}</bdi>").format(_lang(part.language), part.text)
    # The language is the target's, so hreflang; the text is an outlet's name or a headline.
    outside = Markup(' rel="noopener noreferrer"') if not part.url.startswith("#") else Markup("")
    lang = Markup(' hreflang="{}"').format(part.language) if part.language else Markup("")
    return Markup('<a href="{}"{}{}><bdi>{}</bdi></a>').format(part.url, lang, outside, part.text)


def _foreign(part: Foreign, words: dict[str, str]) -> Markup:
    inner = Markup("<bdi{}>{}</bdi>").format(_lang(part.language), part.text)
    if not part.quoted:
        return inner
    return Markup("{}{}{}").format(words.get("open_quote", "“"), inner, words.get("close_quote", "”"))


def _lang(language: str) -> Markup:
    return Markup(' lang="{}"').format(language) if language else Markup("")


def _badge(part: Badge, dress: Callable[[str], str]) -> Markup:
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
    return made


def words_of(digest: Digest) -> dict[str, str]:
    return dict(digest.words)
