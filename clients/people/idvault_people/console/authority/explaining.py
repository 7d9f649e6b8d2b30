"""Why an act of an officer did not happen, in the officer's language."""

from idvault_client.errors import NotFound, SecondFactorRefused, VaultError
from idvault_people.console import explaining
from idvault_people.console.authority.texts import OFFICER_REASONS
from idvault_people.console.visit import Explanation, Visit
from idvault_verify.error import Reason


def explain(error: Exception, visit: Visit) -> Explanation | None:
    """Return why, and what to do; None for an exception from outside the client library."""
    detail = visit.say("detail", text=error)
    if isinstance(error, NotFound):
        return Explanation(refusal(error, visit), detail, status=404)
    if isinstance(error, VaultError) and not isinstance(error, SecondFactorRefused) and _own(error):
        return Explanation(refusal(error, visit), detail)
    return explaining.explain(error, visit)


def refusal(error: VaultError, visit: Visit) -> str:
    """Return the text of something that the vault refused."""
    if "deadline" in error.fields:
        return visit.say("deadline_term")
    if is_of_signature(error):
        return visit.say("clock_wrong")
    own = _own(error)
    return OFFICER_REASONS[own].in_language(visit.language) if own else explaining.refusal(error, visit)


def by_field(error: VaultError, visit: Visit) -> dict[str, str]:
    """Return what the vault refused on a preview, by field."""
    if isinstance(error, SecondFactorRefused):
        return {"code": explaining.code(error, visit)}
    return {"": refusal(error, visit)}


def asks_for_another(error: VaultError) -> bool:
    """Return whether what was refused must be made anew: the roster or this machine's clock has changed."""
    return error.reason == Reason.ROSTER_INVALID or is_of_signature(error)


def is_of_signature(error: VaultError) -> bool:
    """Return whether the vault did not accept what was signed, as after a clock that is wrong."""
    return not {"signed_orders", "signed_withdrawal", "signed_operation", "signed_answer"}.isdisjoint(
        error.fields
    )


def _own(error: VaultError) -> Reason | None:
    known = next((each for each in Reason if each.value == error.reason), None)
    return known if known in OFFICER_REASONS else None
