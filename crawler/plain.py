"""HTML fragments, as feeds and platforms carry them, to plain text; and the masking of who is spoken to."""

import html
import re

from lxml import html as lxml_html
from lxml.etree import LxmlError, ParserError

BLOCKS = frozenset(
    [
        "p",
        "div",
        "br",
        "li",
        "ul",
        "ol",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "tr",
        "table",
        "section",
        "article",
        "pre",
        "hr",
        "dd",
        "dt",
        "figcaption",
    ]
)
UNSEEN = frozenset(
    ["script", "style", "noscript", "template", "iframe", "svg", "head", "title", "button", "form"]
)
INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff\u200e\u200f"))
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
LOOKS_LIKE_HTML = re.compile(r"<[a-zA-Z!/]|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]{2,8});")
SPACES = re.compile(r"[^\S\n]+")

MENTION_TOKEN = "@…"
HANDLE = r"(?<![\w/.@])@[\w.-]*\w(?:@[\w-]+(?:\.[\w-]+)+)?"  # @name, @name@host, @name.host
QUOTED = re.compile(HANDLE)
MENTION = re.compile(
    HANDLE + r"|(?<![\w/])/?u/[\w-]{3,}"  # Reddit
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # an e-mail address, or name@host
    r"|https?://[^\s/]+/(?:@[\w.-]+(?:@[\w.-]+)?|users/[\w.-]+|profile/[\w.:-]+|u/[\w.-]+)(?=[\s/]|$)",
)


def one_line(text: str) -> str:
    """No soft hyphens, no zero-width or control characters, single spaces, trimmed."""
    joined = " ".join(text.split())
    if joined.isprintable():  # nearly always; soft hyphens and controls are not
        return joined
    return " ".join(CONTROLS.sub(" ", joined).translate(INVISIBLE).split())


def plain_text(fragment: str) -> str:
    """What a reader sees of an HTML fragment: paragraphs joined by a line feed. Plain text passes through.

    Doubly escaped HTML (common in feeds) is opened once more.
    """
    if not LOOKS_LIKE_HTML.search(fragment):
        return _lines(fragment)
    opened = fragment
    if "<" not in fragment and "&lt;" in fragment:
        opened = html.unescape(fragment)
    return _lines(_seen_text(opened) if "<" in opened else html.unescape(opened))


def mask_mentions(text: str) -> str:
    """The text with @mentions, profile addresses and e-mail addresses replaced by one token; hashtags stay."""
    return MENTION.sub(MENTION_TOKEN, text)


def mask_handles(text: str, public: frozenset[str]) -> str:
    """The text with @handles replaced by the same token, but for those that `public` knows as `bare_handle` spells them."""
    if "@" not in text:
        return text
    return QUOTED.sub(lambda found: found[0] if bare_handle(found[0]) in public else MENTION_TOKEN, text)


def bare_handle(name: str) -> str:
    """A handle or name as handles are compared: letters and digits alone, lower case (`EU_Commission`: eucommission)."""
    return "".join(filter(str.isalnum, name)).casefold()


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, ended at a word with an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    return (head.rsplit(" ", 1)[0] if " " in head else head).rstrip(" ,;:–-") + "…"


def _lines(text: str) -> str:
    lines = (one_line(line) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _seen_text(fragment: str) -> str:
    try:
        root = lxml_html.fragment_fromstring(CONTROLS.sub(" ", fragment), create_parent="div")
    except (ParserError, LxmlError, ValueError):
        return html.unescape(re.sub(r"<[^>]*>", " ", fragment))
    pieces: list[str] = []
    for event, element in _walk(root):
        tag = element.tag
        seen = isinstance(tag, str) and tag not in UNSEEN
        if isinstance(tag, str) and tag in BLOCKS:
            pieces.append("\n")
        if event == "start" and seen:
            pieces.append(SPACES.sub(" ", (element.text or "").replace("\n", " ")))
        if event == "end" and element is not root:
            pieces.append(SPACES.sub(" ", (element.tail or "").replace("\n", " ")))
    return "".join(pieces)


def _walk(root: lxml_html.HtmlElement) -> list[tuple[str, lxml_html.HtmlElement]]:
    """Start and end of every element in order; what is inside an unseen one is left out."""
    steps: list[tuple[str, lxml_html.HtmlElement]] = []
    stack: list[tuple[str, lxml_html.HtmlElement]] = [("start", root)]
    while stack:
        event, element = stack.pop()
        steps.append((event, element))
        if event == "end":
            continue
        stack.append(("end", element))
        if isinstance(element.tag, str) and element.tag not in UNSEEN:
            stack.extend(("start", child) for child in reversed(element))
    return steps
