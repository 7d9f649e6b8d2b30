"""Commands that another program has: they say which, whatever their arguments were."""

from collections.abc import Callable, Mapping

import typer

from idvault_verify.commands.errors import ExitCode, moved, tell

_ANYTHING = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def add(app: typer.Typer, commands: Mapping[str, str], *, program: str) -> None:
    """Add commands that end with exit code 2 and the program that has them; the help does not list them.

    commands: the program by command, as one types it. program: whose commands these were.
    """
    for command, other in commands.items():
        name = command.rpartition(" ")[2]
        app.command(name, hidden=True, context_settings=_ANYTHING)(_tells(command, other, program))


def _tells(command: str, other: str, program: str) -> Callable[[typer.Context], None]:
    def tells(_context: typer.Context) -> None:
        tell(moved(command, program=other), program=program, as_json=False)
        raise typer.Exit(ExitCode.WRONG_USAGE)

    return tells
