"""Exit codes of the commands: 3 not reached, 4 refused, 5 not verified; why goes to stderr."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from idvault_client.errors import Unavailable, VaultError
from idvault_client.reasons import FIELD_TEXTS

_UNREACHABLE, _REFUSED, _UNVERIFIED = 3, 4, 5


@contextmanager
def exit_codes(as_json: bool) -> Iterator[None]:
    """Turn what goes wrong within the block into a text on stderr and an exit code."""
    try:
        yield
    except Unavailable as error:
        fail(error, _UNREACHABLE, as_json=as_json)
    except VaultError as error:
        fail(error, _REFUSED, as_json=as_json)
    except OSError as error:
        unreached(error, as_json=as_json)
    except ValueError as error:
        missing(str(error), as_json=as_json)


def fail(error: VaultError, exit_code: int, *, as_json: bool) -> NoReturn:
    """Tell an error and end the command with an exit code."""
    if as_json:
        field = next(iter(error.fields), None)
        shown = {"code": error.code, "reason": error.reason or error.hint or None, "field": field}
        typer.echo(json.dumps({"error": shown}), err=True)
    else:
        typer.echo(str(error), err=True)
        for line in _explained(error):
            typer.echo(line, err=True)
    raise typer.Exit(exit_code)


def _explained(error: VaultError) -> list[str]:
    """Return what an error means to whoever typed the command: what is wrong with which option, or why."""
    wrong = [
        f"{field}: {FIELD_TEXTS[code].in_language('en')}"
        for field, code in error.fields.items()
        if code in FIELD_TEXTS
    ]
    return wrong or ([error.text("en")] if error.reason else [])


def unreached(error: OSError, *, as_json: bool) -> NoReturn:
    """End a command that cannot read or write a file, with the name of the file."""
    missing(f"{error.filename}: {error.strerror}" if error.filename else str(error), as_json=as_json)


def missing(text: str, *, as_json: bool) -> NoReturn:
    """End a command that lacks something it needs; the text says what."""
    if as_json:
        typer.echo(json.dumps({"error": {"code": "UNAVAILABLE", "reason": text, "field": None}}), err=True)
    else:
        typer.echo(text, err=True)
    raise typer.Exit(_UNREACHABLE)


def unverified(reason: str, text: str, *, as_json: bool) -> NoReturn:
    """End a check that failed: why goes to stderr, the last line of stdout is "check: REASON"."""
    if as_json:
        told = {"code": "UNVERIFIED", "reason": reason, "field": None, "text": text}
        typer.echo(json.dumps({"error": told}), err=True)
    else:
        typer.echo(text, err=True)
        typer.echo(f"check: {reason}")
    raise typer.Exit(_UNVERIFIED)
