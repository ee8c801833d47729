"""The key behind form tokens: kept beside the archive, so that all web processes over it accept each other's forms."""

import logging
import secrets
from contextlib import suppress
from pathlib import Path

logger = logging.getLogger(__name__)
SUFFIX = ".room-key"
OWNER_ALONE = 0o600
SHORTEST = 32


def form_key(archive: Path) -> str:
    """The key of the rooms over this archive, made at the first start; one of this process alone where none can be kept.

    The file is readable by its owner alone: whoever knows the key can make tokens, but still needs a reader's cookies.
    """
    file = archive.with_name(archive.name + SUFFIX)
    try:
        return kept(file) or made(file)
    except OSError as error:
        logger.warning("form key not kept file=%s error=%s", file, error)
        return secrets.token_hex(32)


def kept(file: Path) -> str:
    """The key in this file, "" if there is none or none worth the name; others lose sight of it."""
    if not file.exists():
        return ""
    if file.stat().st_mode & 0o077:
        file.chmod(OWNER_ALONE)
    key = file.read_text("ascii", errors="replace").strip()
    return key if len(key) >= SHORTEST else ""


def made(file: Path) -> str:
    """A new key. Of two processes that start at once the one that links its file first wins, and both use its key."""
    own = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    own.touch(OWNER_ALONE)
    own.write_text(secrets.token_hex(32), "ascii")
    if file.exists():  # spoilt, or made by another process this moment
        if not kept(file):
            own.replace(file)
    else:
        with suppress(FileExistsError):
            file.hardlink_to(own)
    own.unlink(missing_ok=True)
    return kept(file)
