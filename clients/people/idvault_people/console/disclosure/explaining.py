"""Why an act of an auditor or a custodian did not happen, in the user's language."""

from idvault_people.console import explaining
from idvault_people.console.visit import Explanation, Visit
from idvault_people.custody.handover import NotReplacedError
from idvault_people.custody.journal import HandOverJournalError
from idvault_people.disclosure.custodian import UnloggedReleaseError
from idvault_people.disclosure.kept_approval import KeptApprovalError
from idvault_people.disclosure.one_time_key import OneTimeKeyError
from idvault_people.disclosure.pending import NotPendingError
from idvault_verify.offline.evidence.file import EvidenceError

_KEYS: dict[type[Exception], str] = {
    UnloggedReleaseError: "unlogged",
    OneTimeKeyError: "no_key",
    KeptApprovalError: "damaged",
    EvidenceError: "evidence_wrong",
    NotPendingError: "not_pending",
    NotReplacedError: "not_replaced",
    HandOverJournalError: "damaged",
    FileExistsError: "exists",
}


def explain(error: Exception, visit: Visit) -> Explanation | None:
    """Return why, and what to do; None for an exception from outside the client library."""
    if type(error) in _KEYS:
        return Explanation(visit.say(_KEYS[type(error)]), visit.say("detail", text=error))
    return explaining.explain(error, visit)
