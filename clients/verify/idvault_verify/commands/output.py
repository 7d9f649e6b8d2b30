"""Shared by all commands: `--json`, results on stdout, errors on stderr, exit codes.

Exit codes: 1 a check failed, 2 wrong usage, 3 something required cannot be reached, 4 refused, 5 not
verified, 6 valid only as far as somebody told: the vault, the file's own roster, a log without witnesses, 7 a
report that the log contradicts.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from idvault_verify.commands.errors import ExitCode
from idvault_verify.offline import CheckError
from idvault_verify.offline.log.continuity import RefusedLogError
from idvault_verify.offline.proof import UnverifiedError
from idvault_verify.printable import escaped

AS_TOLD, FORGED = 6, 7
_MOST_BYTES = 4 * 1024 * 1024

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


class CheckFailedError(Exception):
    """A check failed; the text says which."""


@contextmanager
def reporting(context: typer.Context, as_json: bool) -> Iterator[bool]:
    """Yield whether to print JSON.

    An error within the block ends the command with a text and an exit code.
    """
    as_json = as_json or context.obj.as_json
    try:
        yield as_json
    except RefusedLogError as error:
        if not as_json:
            typer.echo(f"log: {error}")
            raise typer.Exit(ExitCode.UNVERIFIED) from error
        end(ExitCode.UNVERIFIED, "UNVERIFIED", str(error), reason=error.reason, as_json=as_json)
    except (UnverifiedError, CheckError) as error:
        if not as_json:
            typer.echo(f"check: {error.reason}")
        end(ExitCode.UNVERIFIED, "UNVERIFIED", str(error), reason=error.reason, as_json=as_json)
    except CheckFailedError as error:
        end(ExitCode.CHECK_FAILED, "CHECK_FAILED", str(error), as_json=as_json)
    except OSError as error:
        text = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        end(ExitCode.UNREACHABLE, "UNAVAILABLE", text, as_json=as_json)
    except ValueError as error:
        end(ExitCode.UNREACHABLE, "UNAVAILABLE", str(error), as_json=as_json)


def tell_error(code: str, text: str, *, as_json: bool, reason: str = "", field: str | None = None) -> None:
    """Print an error to stderr. reason: a code for programs, if there is one besides the text."""
    if as_json:
        shown = {"code": code, "reason": reason or text or None, "field": field}
        typer.echo(json.dumps({"error": {**shown, "text": text} if reason else shown}), err=True)
    else:
        typer.echo(escaped(text, keep="\n"), err=True)


def show(answer: Mapping[str, object], *, as_json: bool) -> None:
    """Print a result: one JSON object, or one line of names and values.

    The line omits values that are None.
    """
    if as_json:
        typer.echo(json.dumps(answer))
    else:
        shown = " ".join(f"{key}={value}" for key, value in answer.items() if value is not None)
        typer.echo(escaped(shown))


def show_valid(answer: Mapping[str, object], *, as_json: bool) -> None:
    """Print what a check proved; the last line is "check: valid"."""
    if as_json:
        typer.echo(json.dumps({**answer, "valid": True}))
        return
    _show_lines(answer)
    typer.echo("check: valid")


def _show_lines(answer: Mapping[str, object]) -> None:
    for name, value in answer.items():
        if value is not None:
            typer.echo(escaped(f"{name}: {value}"))


def show_limited(answer: Mapping[str, object], *, field: str, text: str, as_json: bool) -> NoReturn:
    """Print what is valid only as far as somebody told, and end the command with exit code 6.

    field: in JSON true in place of `valid`. text: ends the last line, "check: valid as far as ...".
    """
    if as_json:
        typer.echo(json.dumps({**answer, field: True}))
    else:
        _show_lines(answer)
        typer.echo(f"check: valid as far as {text}")
    raise typer.Exit(AS_TOLD)


def read(path: Path, *, limit: int = _MOST_BYTES) -> bytes:
    """Return at most limit + 1 bytes of a file; a valid file is not longer than the limit."""
    with path.open("rb") as file:
        return file.read(limit + 1)


def write(path: Path, text: str) -> None:
    """Write a file that only its owner may read, because anybody who has it can present it."""
    with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)


def end(exit_code: int, code: str, text: str, *, as_json: bool, reason: str = "") -> NoReturn:
    """Print an error to stderr, and end the command."""
    tell_error(code, text, reason=reason, as_json=as_json)
    raise typer.Exit(exit_code)
