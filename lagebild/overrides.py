"""A person's severity against the machine's: kept as a label with its reason, and put on the tag at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from domain.errors import ConfigError
from domain.model import Annotation, Label, Reading
from domain.ports import Archive, DeskArchive
from lagebild.teaching import EVER
from nlp.severity import overridden, restored

LAYER = "severity"
SET, TAKEN_BACK = "right", "wrong"


def in_force(labels: Iterable[Label]) -> Mapping[str, tuple[int, str, str]]:
    """Item id -> (level, who, reason) by the last who spoke; nothing where that was taken back."""
    latest: dict[str, Label] = {}
    for label in labels:
        if label.layer == LAYER and (label.item_id not in latest or label.at >= latest[label.item_id].at):
            latest[label.item_id] = label
    return {
        item_id: (int(label.label), label.by, label.reason)
        for item_id, label in latest.items()
        if label.verdict == SET
    }


def overrides_of(archive: DeskArchive) -> Callable[[Sequence[str]], Mapping[str, tuple[int, str, str]]]:
    """What the risk annotator asks when it reads items again."""
    return lambda _: in_force(archive.labels(EVER))


def set_severity(
    archive: Archive, item_id: str, level: int, reason: str, *, by: str, now: datetime
) -> Annotation:
    """The changed tag. Raises ConfigError for an item that was not read, and without a reason."""
    before = severity_tag(archive, item_id)
    try:
        changed = overridden(before, level, by, reason)
    except ValueError as error:
        raise ConfigError(f"severity of {item_id}: {error}", remedy="give --reason and 0 to 5") from error
    archive.keep_label(item_id, LAYER, str(level), SET, by, now, reason.strip())
    _put(archive, before, changed, now)
    return changed


def take_back(archive: Archive, item_id: str, reason: str, *, by: str, now: datetime) -> Annotation:
    """The machine's tag again. Raises ConfigError when no person set one."""
    before = severity_tag(archive, item_id)
    machine = restored(before)
    if machine == before:
        raise ConfigError(f"nobody set the severity of {item_id}", remedy="there is nothing to take back")
    archive.keep_label(item_id, LAYER, before.label, TAKEN_BACK, by, now, reason.strip())
    _put(archive, before, machine, now)
    return machine


def severity_tag(archive: Archive, item_id: str) -> Annotation:
    """What holds now. Raises ConfigError."""
    if not archive.items([item_id]):
        raise ConfigError(f"there is no item {item_id!r}", remedy="`lagebild search --json` shows ids")
    tags = archive.annotations([item_id], LAYER).get(item_id, ())
    if not tags:
        raise ConfigError(f"item {item_id} was not read yet", remedy="run `lagebild enrich` first")
    return tags[0]


def _put(archive: Archive, before: Annotation, after: Annotation, now: datetime) -> None:
    """All that this annotator says of the item again, with one tag changed; the old one gets its `valid_to`."""
    said = archive.annotations([before.item_id])[before.item_id]
    name = before.annotator
    kept = tuple(after if tag == before else tag for tag in said if tag.annotator == name)
    archive.keep_readings([Reading(before.item_id, name, kept)], now)
