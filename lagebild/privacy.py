"""What people may ask of us, and what time does by itself: erasure, access, retention, destroyed keys. Each leaves a line in
the audit log, which names nobody."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from crawler.canonical import canonical_url
from crawler.registry import known_kinds
from digest.kept import kept
from domain.errors import LagebildError, StorageError
from domain.model import Letter
from lagebild.belts.publish import Press, printed
from lagebild.pseudonyms import (
    SUPPRESSION,
    Keys,
    destroy_keys,
    epoch_ends,
    epoch_keys,
    key_named,
    keyed,
    read_keys,
)
from lagebild.suppression import AUTHOR, URL, author_hash, handle_hash, url_hash
from lagebild.workshop import Workshop
from storage.sqlite.restore import erase_in_copy

logger = logging.getLogger(__name__)
PRESS = "press"
PROFILE_FOLDERS = ("users", "u", "profile", "author", "channel", "c")


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom or what a request is about: authors as people write them (handle, profile address, platform id), addresses.

    `platform` narrows a handle to one platform, "" for all.
    """

    authors: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    platform: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The same in the archive's terms: author references of every epoch, canonical addresses, hashes to suppress."""

    refs: tuple[str, ...]
    urls: tuple[str, ...]
    hashes: Mapping[str, str]
    spellings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did, or would do. `receipt` is the hash of its line in the audit log, "" for a dry run."""

    items: Mapping[str, int]
    letters: int = 0
    issues: int = 0
    backups: int = 0
    backups_failed: tuple[str, ...] = ()
    suppressed: int = 0
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class Retained:
    """What retention took, or would take: texts by class, metadata, keys of epochs that have served."""

    due: Mapping[str, int] = field(default_factory=dict)
    texts: int = 0
    metadata: int = 0
    keys: tuple[str, ...] = ()
    receipt: str = ""


# --- who is meant --------------------------------------------------------------------------------


def handle_of(author: str) -> str:
    """The handle in what a person wrote, with its server where one is named: `anna@m.example`, `anna.bsky.social`, `pg`."""
    text = author.strip()
    if not text.startswith(("http://", "https://")):
        return text.lstrip("@").lower()
    parts = urlsplit(text)
    asked = parse_qs(parts.query).get("id")
    path = [step for step in parts.path.split("/") if step and step not in PROFILE_FOLDERS]
    name = (asked[0] if asked else path[0] if path else "").lstrip("@").lower()
    has_no_server = asked or "." in name or ":" in name
    return name if has_no_server or "@" in name else f"{name}@{parts.netloc.lower()}"


def names_of(author: str, platforms: Sequence[str]) -> tuple[list[str], list[str]]:
    """Platform ids (`platform|server|id`) and aliases (`platform|handle`) that may be meant."""
    text, handle = author.strip(), handle_of(author)
    if text.count("|") == 2:
        return [text], []
    ids = [f"{platform}||{name}" for platform in platforms for name in dict.fromkeys((text, handle))]
    return ids, [f"{platform}|{handle}" for platform in platforms]


def wanted_of(asked: Asked, workshop: Workshop) -> Wanted:
    """Looks a request up: under the keys of all epochs that were not destroyed, on all platforms or the one named."""
    archive, keys = workshop.archive, read_keys(workshop.key_file)
    platforms = (asked.platform,) if asked.platform else tuple(sorted({*archive.platforms(), *known_kinds()}))
    ids, aliases = [], []
    for author in asked.authors:
        more_ids, more_aliases = names_of(author, platforms)
        ids += more_ids
        aliases += more_aliases
    urls = tuple(canonical_url(url) for url in asked.urls)
    return Wanted(
        tuple(_references(workshop, keys, ids, aliases)),
        urls,
        _hashes(key_named(workshop.key_file, SUPPRESSION), ids, aliases, urls),
        tuple(
            dict.fromkeys(
                [*asked.authors, *(handle_of(author) for author in asked.authors), *asked.urls, *urls]
            )
        ),
    )


def _references(workshop: Workshop, keys: Keys, ids: Sequence[str], aliases: Sequence[str]) -> list[str]:
    epochs = epoch_keys(keys).values()
    by_id = [keyed(key, raw_id) for key in epochs for raw_id in ids]
    by_handle = workshop.archive.refs_of_aliases([keyed(key, alias) for key in epochs for alias in aliases])
    return list(dict.fromkeys([*by_id, *by_handle]))


def _hashes(key: str, ids: Sequence[str], aliases: Sequence[str], urls: Sequence[str]) -> dict[str, str]:
    return (
        {author_hash(key, raw_id): AUTHOR for raw_id in ids}
        | {handle_hash(key, alias): AUTHOR for alias in aliases}
        | {url_hash(key, url): URL for url in urls}
    )


# --- erasure -------------------------------------------------------------------------------------


def would_erase(asked: Asked, workshop: Workshop) -> Erased:
    """The dry run."""
    wanted = wanted_of(asked, workshop)
    counts = workshop.archive.count_matching(author_refs=wanted.refs, urls=wanted.urls)
    letters = len(_letters_naming(wanted, workshop))
    return Erased(
        counts, letters, backups=len(copies_of(workshop.settings.archive)), suppressed=len(wanted.hashes)
    )


def erase(asked: Asked, workshop: Workshop, *, reason: str, by: str) -> Erased:
    """Keeps them out first, then takes them out: archive, dead letters, kept and printed issues, backups. Leaves a receipt."""
    archive, now = workshop.archive, workshop.clock()
    wanted = wanted_of(asked, workshop)
    archive.suppress(wanted.hashes, reason, now)
    counts = archive.count_matching(author_refs=wanted.refs, urls=wanted.urls)
    letters = _letters_naming(wanted, workshop)
    archive.drop_letters(letters)
    archive.erase(now, author_refs=wanted.refs, urls=wanted.urls, reason=reason)
    issues = print_again(workshop, now)
    cleaned, failed = _erase_in_copies(wanted, workshop, reason)
    facts = {
        "items": dict(counts), "letters": len(letters), "issues": issues, "backups": cleaned,
        "backups_failed": len(failed), "suppressed": len(wanted.hashes), "reason": reason,
    }  # fmt: skip
    receipt = archive.note(by, "erase", _subject(wanted), facts, now)
    return Erased(counts, len(letters), issues, cleaned, failed, len(wanted.hashes), receipt)


def _subject(wanted: Wanted) -> str:
    """A keyed hash: who knows the name and holds the key can tell that the line is about it, nobody else."""
    return next(iter(wanted.hashes), "")


def _letters_naming(wanted: Wanted, workshop: Workshop) -> list[Letter]:
    """Dead letters that hold one of the spellings anywhere."""
    marks = [spelling.encode() for spelling in wanted.spellings if spelling]
    return [
        letter
        for letter in workshop.archive.letters()
        if letter.url in wanted.urls or any(mark in letter.body for mark in marks)
    ]


def copies_aside(archive: Path) -> list[Path]:
    """Copies that `db migrate` and `db restore` left beside the archive."""
    found = archive.parent.glob(f"{archive.name}.before*")
    return sorted(path for path in found if not path.name.endswith(("-wal", "-shm")))


def copies_of(archive: Path) -> list[Path]:
    """Every backup and copy of the archive that Lagebild made."""
    return [*sorted((archive.parent / "backups").glob(f"{archive.stem}-*.db")), *copies_aside(archive)]


def _erase_in_copies(wanted: Wanted, workshop: Workshop, reason: str) -> tuple[int, tuple[str, ...]]:
    """How many copies were cleaned, and the names of those that could not be."""
    cleaned, failed = 0, []
    for path in copies_of(workshop.settings.archive):
        try:
            erase_in_copy(path, workshop.clock(), wanted.refs, wanted.urls, reason)
            cleaned += 1
        except StorageError:
            logger.exception("copy not cleaned path=%s", path)
            failed.append(path.name)
    return cleaned, tuple(failed)


def print_again(workshop: Workshop, since: datetime) -> int:
    """Prints those issues anew that lost words since then and lie in the folder; returns how many."""
    publish = workshop.settings.publish
    press = Press(publish.folder, publish.formats, {}, {}, workshop.settings.web.base_url)
    count = 0
    for issue in workshop.archive.redacted_issues(since):
        market, day, language = issue["market"], issue["day"], issue["language"]
        if any((publish.folder / market).glob(f"{day}-{market}-{language}*")):
            again = kept(workshop.archive, market, date.fromisoformat(day), issue["edition"], language)
            printed(again, press, is_first=False)
            count += 1
    return count


# --- access --------------------------------------------------------------------------------------


def export(asked: Asked, workshop: Workshop, *, by: str) -> Iterator[dict[str, Any]]:
    """All that is held of a person or address (Art. 15 GDPR): one row that tells how it is held, then one per item."""
    wanted = wanted_of(asked, workshop)
    items = workshop.archive.matching(author_refs=wanted.refs, urls=wanted.urls)
    on_list = workshop.archive.suppressed(AUTHOR, list(wanted.hashes)) | workshop.archive.suppressed(
        URL, list(wanted.hashes)
    )
    receipt = workshop.archive.note(by, "export", _subject(wanted), {"items": len(items)}, workshop.clock())
    yield {
        "kind": "about",
        "items": len(items),
        "on_suppression_list": bool(on_list),
        "days_kept": {name: days_of(kept) for name, kept in workshop.settings.privacy.classes.items()},
        "receipt": receipt,
    }
    for item in items:
        yield {"item_kind": item.kind.value, **asdict(item), "kind": "item"}


def days_of(section: Any) -> dict[str, int]:
    """The days of a class as a mapping."""
    return {"texts": section.texts, "metadata": section.metadata}


# --- retention -----------------------------------------------------------------------------------


def would_retain(workshop: Workshop) -> Retained:
    """The dry run."""
    privacy, now = workshop.settings.privacy, workshop.clock()
    due = workshop.archive.expiring(now, privacy.texts)
    return Retained(due, sum(due.values()), keys=tuple(served_epochs(workshop, now)))


def retain(workshop: Workshop, by: str) -> Retained:
    """Takes out what has been kept long enough, and destroys the keys of epochs of which nothing is left."""
    privacy, now, archive = workshop.settings.privacy, workshop.clock(), workshop.archive
    due = archive.expiring(now, privacy.texts)
    texts = archive.expire(now, privacy.texts)
    metadata = archive.forget(now, privacy.metadata)
    keys = tuple(destroy_keys(workshop.key_file, served_epochs(workshop, now)))
    if not (texts or metadata or keys):
        return Retained()
    print_again(workshop, now)
    facts = {"texts": dict(due), "metadata": metadata, "keys": list(keys)}
    receipt = archive.note(by, "retention", "", facts, now)
    return Retained(due, texts, metadata, keys, receipt)


def served_epochs(workshop: Workshop, now: datetime) -> list[str]:
    """Epochs that ended longer ago than any person's metadata is kept."""
    days = max(n for name, n in workshop.settings.privacy.metadata.items() if name != PRESS)
    keys = epoch_keys(read_keys(workshop.key_file))
    return [epoch for epoch in keys if epoch_ends(epoch) + timedelta(days=days) < now]


def destroy(workshop: Workshop, epochs: Sequence[str], *, by: str) -> str:
    """Destroys keys by hand; returns the receipt. Raises LagebildError when one of them is not there."""
    missing = sorted({*epochs} - {*epoch_keys(read_keys(workshop.key_file))})
    if missing:
        raise LagebildError(
            f"there is no key of epoch {', '.join(missing)}", remedy="`lagebild privacy keys` lists them"
        )
    destroyed = destroy_keys(workshop.key_file, epochs)
    return workshop.archive.note(by, "keys destroyed", "", {"epochs": list(destroyed)}, workshop.clock())
