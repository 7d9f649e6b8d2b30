"""Exit codes of the commands: 3 not reached, 4 refused; the text or JSON object goes to stderr."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from idvault_client.errors import Unavailable, VaultError

_UNREACHABLE, _REFUSED = 3, 4


@contextmanager
def exit_codes(as_json: bool) -> Iterator[None]:
    """Turn what goes wrong within the block into a text on stderr and an exit code."""
    try:
        yield
    except Unavailable as error:
        fail(error, _UNREACHABLE, as_json=as_json)
    except VaultError as error:
        fail(error, _REFUSED, as_json=as_json)
    except (OSError, ValueError) as error:
        fail(VaultError(code="UNAVAILABLE", hint=str(error)), _UNREACHABLE, as_json=as_json)


def fail(error: VaultError, exit_code: int, *, as_json: bool) -> NoReturn:
    """Tell an error and end the command with an exit code."""
    if as_json:
        field = next(iter(error.fields), None)
        shown = {"code": error.code, "reason": error.reason or error.hint or None, "field": field}
        typer.echo(json.dumps({"error": shown}), err=True)
    else:
        typer.echo(str(error), err=True)
        if error.reason:
            typer.echo(error.text("en"), err=True)
    raise typer.Exit(exit_code)
