"""The issue as JSON, schema versioned: what the generic webhook sends."""

from json import dumps

from digest.codec import encode_shown
from domain.briefing import Digest

MEDIA_TYPE = "application/json"
SUFFIX = "json"


def render(digest: Digest) -> bytes:
    return (dumps(encode_shown(digest), ensure_ascii=False, separators=(",", ":")) + "\n").encode(
        "utf-8", "backslashreplace"
    )
