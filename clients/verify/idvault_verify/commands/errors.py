"""How a command ends: exit codes, and errors on stderr, as text or as JSON.

0 done; 1 a check failed; 2 wrong usage; 3 something required cannot be reached; 4 refused; 5 a proof or
signature does not verify.
"""

import sys
import traceback
from collections.abc import Mapping
from enum import IntEnum

from idvault_verify import printable
from idvault_verify.attest.reading import RosterError
from idvault_verify.error import DamagedError, IdvaultError, InvalidError, UnavailableError


class ExitCode(IntEnum):
    """The exit codes of every command."""

    DONE = 0
    CHECK_FAILED = 1
    WRONG_USAGE = 2
    UNREACHABLE = 3
    REFUSED = 4
    UNVERIFIED = 5


class CommandError(Exception):
    """Ends a command with an exit code other than 0."""

    def __init__(
        self,
        code: ExitCode,
        text: str,
        *,
        reason: str,
        field: str = "",
        details: Mapping[str, str] | None = None,
    ) -> None:
        """reason: a code for programs. field: the wrong option, setting or field, empty if there is none.

        details: further words for programs, by name.
        """
        super().__init__(text)
        self.code = code
        self.reason = reason
        self.field = field
        self.details = dict(details or {})


def wrong_usage(text: str, *, field: str) -> CommandError:
    """Return the error of an option that is missing or not valid."""
    return CommandError(ExitCode.WRONG_USAGE, text, reason="USAGE", field=field)


def not_installed(package: str) -> CommandError:
    """Return the error of a command that needs packages that are not installed."""
    text = f"this command needs packages that are not installed: pip install '{package}'"
    return CommandError(ExitCode.UNREACHABLE, text, reason="NOT_INSTALLED")


def moved(command: str, *, now: str) -> CommandError:
    """Return the error of a command that another package has. now: how one types it with that package."""
    program = now.partition(" ")[0]
    # What idvault-dev adds is typed after the service's name.
    package = "idvault-dev" if program == "idvault" else program
    text = f"`{command}` is a command of {package}: pip install {package}, then `{now}`"
    return CommandError(ExitCode.WRONG_USAGE, text, reason="MOVED", details={"package": package})


def explain(error: Exception) -> CommandError:
    """Return the exit code and the text for an exception."""
    match error:
        case CommandError():
            return error
        case IdvaultError():
            return _explain_refusal(error)
        case OSError():
            return CommandError(ExitCode.UNREACHABLE, _os_text(error), reason="SYSTEM")
        case _:
            return _explain_usage(error) or _explain_mistake(error)


def _explain_refusal(error: IdvaultError) -> CommandError:
    code = ExitCode.REFUSED
    if isinstance(error, UnavailableError):
        code = ExitCode.UNREACHABLE
    elif isinstance(error, DamagedError | RosterError):
        code = ExitCode.UNVERIFIED
    field = error.violations[0].field if isinstance(error, InvalidError) and error.violations else ""
    reason = error.reason.value
    # Some errors carry a text that says more than their reason.
    text = str(error) if str(error) != reason else _TEXTS.get(reason, reason)
    return CommandError(code, text, reason=reason, field=field)


_TEXTS = {
    "STORE_UNAVAILABLE": "STORE_UNAVAILABLE: a database cannot be reached, or needs `idvault db upgrade`",
    "ROSTER_INVALID": "ROSTER_INVALID: the roster is not valid, or older than the adopted one",
    "ILLEGAL_TRANSITION": "ILLEGAL_TRANSITION: not allowed in the present state",
    "ACCOUNT_NOT_FOUND": "not found",
}


def _os_text(error: OSError) -> str:
    where = f": {error.filename}" if error.filename else ""
    return f"{error.strerror or type(error).__name__}{where}"


def _explain_usage(error: Exception) -> CommandError | None:
    """Return the command line parser's own error, recognised by a method because its classes are private."""
    if not hasattr(error, "format_message"):
        return None
    return CommandError(ExitCode.WRONG_USAGE, error.format_message(), reason="USAGE")


def _explain_mistake(error: Exception) -> CommandError:
    # The text of an unexpected exception may hold personal data; its code locations do not.
    places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    name = type(error).__name__
    text = "\n  ".join((f"unexpected {name}; this is a bug in idvault, at", *places[-6:]))
    return CommandError(ExitCode.CHECK_FAILED, text, reason="UNEXPECTED")


def tell(error: CommandError, *, program: str, as_json: bool) -> None:
    """Write an error to stderr."""
    if as_json:
        content = {
            "code": error.code.name,
            "reason": error.reason,
            "field": error.field or None,
            "text": str(error),
            **error.details,
        }
        print(printable.to_json({"error": content}), file=sys.stderr, flush=True)
    else:
        # Lines that begin with "log: " are a documented format, so they get no prefix.
        who = "" if str(error).startswith("log: ") else f"{program}: "
        print(f"{who}{printable.escaped(str(error), keep=chr(10))}", file=sys.stderr, flush=True)
