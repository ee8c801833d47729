"""People named in a note by an @ before their name."""

import re

from markupsafe import Markup, escape

MENTION = re.compile(r"(?<![\w@.])@([A-Za-z0-9][A-Za-z0-9._+-]*(?:@[A-Za-z0-9.-]+)?)")


def named_in(text: str) -> set[str]:
    """The names, in lower case."""
    return {name.lower().rstrip(".-") for name in MENTION.findall(text)}


def marked(text: str, who: str) -> Markup:
    """The note as HTML with the names set off; the reader's own is marked."""
    parts, at = [], 0
    for found in MENTION.finditer(text):
        name = found[1].lower().rstrip(".-")
        tag = "mark" if name == who.lower() else "strong"
        parts += [escape(text[at : found.start()]), Markup(f"<{tag}>{{}}</{tag}>").format(found[0])]
        at = found.end()
    return Markup("").join([*parts, escape(text[at:])])
