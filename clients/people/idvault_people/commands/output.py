"""Shared by the moderators' commands: errors of their key folder, besides the client's."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from idvault_client.commands import output
from idvault_people.moderation.key_folder import KeyFolderError
from idvault_verify.commands.errors import ExitCode


@contextmanager
def reporting(context: typer.Context, as_json: bool) -> Iterator[bool]:
    """Yield whether to print JSON.

    An error within the block ends the command with a text and an exit code.
    """
    with output.reporting(context, as_json) as told:
        try:
            yield told
        except KeyFolderError as error:
            output.end(ExitCode.REFUSED, "REFUSED", str(error), as_json=told)
