"""Changes to sources.yaml that leave every other line as its maintainer wrote it."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from ruamel.yaml import YAML

from domain.errors import ConfigError
from lagebild.sources.load import Problem, position, read

PLAIN = re.compile(r"^[A-Za-z0-9][A-Za-z0-9 ._/+()-]*$")
GERMAN = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}


def slug(text: str) -> str:
    """An id made of a name: lower case, ASCII, hyphens."""
    lower = "".join(GERMAN.get(letter, letter) for letter in text.lower())
    plain = unicodedata.normalize("NFKD", lower).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64] or "source"


def name_of(url: str) -> str:
    """A name for a source of which only the address is known."""
    return (urlsplit(url).hostname or url).removeprefix("www.")


def entry_text(fields: Mapping[str, object]) -> str:
    """One entry as a maintainer would write it; empty fields are left out."""
    lines = [f"{name}: {_value(value)}" for name, value in fields.items() if value not in ("", None)]
    return "  - " + "\n    ".join(lines) + "\n"


def _value(value: object) -> str:
    text = str(value)
    return (
        text
        if PLAIN.match(text) and text.lower() not in ("no", "yes", "on", "off", "null", "true", "false")
        else f'"{text}"'
    )


def appended(path: Path, entries: list[Mapping[str, object]]) -> None:
    """Adds entries at the end. Raises ConfigError, and leaves the file alone, when the outcome would not check."""
    before = path.read_text(encoding="utf-8") if path.exists() else "version: 1\nsources:\n"
    _replace(path, before.rstrip("\n") + "\n" + "".join(map(entry_text, entries)))


def moved(path: Path, source_id: str, url: str) -> None:
    """Gives a source another address. Raises ConfigError when it is not in the file."""
    text = path.read_text(encoding="utf-8")
    tree = YAML(typ="rt").load(text)
    rows = {str(row["id"]): number for number, row in enumerate(tree["sources"])}
    if source_id not in rows:
        raise ConfigError(
            f"{path} has no source {source_id!r}", remedy="`lagebild sources list` shows the ids"
        )
    old = str(tree["sources"][rows[source_id]]["url"])
    line, _ = position(tree, ("sources", rows[source_id], "url"))
    lines = text.splitlines(keepends=True)
    lines[line - 1] = lines[line - 1].replace(old, url)
    _replace(path, "".join(lines))


def _replace(path: Path, text: str) -> None:
    """The new file in the old one's place, if it is sound."""
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text, encoding="utf-8")
    faults = read(draft).errors
    if faults:
        draft.unlink()
        raise ConfigError(
            f"the file would not be sound: {faults[0]}", remedy="nothing was changed; mend what is named"
        )
    draft.replace(path)


# --- one entry's own lines -----------------------------------------------------------------------

ENTRY_START = re.compile(r"^(\s*)-\s")
COMMENT_OR_BLANK = re.compile(r"^\s*(#.*)?$")


def entry_lines(text: str, source_id: str) -> tuple[int, int] | None:
    """First and one past the last line (from 0) of a source's entry; None when the file has no such source.

    Comments and blank lines before the next entry belong to that one.
    """
    return _places(text).get(source_id)


@lru_cache(maxsize=2)
def _places(text: str) -> Mapping[str, tuple[int, int]]:
    """The lines of each entry, the first of two with one id; a file of 170 sources takes a quarter of a second to read, and
    stays the same for days."""
    tree = YAML(typ="rt").load(text)
    rows = tree.get("sources") if tree else None
    if not rows:
        return {}
    lines = text.splitlines()
    starts = [rows.lc.item(number)[0] for number in range(len(rows))]
    ends = [*starts[1:], _end_of_list(lines, starts[-1])]
    return {
        str(row.get("id")): (start, _last_own(lines, start, end))
        for row, start, end in reversed(list(zip(rows, starts, ends, strict=True)))
    }


def _last_own(lines: list[str], start: int, end: int) -> int:
    while end > start + 1 and COMMENT_OR_BLANK.match(lines[end - 1]):
        end -= 1
    return end


def _end_of_list(lines: list[str], start: int) -> int:
    """Where the last entry ends: before the next key of the file."""
    rest = range(start + 1, len(lines))
    return next((n for n in rest if lines[n][:1] not in ("", " ", "#", "-")), len(lines))


def entry_in(text: str, source_id: str) -> str:
    """The entry as its maintainer wrote it; "" when the file has no such source."""
    found = entry_lines(text, source_id)
    return "\n".join(text.splitlines()[found[0] : found[1]]) + "\n" if found else ""


def with_entry(text: str, source_id: str, entry: str) -> str:
    """The file with this entry in the place of the source's own, or at the end of the list for one it does not have."""
    entry = entry.replace("\r\n", "\n").strip("\n") + "\n"
    found = entry_lines(text, source_id) if source_id else None
    if found is None:
        return text.rstrip("\n") + "\n" + entry
    lines = text.splitlines(keepends=True)
    return "".join(lines[: found[0]]) + entry + "".join(lines[found[1] :])


def problems_of(path: Path, text: str) -> tuple[Problem, ...]:
    """What would be wrong with the file if it said this; the file stays as it is."""
    with TemporaryDirectory() as folder:
        draft = Path(folder) / path.name
        draft.write_text(text, encoding="utf-8")
        return read(draft).errors


def rewritten(path: Path, text: str) -> None:
    """The file with this text. Raises ConfigError, and leaves the file alone, when the outcome would not check."""
    _replace(path, text)
