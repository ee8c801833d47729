"""Keyed pseudonyms of private authors; the keys lie in a file beside the archive, never inside it.

A reference is base32(HMAC-SHA256(key, platform|instance|raw id)) cut to 26 letters. Each epoch of 90 days has its own key;
once a key is destroyed, the references of its epoch lead to nobody. A second reference of the handle finds a person who
asks for erasure and knows no ids. One more key, which stays, makes the hashes of the suppression list.
"""

import base64
import hmac
import json
import os
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from domain.errors import ConfigError
from domain.model import Author
from storage.sqlite.connection import alone

EPOCH = timedelta(days=90)
ZERO = datetime(2026, 1, 1, tzinfo=UTC)
REFERENCE_LETTERS = 26
SUPPRESSION = "suppression"
"""The name of the key that stays."""
Keys = Mapping[str, str]


def epoch_of(now: datetime) -> str:
    """Number of the epoch, as the key file names it."""
    return str((now - ZERO) // EPOCH)


def epoch_ends(epoch: str) -> datetime:
    """The first moment after an epoch."""
    return ZERO + (int(epoch) + 1) * EPOCH


def reference(key: str, author: Author) -> str:
    """The author's pseudonym under a key (hex)."""
    return keyed(key, author.raw_id)


def keyed(key: str, text: str) -> str:
    """What a text becomes under a key (hex): 26 letters that lead nowhere without it."""
    digest = hmac.digest(bytes.fromhex(key), text.encode("utf-8", "replace"), "sha256")
    return base64.b32encode(digest).decode("ascii").lower()[:REFERENCE_LETTERS]


def references_of(key_file: Path) -> Callable[[str], Sequence[str]]:
    """All pseudonyms that an author (by raw id) has had in the epochs whose keys are left."""

    def references(raw_id: str) -> Sequence[str]:
        return [reference(key, Author(raw_id)) for key in epoch_keys(read_keys(key_file)).values()]

    return references


def alias_of(author: Author) -> str:
    """`platform|handle` in lower case, the server added where the handle lacks it; "" when there is no handle."""
    platform, _, rest = author.raw_id.partition("|")
    handle, server = author.handle.strip().lstrip("@").lower(), rest.partition("|")[0].lower()
    if not handle:
        return ""
    return f"{platform}|{handle}@{server}" if server and "@" not in handle else f"{platform}|{handle}"


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Gives authors their references under one epoch's key."""

    key: str

    def __call__(self, author: Author) -> str:
        return reference(self.key, author)

    def of_handle(self, author: Author) -> str:
        """The reference of the author's handle; "" when there is none."""
        alias = alias_of(author)
        return keyed(self.key, alias) if alias else ""


def pseudonym_of(key_file: Path, now: datetime) -> Pseudonyms:
    """The pseudonyms of the present epoch; makes the key when it is missing. Raises ConfigError."""
    return Pseudonyms(key_named(key_file, epoch_of(now)))


def key_named(key_file: Path, name: str) -> str:
    """The key of that name, made when it is missing. Raises ConfigError."""
    keys = dict(read_keys(key_file))
    if name not in keys:
        with alone(key_file):  # two workers that made a key each would know one author by two names
            keys = dict(read_keys(key_file))
            keys.setdefault(name, secrets.token_hex(32))
            write_keys(key_file, keys)
    return keys[name]


def epoch_keys(keys: Keys) -> Keys:
    """The keys of epochs alone, oldest first."""
    return {name: keys[name] for name in sorted((n for n in keys if n != SUPPRESSION), key=int)}


def destroy_keys(key_file: Path, epochs: Iterable[str]) -> Sequence[str]:
    """Forgets the keys of these epochs for good; returns those that were there. The old file is overwritten first."""
    with alone(key_file):
        keys = dict(read_keys(key_file))
        found = [epoch for epoch in epochs if keys.pop(epoch, None)]
        if found:
            with key_file.open("r+b") as file:
                file.write(b" " * key_file.stat().st_size)
                file.flush()
                os.fsync(file.fileno())
            write_keys(key_file, keys)
    return found


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
        file.flush()
        os.fsync(file.fileno())
    draft.replace(key_file)
