"""Keeps the trees of commands that typer builds of apps, so that a test process builds each once.

A program runs one command in its life. To build its commands takes longer than to run most, and so does to
look for what other packages add.
"""

from functools import cache
from importlib.metadata import entry_points

import typer.main
import typer.testing

from idvault.processes.cli import app
from idvault_verify.commands.program import Commands


def keep() -> None:
    """Keep each app's tree from now on, for the app itself and for CliRunner, and what is installed."""
    kept = cache(typer.main.get_command)
    typer.main.get_command = kept
    vars(typer.testing)["_get_command"] = kept
    vars(app)["entry_points"] = cache(entry_points)
    _keep_programs()


def _keep_programs() -> None:
    # A program is made for each run; equal ones have the same commands.
    build, built = Commands.app, list[tuple[Commands, typer.Typer]]()

    def keeping(self: Commands) -> typer.Typer:
        for program, made in built:
            if program == self:
                return made
        built.append((self, build(self)))
        return built[-1][1]

    Commands.app = keeping  # type: ignore[method-assign]
