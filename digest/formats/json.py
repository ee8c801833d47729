"""The issue as JSON, schema versioned: what the archive keeps and the generic webhook sends."""

from json import dumps

from digest.codec import SCHEMA, encode
from domain.briefing import Digest

MEDIA_TYPE = "application/json"
SUFFIX = "json"


def render(digest: Digest) -> bytes:
    told = {"schema": SCHEMA, **encode(digest)}
    return (dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8", "backslashreplace")
