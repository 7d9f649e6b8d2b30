"""Refusals of the vault in words, for a page as a whole and for the fields of a form."""

from collections.abc import Mapping

from idvault_client.errors import InvalidFields, NotFound, RequestIdReused, Unavailable, VaultError
from idvault_client.reasons import FIELD_TEXTS
from idvault_people.console.visit import Explanation, Visit
from idvault_people.moderation.texts import TEXTS
from idvault_verify.error import Reason

# Fields of messages whose field of the form has another name.
_FIELDS = {
    "account_token": "account",
    "evidence_digests": "evidence",
    "end_time": "days",
    "order": "authority",
    "order.authority": "authority",
    "order.reference": "order_reference",
    "order.digest": "order_digest",
    "order_date": "order_date",
    "order.order_date": "order_date",
    "duplicate_ids": "duplicates",
    "target.account_token": "target",
    "target.public_account_id": "target",
    "target.content": "target",
    "limit_end_time": "limited_until",
    "licence.reference": "licence_reference",
    "licence.expire_date": "licence_day",
    "licence.category": "licence",
}
# A reason whose usual text is for a reporter or an owner.
_OWN_TEXTS: Mapping[str, str] = {
    Reason.TIP_OFF_NOT_FOUND: "report_not_found",
    Reason.REQUEST_ID_REUSED: "form_used",
}
# A reason that is about one field of a form.
_REASON_FIELDS: Mapping[str, str] = {Reason.AUTHORITY_NOT_FOUND: "authority"}
_SIGNATURE = "signature"


def explain(error: Exception, visit: Visit) -> Explanation | None:
    """Return why a page cannot be shown; None for an exception that is not the vault's."""
    if not isinstance(error, VaultError):
        return None
    told = visit.say("no_answer") if isinstance(error, Unavailable) else text(error, visit)
    return Explanation(told, status=status(error))


def text(error: VaultError, visit: Visit, *, states: str = "state") -> str:
    """Return a refusal in one or two sentences. states: the list of words for the state of the case."""
    if isinstance(error, Unavailable):
        return visit.say("not_known_whether")
    own = _OWN_TEXTS.get(error.reason or "")
    told = visit.say(own) if own else error.text(visit.language)
    # A vault that is newer may name a state that has no word here.
    keys = [f"{each}.{state}" for state in (error.states or ())[:1] for each in (states, "state")]
    known = next((key for key in keys if key in TEXTS), "")
    return f"{told} {visit.say('now_it_is', state=visit.say(known))}" if known else told


def field_errors(
    error: VaultError, visit: Visit, *, known: frozenset[str], states: str = "state"
) -> Mapping[str, str]:
    """Return what is wrong by field of the form; "" for the form as a whole. states: as of `text`."""
    if not isinstance(error, InvalidFields) or not error.fields:
        name = _REASON_FIELDS.get(error.reason or "", "")
        return {name if name in known else "": text(error, visit, states=states)}
    found: dict[str, str] = {}
    for path, code in error.fields.items():
        if path.startswith(_SIGNATURE) or path.endswith(f".{_SIGNATURE}"):
            return {"": visit.say("key_refused")}
        told = (
            FIELD_TEXTS[code].in_language(visit.language) if code in FIELD_TEXTS else visit.say("wrong_value")
        )
        name = field_of(path)
        found.setdefault(*((name, told) if name in known else ("", visit.say("named", name=path, what=told))))
    return found


def field_of(path: str) -> str:
    """Return the field of a form for the path of a message's field."""
    short = path.removeprefix("plan.").removeprefix("sanction.").removeprefix("template.")
    short = short.removeprefix("content_measure.").removeprefix("statement.")
    return _FIELDS.get(short, short)


def status(error: VaultError) -> int:
    """Return the status of the page that tells a refusal."""
    if isinstance(error, Unavailable):
        return 503
    if isinstance(error, NotFound):
        return 404
    return 422 if isinstance(error, InvalidFields) and not isinstance(error, RequestIdReused) else 409
