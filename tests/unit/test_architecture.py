"""The house stands: three floors, no circles, short functions, every command explained."""

import ast
import statistics
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from lagebild.cli import root
from lagebild.reference import commands, page

REPO = Path(__file__).parents[2]
ROOMS = ("crawler", "nlp", "storage", "digest", "web", "scheduler")
PACKAGES = ("domain", *ROOMS, "lagebild")


@cache
def modules() -> dict[str, ast.Module]:
    files = [f for package in PACKAGES for f in (REPO / package).rglob("*.py")] + [REPO / "scheduler.py"]
    return {_name(f): ast.parse(f.read_text(encoding="utf-8")) for f in files}


def _name(file: Path) -> str:
    parts = file.relative_to(REPO).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_at_load(tree: ast.Module) -> Iterator[str]:
    """Names imported when the module is loaded; what stands under TYPE_CHECKING is not."""
    waiting = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            waiting += [*node.body, *node.orelse]
        elif isinstance(node, ast.Try | ast.ClassDef):
            waiting += node.body


def all_imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_no_import_circle() -> None:
    known = modules()
    graph = {
        name: {i for i in imports_at_load(tree) if i in known and i != name} for name, tree in known.items()
    }
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_knows_only_the_ground(room: str) -> None:
    others = {package for package in PACKAGES if package not in (room, "domain")}
    strays = [
        f"{name} imports {module}"
        for name, tree in modules().items()
        if name.split(".")[0] == room
        for module in all_imports(tree)
        if module.split(".")[0] in others
    ]
    assert not strays


def test_the_ground_needs_only_the_standard_library() -> None:
    import sys

    for name, tree in modules().items():
        if name.split(".")[0] == "domain":
            strays = {m.split(".")[0] for m in all_imports(tree)} - set(sys.stdlib_module_names) - {"domain"}
            assert not strays, f"{name}: {strays}"


def test_half_the_functions_have_at_most_ten_lines() -> None:
    lengths = [
        node.end_lineno - node.lineno + 1 - _docstring_lines(node)
        for tree in modules().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert statistics.median(lengths) <= 10


def _docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    has_one = (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )
    return first.end_lineno - first.lineno + 1 if has_one else 0


def test_an_init_file_imports_no_child() -> None:
    for name, tree in modules().items():
        if (REPO / name.replace(".", "/") / "__init__.py").exists():
            children = [i for i in imports_at_load(tree) if i.startswith(name + ".")]
            assert not children, f"{name} imports {children}"


def test_every_command_has_help_with_an_example() -> None:
    for path, command in commands(root):
        assert "Example" in (command.help or ""), f"lagebild {' '.join(path)}"


def test_the_reference_is_what_the_commands_say() -> None:
    told = (REPO / "docs" / "commands.md").read_text(encoding="utf-8")
    assert told == page(), "run `make reference`"
