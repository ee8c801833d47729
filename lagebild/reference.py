"""Writes docs/commands.md from the commands themselves: `python -m lagebild.reference > docs/commands.md`."""

from collections.abc import Iterator

import click

from lagebild.cli import root

HEAD = """# Commands

Written from the commands' own help by `make reference`; do not edit by hand. Data goes to standard output, progress and
logs to standard error. `--json` prints one document with a `schema` field.

Exit codes: 0 ok; 1 unexpected error; 2 usage; 3 configuration invalid; 4 done but partial (some sources failed);
5 gate tripped; 75 archive locked, try again; 130 interrupted.
"""


def commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with its path, groups left out, in order of the alphabet."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        elif command is not None:
            yield (*path, name), command


def page() -> str:
    """The whole page."""
    return HEAD + "".join(section(path, command) for path, command in commands(root))


def section(path: tuple[str, ...], command: click.Command) -> str:
    """One command's heading and help."""
    name = "lagebild " + " ".join(path)
    context = click.Context(command, info_name=name, terminal_width=100, max_content_width=100)
    return f"\n## `{name}`\n\n```\n{command.get_help(context)}\n```\n"


if __name__ == "__main__":
    click.echo(page(), nl=False)
