"""Reads sources.yaml; every complaint names file, line, column, field, value and remedy."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from crawler.permission import refusal
from crawler.registry import connector_for
from domain.errors import ConfigError
from domain.model import Source
from domain.registry import names_in
from lagebild.sources.schema import LimitsEntry, SourceEntry, SourcesFile, TermsEntry

FIELDS: dict[str, type[BaseModel]] = {"terms": TermsEntry, "limits": LimitsEntry}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong; lines and columns count from 1. `severity`: error or warning."""

    line: int
    column: int
    code: str
    field: str
    message: str
    remedy: str
    path: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        head = f"{self.path}:{self.line}:{self.column}: {self.severity}[{self.code}]"
        return (
            f"{head} {self.field}: {self.message}; {self.remedy}"
            if self.field
            else f"{head} {self.message}; {self.remedy}"
        )


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file holds and what is wrong with it. `lines` gives each source id's line."""

    sources: tuple[Source, ...]
    problems: tuple[Problem, ...]
    lines: dict[str, int]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "error")


def load(path: Path) -> tuple[Source, ...]:
    """The sources of a file. Raises ConfigError that quotes every problem."""
    loaded = read(path)
    if loaded.errors:
        first = loaded.errors[0]
        told = "\n".join(str(problem) for problem in loaded.errors)
        raise ConfigError(
            told,
            remedy="mend the file and run `lagebild sources check`",
            path=str(path),
            line=first.line,
            column=first.column,
        )
    return loaded.sources


def read(path: Path) -> Loaded:
    """Everything the file says, with its problems in order of lines; never raises for a bad file."""
    try:
        tree = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path} does not exist", remedy="run `lagebild init` to get a starter file"
        ) from error
    except UnicodeDecodeError as error:
        return _only(
            Problem(1, 1, "encoding", "", f"the file is not UTF-8 (byte {error.start})", "save it as UTF-8"),
            path,
        )
    except MarkedYAMLError as error:
        return _only(_yaml_problem(error), path)
    except ValueError as error:
        return _only(Problem(1, 1, "yaml", "", str(error), "write plain YAML 1.2"), path)
    return _validated(tree, path)


def _only(problem: Problem, path: Path) -> Loaded:
    return Loaded((), (_at(problem, path),), {})


def _at(problem: Problem, path: Path) -> Problem:
    return Problem(
        problem.line,
        problem.column,
        problem.code,
        problem.field,
        problem.message,
        problem.remedy,
        str(path),
        problem.severity,
    )


def _yaml_problem(error: MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    said = " ".join(str(error.problem or error.context or "not YAML").split())
    remedy = (
        "give each key once"
        if "duplicate key" in said
        else "check indentation, quotes and colons around this place"
    )
    return Problem(line, column, "yaml", "", said, remedy)


def _validated(tree: Any, path: Path) -> Loaded:
    if not isinstance(tree, CommentedMap):
        return _only(
            Problem(1, 1, "shape", "", "the file holds no mapping", "begin with `sources:` and a list"), path
        )
    lines = _lines_of_sources(tree)
    try:
        entries: Sequence[SourceEntry] = SourcesFile.model_validate(tree).sources
    except ValidationError as error:
        problems = tuple(sorted(_at(_problem(detail, tree), path) for detail in error.errors()))
        return Loaded((), problems, lines)
    problems = tuple(
        sorted(
            _at(problem, path)
            for problem in (
                *_unknown_kinds(entries, tree),
                *_repeated_ids(entries, tree),
                *_refused(entries, tree),
            )
        )
    )
    return Loaded(tuple(entry.source() for entry in entries), problems, lines)


def _lines_of_sources(tree: CommentedMap) -> dict[str, int]:
    rows = tree.get("sources")
    if not isinstance(rows, CommentedSeq):
        return {}
    return {str(row["id"]): row.lc.line + 1 for row in rows if isinstance(row, CommentedMap) and "id" in row}


def _problem(detail: ErrorDetails, tree: CommentedMap) -> Problem:
    place = tuple(
        part
        for part in detail["loc"]
        if isinstance(part, int) or not str(part).startswith(("list[", "literal["))
    )
    line, column = position(tree, place, of_key=detail["type"] == "extra_forbidden")
    message = detail["msg"].removeprefix("Value error, ")
    shown = detail.get("input")
    # What stands where a reference belongs may be the secret itself.
    if detail["type"] not in ("missing", "extra_forbidden", "secret") and isinstance(
        shown, str | int | float | bool
    ):
        message += f", not {shown!r}"
    return Problem(line, column, detail["type"], ".".join(map(str, place)), message, _remedy(detail, place))


def _remedy(detail: ErrorDetails, place: tuple[int | str, ...]) -> str:
    if detail["type"] == "extra_forbidden":
        return _did_you_mean(str(place[-1]), _fields_at(place))
    if detail["type"] == "missing":
        return f"add `{place[-1]}:`"
    if detail["type"] in ("literal_error", "enum"):
        expected = str((detail.get("ctx") or {}).get("expected", ""))
        return _did_you_mean(
            str(detail.get("input")), expected.replace("'", "").replace(" or ", ", ").split(", ")
        )
    return "see docs/sources.md for this field"


def _fields_at(place: tuple[int | str, ...]) -> list[str]:
    if len(place) >= 2 and place[-2] in FIELDS:
        return list(FIELDS[str(place[-2])].model_fields)
    return list(
        (SourceEntry if place and place[0] == "sources" and len(place) > 1 else SourcesFile).model_fields
    )


def _did_you_mean(given: str, allowed: Sequence[str]) -> str:
    close = get_close_matches(given.lower(), [name.lower() for name in allowed], n=1, cutoff=0.6)
    hint = next((name for name in allowed if close and name.lower() == close[0]), "")
    return (f"did you mean {hint!r}? " if hint else "") + f"allowed: {', '.join(allowed)}"


def position(tree: Any, place: Sequence[int | str], *, of_key: bool = False) -> tuple[int, int]:
    """Line and column (from 1) of a place's value (or key), or of the nearest parent that has one."""
    line, column = (tree.lc.line + 1, tree.lc.col + 1) if hasattr(tree, "lc") else (1, 1)
    for part in place:
        if isinstance(tree, CommentedMap) and part in tree:
            nested = isinstance(tree[part], CommentedMap | CommentedSeq)
            row, col = tree.lc.key(part) if nested or of_key else tree.lc.value(part)
        elif isinstance(tree, CommentedSeq) and isinstance(part, int) and part < len(tree):
            row, col = tree.lc.item(part)
        else:
            break
        line, column, tree = row + 1, col + 1, tree[part]
    return line, column


def _unknown_kinds(entries: Sequence[SourceEntry], tree: CommentedMap) -> list[Problem]:
    kinds = names_in("crawler.connectors")
    return [
        Problem(
            *position(tree, ("sources", n, "kind")),
            "kind",
            f"sources.{n}.kind",
            f"there is no connector {entry.kind!r}",
            _did_you_mean(entry.kind, kinds),
        )
        for n, entry in enumerate(entries)
        if entry.kind not in kinds
    ]


def _refused(entries: Sequence[SourceEntry], tree: CommentedMap) -> list[Problem]:
    """Enabled sources that will not run for want of a key, a signature or a budget."""
    known = set(names_in("crawler.connectors"))
    told = [
        (n, refusal(connector_for(entry.kind), entry.source()))
        for n, entry in enumerate(entries)
        if entry.enabled and entry.kind in known
    ]
    return [
        Problem(
            *position(tree, ("sources", n, "kind")),
            "refused",
            f"sources.{n}.kind",
            why.split(": ", 1)[0],
            why.split(": ", 1)[1],
            severity="warning",
        )
        for n, why in told
        if why
    ]


def _repeated_ids(entries: Sequence[SourceEntry], tree: CommentedMap) -> list[Problem]:
    seen: set[str] = set()
    found = []
    for n, entry in enumerate(entries):
        if entry.id in seen:
            place = position(tree, ("sources", n, "id"))
            found.append(
                Problem(
                    *place,
                    "repeated_id",
                    f"sources.{n}.id",
                    f"{entry.id!r} is taken",
                    "give each source an id of its own",
                )
            )
        seen.add(entry.id)
    return found
