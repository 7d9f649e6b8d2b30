"""Commands that another package has: they say which, whatever their arguments were."""

from collections.abc import Callable, Mapping

import typer

from idvault_verify.commands.errors import ExitCode, moved, tell

_ANYTHING = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def add(app: typer.Typer, commands: Mapping[str, str], *, program: str) -> None:
    """Add commands that end with exit code 2 and how one types them now; the help does not list them.

    commands: how one types a command now, by how one typed it. program: whose commands these were.
    """
    for command, now in commands.items():
        name = command.rpartition(" ")[2]
        app.command(name, hidden=True, context_settings=_ANYTHING)(_tells(command, now, program))


def _tells(command: str, now: str, program: str) -> Callable[[typer.Context], None]:
    def tells(context: typer.Context) -> None:
        # A program keeps its options whole, or the wish for JSON alone.
        wish = getattr(context.obj, "as_json", context.obj) is True
        tell(moved(command, now=now), program=program, as_json=wish or "--json" in context.args)
        raise typer.Exit(ExitCode.WRONG_USAGE)

    return tells
