"""A folder: each issue a file named after its key. For a share, a static site, or trying things out."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from domain.errors import DeliveryError

FORMAT = "html"
SUFFIXES = {
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
    "application/json": "json",
    "application/pdf": "pdf",
    "message/rfc822": "eml",
    "text/calendar": "ics",
    "application/atom+xml": "atom",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}


@dataclass(frozen=True, slots=True)
class File:
    """The recipient is a folder; it is made when it is not there."""

    kind: str = "file"

    def send(
        self,
        subject: str,
        body: bytes,
        media_type: str,
        recipient: str,
        key: str,
        last_byte: Callable[[], None] | None = None,
    ) -> None:
        """Whole or not at all: written beside, brought to the disk, renamed. The same key again is the same file."""
        target = Path(recipient) / f"{key}.{SUFFIXES.get(media_type.split(';')[0], 'bin')}"
        beside = target.with_name(f".{target.name}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as out:
                out.write(body)
                out.flush()
                os.fsync(out.fileno())
            beside.replace(target)
        except OSError as error:
            raise DeliveryError(
                f"{target}: {error}", remedy="is the folder writable, is there space?"
            ) from error


def build(options: Mapping[str, str], environment: Mapping[str, str]) -> File:
    return File()
