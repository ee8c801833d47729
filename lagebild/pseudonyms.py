"""Keyed pseudonyms of private authors; the keys lie in a file beside the archive, never inside it.

A reference is base32(HMAC-SHA256(key, platform|instance|raw id)) cut to 26 letters. Each epoch of 90 days has its own key;
once a key is destroyed, the references of its epoch lead to nobody.
"""

import base64
import hmac
import json
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from domain.errors import ConfigError
from domain.model import Author
from storage.sqlite.connection import alone

EPOCH = timedelta(days=90)
ZERO = datetime(2026, 1, 1, tzinfo=UTC)
REFERENCE_LETTERS = 26
Keys = Mapping[str, str]


def epoch_of(now: datetime) -> str:
    """Number of the epoch, as the key file names it."""
    return str((now - ZERO) // EPOCH)


def reference(key: str, author: Author) -> str:
    """The author's pseudonym under a key (hex)."""
    digest = hmac.digest(bytes.fromhex(key), author.raw_id.encode("utf-8", "replace"), "sha256")
    return base64.b32encode(digest).decode("ascii").lower()[:REFERENCE_LETTERS]


def references_of(key_file: Path) -> Callable[[str], Sequence[str]]:
    """All pseudonyms that an author (by raw id) has had in the epochs whose keys are left."""

    def references(raw_id: str) -> Sequence[str]:
        return [reference(key, Author(raw_id)) for key in read_keys(key_file).values()]

    return references


def pseudonym_of(key_file: Path, now: datetime) -> Callable[[Author], str]:
    """The pseudonym function of the present epoch; makes the key when it is missing. Raises ConfigError."""
    keys, epoch = dict(read_keys(key_file)), epoch_of(now)
    if epoch not in keys:
        with alone(key_file):  # two workers that made a key each would know one author by two names
            keys = dict(read_keys(key_file))
            keys.setdefault(epoch, secrets.token_hex(32))
            write_keys(key_file, keys)
    return lambda author: reference(keys[epoch], author)


def read_keys(key_file: Path) -> Keys:
    """Keys (hex) by epoch; none when there is no file. Raises ConfigError when it is not a key file."""
    try:
        keys: dict[str, str] = json.loads(key_file.read_text(encoding="ascii"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        remedy = "put the backup of the key file back; a new key would not match the stored references"
        raise ConfigError(
            f"{key_file} is not a key file: {error}", remedy=remedy, path=str(key_file)
        ) from error
    return keys


def write_keys(key_file: Path, keys: Keys) -> None:
    """Replaces the file in one step, readable by its owner alone."""
    draft = key_file.with_name(key_file.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump(dict(keys), file)
    draft.replace(key_file)
