"""Why something could not be shown or done in the operator's console, in the operator's language."""

from idvault_client.errors import VaultError
from idvault_people.console import explaining
from idvault_people.console.operator.decisions import OutdatedPreviewError
from idvault_people.console.operator.texts import OWN_REASONS
from idvault_people.console.operator.vault_commands import CommandRefusedError, CommandsAwayError, away
from idvault_people.console.visit import Explanation, Visit


def explain(error: Exception, visit: Visit) -> Explanation | None:
    """Return why, and what to do; None for an exception that nobody foresaw."""
    detail = visit.say("detail", text=error)
    if isinstance(error, CommandsAwayError):
        return Explanation(
            away(error, visit),
            detail,
            status=503,
            title=visit.say("commands_title" if error.is_silent else "commands_not_run_title"),
            links=(
                ("/log", visit.say("log_title")),
                ("/members", visit.say("roster_title")),
            ),
            # Without it, what is remembered of the host for some seconds would be told again.
            again="?fresh=1",
        )
    if isinstance(error, CommandRefusedError):
        return Explanation(visit.say("command_refused"), detail)
    if isinstance(error, OutdatedPreviewError):
        return Explanation(visit.say("preview_outdated"))
    if isinstance(error, VaultError) and error.reason is not None and error.reason in OWN_REASONS:
        text = OWN_REASONS[error.reason].in_language(visit.language)
        return Explanation(text, detail)
    return explaining.explain(error, visit)
