"""After a refusal at a desk: what it means, and what to type next."""

import shlex
from pathlib import Path

from idvault.domain.disclosure import Finding
from idvault.domain.error import InvalidError, Reason

_WHY = {
    Reason.ACCESS_DENIED: "the roster in force does not give you this role, or no share of this record",
    Reason.SECOND_FACTOR_REFUSED: "the code is wrong, was used before, or is late",
    Reason.SECOND_FACTOR_LOCKED: "there were too many wrong codes",
    Reason.SELF_APPROVAL: "nobody decides about an own request",
    Reason.ILLEGAL_TRANSITION: "not possible as it stands: too few approvals, or it is decided or over",
    Reason.DISCLOSURE_EXPIRED: "its time is over",
    Reason.QUORUM_INVALID: "the custodians of the record have just changed",
    Reason.ROSTER_INVALID: "the roster has just changed",
    Reason.REQUEST_NOT_FOUND: "there is nothing of this id for you",
    Reason.ACCOUNT_NOT_FOUND: "there is no account with a record under this token",
    Reason.ACCOUNT_ERASED: "the record was erased",
    Reason.TOO_MANY_ATTEMPTS: "you have asked as often as you may in a day",
    Reason.REQUEST_ID_REUSED: "this was signed and used before",
    Reason.LOG_UNAVAILABLE: "the log cannot take this down now, and without it nothing happens",
    Reason.STORE_UNAVAILABLE: "the vault does not reach its databases",
    Reason.RECORD_DAMAGED: "the record is not the one that its settlement in the log names",
}
_AGAIN = {
    Reason.SECOND_FACTOR_REFUSED: "wait for the next code, then the same command again",
    Reason.SECOND_FACTOR_LOCKED: "wait until the lock ends (15 minutes or more), then again",
    Reason.LOG_UNAVAILABLE: "the same command again in a moment; one that was lost on the way counts once",
    Reason.STORE_UNAVAILABLE: "the same command again in a moment",
    Reason.TOO_MANY_ATTEMPTS: "the same command again tomorrow",
    Reason.QUORUM_INVALID: "the same command again",
    Reason.ROSTER_INVALID: "the same command again",
}
_OPTIONS = {
    "account_token": "--account",
    "case_reference": "--case",
    "legal_basis": "--legal-basis",
    "purpose": "--purpose",
    "openings": "--openings",
    "expire_time": "--hours",
}


class NextStep:
    """Says what to type next."""

    def __init__(self, role: str, folder: Path, disclosure_id: str = "") -> None:
        """Take who types, and what it is about."""
        self._role = role
        self._folder = folder
        self._id = disclosure_id
        self.command = f"idvault {role} --identity {shlex.quote(str(folder))}"

    def after_finding(self, text: str, finding: Finding) -> str:
        """Return the text of something that does not verify."""
        if self._role != "custodian":
            return f"{text}\nnothing was shown; tell the custodians, then: {self.command} show {self._id}"
        deny = f"{self.command} deny {self._id or 'ID'}"
        if finding is Finding.NOT_IN_LOG:
            deny = f"if it was filed just now, the same command again in a few seconds; else {deny}"
        return f"{text}\nno share was given; next: {deny}"

    def after_refusal(self, text: str, reason: str | None, field: str) -> str:
        """Return the text of something that the vault refused; field: the wrong one, if it named any."""
        known = Reason(reason) if reason in {each.value for each in Reason} else None
        why = f"\nwhy: {_WHY[known]}" if known in _WHY else ""
        return f"{text}{why}\nnext: {self._after(known)}"

    def after_mistake(self, error: InvalidError) -> str:
        """Return the text of something that was refused before it was sent."""
        wrong = ", ".join(
            f"{_OPTIONS.get(each.field, each.field)} is wrong ({each.code.value})"
            for each in error.violations
        )
        verb = "request " if self._role == "auditor" else ""
        return f"{error}: {wrong}\nnext: {self.command} {verb}--help"

    def look(self, text: str) -> str:
        """Return the text of something that is not there."""
        return f"{text}\nnext: {self.command} pending"

    def ask_anew(self, text: str) -> str:
        """Return the text of a request that cannot be opened any more."""
        return f"{text}\nnext: {self.command} request --help"

    def _after(self, reason: Reason | None) -> str:
        if reason is Reason.ACCESS_DENIED:
            return f"idvault roster show {shlex.quote(str(self._folder / 'roster.json'))}"
        if reason in _AGAIN:
            return _AGAIN[reason]
        if self._role != "auditor":
            return f"{self.command} pending"
        gone = reason in {Reason.REQUEST_NOT_FOUND, Reason.ACCOUNT_NOT_FOUND}
        return f"{self.command} list" if gone or not self._id else f"{self.command} show {self._id}"
