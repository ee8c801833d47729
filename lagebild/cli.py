"""The command `lagebild`. Every file below `lagebild/commands` is one command; a folder is a group."""

import ast
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import click

from domain.errors import ArchiveLocked, ConfigError, LagebildError
from lagebild.log import configure

PARTIAL = 4
GATE = 5
LOCKED = 75
INTERRUPTED = 130

MANUAL = """Reads the news and the public for the people who keep a platform's users safe.

\b
Examples:
  lagebild demo                     the whole job on the bundled news world
  lagebild init && lagebild run     the same on your own sources.yaml
  lagebild search 'Cybermobbing' --market DE --json

\b
Exit codes: 0 ok; 1 unexpected error; 2 usage; 3 configuration invalid; 4 done but partial;
5 gate tripped; 75 archive locked, try again; 130 interrupted.
"""


class FolderGroup(click.Group):
    """A group whose commands are the files of a package, imported when they are run."""

    def __init__(self, package: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.package = package

    def list_commands(self, ctx: click.Context) -> list[str]:
        entries = (entry.name for entry in files(self.package).iterdir())
        names = {
            name.removesuffix(".py")
            for name in entries
            if not name.startswith((".", "_")) and name != "py.typed"
        }
        return sorted(name.replace("_", "-") for name in names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        file = cmd_name.replace("-", "_")
        if files(self.package).joinpath(file).is_dir():
            return FolderGroup(f"{self.package}.{file}", name=cmd_name, help=_docstring(self.package, file))
        return _command_of(import_module(f"{self.package}.{file}"), cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [
            (name, _docstring(self.package, name.replace("-", "_")).splitlines()[0])
            for name in self.list_commands(ctx)
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _command_of(module: Any, name: str) -> click.Command:
    command: click.Command = module.command
    command.name = name
    return command


def _docstring(package: str, name: str) -> str:
    """The first words of a command, read without importing it: help stays quick."""
    entry = files(package).joinpath(name)
    source = entry.joinpath("__init__.py") if entry.is_dir() else files(package).joinpath(f"{name}.py")
    return ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or "?"


@click.group(cls=FolderGroup, package="lagebild.commands", help=MANUAL)
@click.version_option(version("lagebild"), prog_name="lagebild")
@click.option(
    "--config",
    "config",
    type=click.Path(dir_okay=False),
    help="lagebild.toml; default: ./lagebild.toml if there is one.",
)
@click.option(
    "--archive", type=click.Path(dir_okay=False), help="The SQLite file; wins over the configuration."
)
@click.option("--sources", type=click.Path(dir_okay=False), help="sources.yaml; wins over the configuration.")
@click.option("-v", "--verbose", count=True, help="More of the log on standard error; twice for all.")
@click.option("-q", "--quiet", is_flag=True, help="Errors only.")
@click.pass_context
def root(
    ctx: click.Context,
    config: str | None,
    archive: str | None,
    sources: str | None,
    verbose: int,
    quiet: bool,
) -> None:
    ctx.obj = {"config": config, "archive": archive, "sources": sources}
    configure(verbosity=-1 if quiet else verbose)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line and leaves with its exit code."""
    try:
        code = root.main(arguments, prog_name="lagebild", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        code = leaving.exit_code
    except click.Abort:
        code = INTERRUPTED
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except LagebildError as error:
        code = _told(error)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone; what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


def _told(error: LagebildError) -> int:
    click.echo(f"error: {error.message}", err=True)
    if error.remedy:
        click.echo(f"  what to do: {error.remedy}", err=True)
    if isinstance(error, ConfigError):
        return 3
    return LOCKED if isinstance(error, ArchiveLocked) else 1
