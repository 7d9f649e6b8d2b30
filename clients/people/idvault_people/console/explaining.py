"""Why an act of a member of the roster did not happen, in the user's language."""

import re
from collections.abc import Iterable, Mapping

from idvault_client import reasons
from idvault_client.errors import SecondFactorRefused, Unavailable, VaultError
from idvault_people.console import shown
from idvault_people.console.member_texts import FINDINGS, REASONS
from idvault_people.console.visit import Explanation, Visit
from idvault_people.trust import FindingError
from idvault_verify.disclosure import HistoryFinding
from idvault_verify.error import FieldCode, InvalidError, Reason

_NUMBER = re.compile(r"_\d+\Z")
# Where a page calls a field by another key than its name.
_FIELDS = {
    "account_token": "account",
    "case_reference": "case",
    "deadline_at": "deadline",
    "target": "target_field",
    "target_kind": "kind",
    "title": "operation_title",
}


def explain(error: Exception, visit: Visit) -> Explanation | None:
    """Return why, and what to do; None for an exception from outside the client library."""
    detail = visit.say("detail", text=error)
    if isinstance(error, FindingError):
        return Explanation(finding(error.finding, visit), detail)
    if isinstance(error, SecondFactorRefused):
        return Explanation(code(error, visit), detail)
    if isinstance(error, VaultError):
        is_down = isinstance(error, Unavailable) and error.reason is None
        why = visit.say("unreachable") if is_down else refusal(error, visit)
        return Explanation(why, detail, status=503 if isinstance(error, Unavailable) else 409)
    if isinstance(error, InvalidError):
        fields = shown.listed((_field(each.field, visit) for each in error.violations), visit)
        return Explanation(visit.say("invalid", fields=fields))
    return None


def labels(errors: Iterable[str], visit: Visit) -> Mapping[str, str]:
    """Return how a page calls its fields with errors. errors: their ids, with the number of a row.

    A field is left out if no page has a name for it.
    """
    found = {name: _NUMBER.sub("", name) for name in errors if name}
    return {name: text for name, field in found.items() if (text := _field(field, visit)) != field}


def _field(name: str, visit: Visit) -> str:
    """Return how a page calls a field of a message; its own name if no page of the console has it."""
    try:
        return visit.say(_FIELDS.get(name, name))
    except KeyError:
        return name


def finding(found: HistoryFinding, visit: Visit) -> str:
    """Return the text of a finding."""
    return FINDINGS[found].in_language(visit.language)


def text_wrong(code: str, value: str, visit: Visit) -> str:
    """Return what is wrong with a text that will be signed."""
    if not value:
        return visit.say("required")
    return visit.say("text_too_long" if code == FieldCode.LENGTH else "text_characters")


def refusal(error: VaultError, visit: Visit) -> str:
    """Return the text of something that the vault refused."""
    reason = error.reason or ""
    if reason in Reason.__members__ and (known := Reason(reason)) in REASONS:
        return REASONS[known].in_language(visit.language)
    return reasons.reason_text(error.reason, language=visit.language)


def code(error: SecondFactorRefused, visit: Visit) -> str:
    """Return why a one-time code was refused, with the tries that are left or the end of the lock."""
    if error.cause == "NOT_ENROLLED":
        return visit.say("code_none")
    if error.locked_until is not None:
        return visit.say("code_locked", time=shown.time(error.locked_until, visit))
    why = refusal(error, visit)
    return why if error.tries_left is None else f"{why} {visit.say('code_left', left=error.tries_left)}"
