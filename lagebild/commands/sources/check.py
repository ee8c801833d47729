"""Say what is wrong with sources.yaml, by line and column, and what could be better."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import click

from crawler.rhythm import health, moved_to, pause_of
from domain.model import Visit
from domain.ports import Archive
from lagebild.cli import GATE
from lagebild.opening import archive_of, has_archive, json_option, print_json, settings_of
from lagebild.settings import Settings
from lagebild.sources.lint import Seen, lint
from lagebild.sources.load import Loaded, Problem, read
from lagebild.workshop import utc_now

EXIT_INVALID = 3
HISTORY = timedelta(days=100)
SHOWN = 5
"""How often one code is printed before the rest of it is only counted."""


@click.command(help=__doc__ + "\n\nExample: lagebild sources check my-sources.yaml --json")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--all", "show_all", is_flag=True, help=f"Every warning, not only {SHOWN} of a kind.")
@click.option("--strict", is_flag=True, help="Leave with exit code 5 when there are warnings.")
@json_option
@click.pass_context
def command(context: click.Context, file: Path | None, show_all: bool, strict: bool, as_json: bool) -> int:
    settings = settings_of(context)
    path = file or settings.sources
    loaded = read(path)
    problems = (*loaded.problems, *_warnings(loaded, path, settings))
    if as_json:
        rows = [_row(problem) for problem in problems]
        print_json({"file": str(path), "sources": len(loaded.sources), "problems": rows})
    else:
        _tell(problems, path, len(loaded.sources), show_all)
    if loaded.errors:
        return EXIT_INVALID
    return GATE if strict and problems else 0


def _warnings(loaded: Loaded, path: Path, settings: Settings) -> tuple[Problem, ...]:
    """What lint finds; with what the archive saw of the sources where there is an archive."""
    if loaded.errors:
        return ()
    seen = seen_in(archive_of(settings)) if has_archive(settings) else {}
    return lint(loaded.sources, loaded.lines, utc_now().date(), seen, str(path))


def seen_in(archive: Archive) -> dict[str, Seen]:
    """What the last hundred days of visits tell of each source."""
    now = utc_now()
    visits: defaultdict[str, list[Visit]] = defaultdict(list)
    for visit in archive.visits(now - HISTORY):
        visits[visit.source_id].append(visit)
    return {
        source_id: Seen(
            pause_of(of_one, now), moved_to(of_one), (told := health(of_one, now)) is not None and told.dead
        )
        for source_id, of_one in visits.items()
    }


def _tell(problems: Sequence[Problem], path: Path, sources: int, show_all: bool) -> None:
    told: Counter[str] = Counter()
    for problem in problems:
        told[problem.code] += 1
        if show_all or problem.severity == "error" or told[problem.code] <= SHOWN:
            click.echo(str(problem))
    for code, count in sorted(told.items()):
        if not show_all and count > SHOWN and code.startswith("S"):
            click.echo(f"{path}: {code} {count - SHOWN} times more; --all shows them")
    errors = sum(problem.severity == "error" for problem in problems)
    click.echo(f"{path}: {sources} sources, {errors} errors, {len(problems) - errors} warnings", err=True)


def _row(problem: Problem) -> dict[str, str | int]:
    return {name: getattr(problem, name) for name in Problem.__slots__}
