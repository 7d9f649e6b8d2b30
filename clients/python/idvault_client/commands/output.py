"""Shared by the client's commands: the errors of the vault, besides what every command has.

Exit codes: 1 a check failed, 2 wrong usage, 3 something required cannot be reached, 4 refused.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from idvault_client.commands.campaign.chart import NoMatplotlibError
from idvault_client.commands.legacy_import.importer import ImportFileError
from idvault_client.commands.tip_off.importer import MaildirError
from idvault_client.errors import Unavailable, VaultError
from idvault_client.reasons import FIELD_TEXTS
from idvault_verify.commands import output
from idvault_verify.commands.errors import ExitCode
from idvault_verify.commands.output import AsJson, CheckFailedError, end, read, show, tell_error, write

__all__ = ["AsJson", "CheckFailedError", "end", "read", "reporting", "show", "tell_error", "write"]


@contextmanager
def reporting(context: typer.Context, as_json: bool) -> Iterator[bool]:
    """Yield whether to print JSON.

    An error within the block ends the command with a text and an exit code.
    """
    with output.reporting(context, as_json) as told:
        try:
            yield told
        except VaultError as error:
            _fail(error, as_json=told)
        except (ImportFileError, MaildirError) as error:
            end(ExitCode.WRONG_USAGE, "USAGE", str(error), as_json=told)
        except NoMatplotlibError as error:
            end(ExitCode.UNREACHABLE, "UNAVAILABLE", str(error), as_json=told)


def _fail(error: VaultError, *, as_json: bool) -> NoReturn:
    exit_code = ExitCode.UNREACHABLE if isinstance(error, Unavailable) else ExitCode.REFUSED
    if as_json:
        field = next(iter(error.fields), None)
        tell_error(error.code, error.reason or error.hint, field=field, as_json=True)
    else:
        typer.echo("\n".join([str(error), *_explained(error)]), err=True)
    raise typer.Exit(exit_code) from error


def _explained(error: VaultError) -> list[str]:
    """Return a line for each wrong field, or else one sentence for the reason."""
    wrong = [
        f"{field}: {FIELD_TEXTS[code].in_language('en')}"
        for field, code in error.fields.items()
        if code in FIELD_TEXTS
    ]
    return wrong or ([error.text("en")] if error.reason else [])
