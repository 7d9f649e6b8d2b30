"""Keeps the tree of commands that typer builds of an app, so that a test process builds it once.

A program runs one command in its life. Building all commands takes longer than running most.
"""

from functools import cache

import typer.main
import typer.testing


def keep() -> None:
    """Keep each app's tree from now on, for the app itself and for CliRunner."""
    kept = cache(typer.main.get_command)
    typer.main.get_command = kept
    vars(typer.testing)["_get_command"] = kept
