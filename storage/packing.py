"""Long answers that are kept for years and seldom read, in a third of their letters.

They stay text, as both databases have them, and JSON: what looks at the first letter takes them for the lists they are.
"""

import json
import zlib
from base64 import b64decode, b64encode

from storage.rows import compact

LEAST_LETTERS = 1_000
ZLIB = "zlib"
BEGINNING = f'["{ZLIB}","'
"""No answer begins so: those that are lists hold rows."""


def packed(value: str) -> str:
    """JSON as it is kept: as it is if short, else packed."""
    if len(value) < LEAST_LETTERS:
        return value
    return compact([ZLIB, b64encode(zlib.compress(value.encode())).decode("ascii")])


def unpacked(kept: str) -> str:
    """What was packed, to the letter."""
    if not kept.startswith(BEGINNING):
        return kept
    return zlib.decompress(b64decode(json.loads(kept)[1])).decode()
