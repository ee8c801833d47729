"""Parts of a page: what the room's script asks for in place of the whole, so that what changed is swapped and nothing else.

The header `Room-Parts` names elements by their ids, each quoted as in an address. The answer holds these elements alone,
made by the same view from the same facts, and repeats the header; an answer without it is a whole page.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from jinja2 import Template
from starlette.requests import Request

HEADER = "Room-Parts"
LONGEST = 2000
BLOCK = "part_"


def parts_of(request: Request) -> tuple[str, ...]:
    """The ids of the elements that are wanted; () for the whole page."""
    return tuple(unquote(name) for name in request.headers.get(HEADER, "")[:LONGEST].split())


def rendered(template: Template, parts: Sequence[str], facts: Mapping[str, Any]) -> str | None:
    """The blocks that hold these parts, `part_NAME` for the ids NAME and NAME-…; None if the page has none such."""
    names = dict.fromkeys(BLOCK + part.partition("-")[0] for part in parts)
    blocks = [template.blocks[name] for name in names if name in template.blocks]
    context = template.new_context(dict(facts))
    return "\n".join("".join(block(context)) for block in blocks) if blocks else None
