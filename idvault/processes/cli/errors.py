"""How a command of the service ends: what only its processes raise, besides what every command does."""

import sys

from idvault.core.process import PortBusyError, ProcessError
from idvault_verify.commands import errors
from idvault_verify.commands.errors import CommandError, ExitCode


def explain(error: Exception) -> CommandError:
    """Return the exit code and the text for an exception."""
    match error:
        case PortBusyError():
            return CommandError(ExitCode.UNREACHABLE, str(error), reason="PORT_BUSY")
        case ProcessError():
            return CommandError(ExitCode.CHECK_FAILED, str(error), reason="PROCESS_ENDED")
        case ModuleNotFoundError(name=str(name)) if not name.startswith("idvault"):
            return errors.not_installed("idvault")
        case _:
            return _explain_settings(error) or errors.explain(error)


def _explain_settings(error: Exception) -> CommandError | None:
    # Not imported here: a command that reads no settings does not load the packages that read them.
    config = sys.modules.get("idvault.core.config")
    if config is None or not isinstance(error, config.ConfigError):
        return None
    text = str(error)
    return CommandError(ExitCode.WRONG_USAGE, text, reason="SETTINGS", field=error.problems[0].split(" ")[0])
