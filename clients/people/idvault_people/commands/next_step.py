"""Explains an error to a roster member, and suggests the next command."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from idvault_client.errors import SecondFactorRefused
from idvault_verify.disclosure import HistoryFinding
from idvault_verify.error import InvalidError, Reason

_WHY = {
    Reason.ACCESS_DENIED: "the roster in force does not give you this role or a share of this record",
    Reason.SELF_APPROVAL: "you cannot decide on your own request",
    Reason.ILLEGAL_TRANSITION: "not possible now: too few shares, or already decided, confirmed or ended",
    Reason.DISCLOSURE_EXPIRED: "the request has expired",
    Reason.QUORUM_INVALID: "the custodians of the record have just changed",
    Reason.ROSTER_INVALID: "the roster has just changed",
    Reason.REQUEST_NOT_FOUND: "there is no request of yours with this id, and only its auditor sees a case",
    Reason.ACCOUNT_NOT_FOUND: "there is no account with a record under this token",
    Reason.RECORD_VERSION_GONE: "the version that --record names is destroyed, or never was",
    Reason.ACCOUNT_ERASED: "the record was erased: its key is destroyed, or will be",
    Reason.TOO_MANY_ATTEMPTS: "you have reached the limit of requests for one day",
    Reason.REQUEST_ID_REUSED: "this signature was used before",
    Reason.LOG_UNAVAILABLE: "the log cannot record this now, and nothing happens without a record",
    Reason.STORE_UNAVAILABLE: "the vault cannot reach its databases",
    Reason.OPERATION_NOT_FOUND: "there is no operation of yours with this id",
    Reason.PLATFORM_NOT_FOUND: "no platform of this name was ever registered at the vault",
    Reason.RECORD_DAMAGED: "the log entry of its settlement names another record, or its key is lost",
}
_AGAIN = {
    Reason.LOG_UNAVAILABLE: "repeat the command in a few seconds; it counts once",
    Reason.STORE_UNAVAILABLE: "repeat the command in a few seconds",
    Reason.TOO_MANY_ATTEMPTS: "repeat the command tomorrow",
    Reason.QUORUM_INVALID: "repeat the command",
    Reason.ROSTER_INVALID: "repeat the command",
}
_SHARES = (HistoryFinding.SHARE_WRONG, HistoryFinding.SHARES_MISSING)
WITNESSES = (
    "next: compare the clock of this machine (NTP), and repeat the command when the witnesses can be reached"
)
_OPTIONS = {
    "account_token": "--account",
    "case_reference": "--case",
    "legal_basis": "--legal-basis",
    "purpose": "--purpose",
    "openings": "--openings",
    "expire_time": "--hours",
    "reason": "--reason",
    "target": "--to",
    "measure": "--measure",
    "deadline": "--deadline",
    "title": "--title",
    "last_day": "--last-day",
}


@dataclass(frozen=True, slots=True)
class NextStep:
    """Suggests the next command. folder: the identity folder; disclosure_id: the disclosure, if known."""

    role: str
    folder: Path
    disclosure_id: str = ""

    @property
    def command(self) -> str:
        """The command up to the verb."""
        return f"idvault-people {self.role} --identity {shlex.quote(str(self.folder))}"

    def after_finding(self, text: str, finding: HistoryFinding) -> str:
        """Return the text for something that does not verify."""
        if self.role != "custodian" and finding is HistoryFinding.LOG_NOT_WITNESSED:
            return f"{text}\nnothing was shown; {WITNESSES}"
        if self.role != "custodian":
            show = f"{self.command} show {self.disclosure_id}"
            if finding in _SHARES:
                again = f"{self.command} open {self.disclosure_id}"
                return (
                    f"{text}\nnothing was shown; no opening is used up\n"
                    f"next: ask another custodian to approve, then: {again}"
                )
            return f"{text}\nnothing was shown; tell the custodians, then: {show}"
        deny = f"{self.command} deny {self.disclosure_id or 'ID'}"
        if finding is HistoryFinding.LOG_FORKED:
            return f"{text}\nno share was given"
        if finding is HistoryFinding.LOG_NOT_WITNESSED:
            return f"{text}\nno share was given; {WITNESSES}"
        if finding is HistoryFinding.NOT_IN_LOG:
            deny = f"if the request is new, repeat the command in a few seconds; otherwise {deny}"
        return f"{text}\nno share was given; next: {deny}"

    def after_unlogged_release(self, text: str) -> str:
        """Return the text for a share that was sent although the log does not show its release."""
        again = f"{self.command} approve {self.disclosure_id}"
        return (
            f"{text}\nyour share was sent, and your approval is in the log, but not the release\n"
            f"next: repeat {again}; if that fails again, tell the other custodians"
        )

    def after_refusal(self, text: str, reason: str | None, field: str) -> str:
        """Return the text for something that the vault refused. field: the invalid field, if any."""
        known = Reason(reason) if reason in {each.value for each in Reason} else None
        why = f"\nwhy: {_WHY[known]}" if known in _WHY else ""
        return f"{text}{why}\nnext: {self._after(known)}"

    def after_code(self, error: SecondFactorRefused) -> str:
        """Return the text for a code that was not accepted, or a second factor that is missing or locked."""
        until = f"{error.locked_until:%Y-%m-%d %H:%M} UTC" if error.locked_until else "the lock ends"
        again = "wait for the next code, then repeat the command"
        left = f"; {error.tries_left} tries are left before a lock" if error.tries_left else ""
        match error.cause:
            case "NOT_ENROLLED":
                why, again = "you have no second factor yet", f"{self.command} second-factor"
            case "CODE_MISSING":
                why = "you have a second factor, and a new one needs one of its codes"
                again = f"{self.command} --code CODE second-factor"
            case "CODE_MALFORMED":
                why, again = "a code has six digits", "repeat the command"
            case _:
                why = f"the code is wrong, expired or already used{left}"
        if error.locked_until or error.reason == Reason.SECOND_FACTOR_LOCKED:
            why = f"there were too many wrong codes: the second factor is locked until {until}"
            again = "repeat the command after that; no code is accepted before"
        return f"{error}\nwhy: {why}\nnext: {again}"

    @staticmethod
    def after_evidence(text: str, reason: str) -> str:
        """Return the text for evidence that cannot be read or does not verify."""
        if reason != "OTHER_READER":
            return text
        export = "idvault-people auditor export FILE --out DIR --for NAME"
        return f"{text}\nnext: ask its reader for a copy: {export}"

    def after_mistake(self, error: InvalidError) -> str:
        """Return the text for something that was refused before it was sent."""
        wrong = ", ".join(
            f"{_OPTIONS.get(each.field, each.field)} is wrong ({each.code.value})"
            for each in error.violations
        )
        verb = "request " if self.role == "auditor" else ""
        return f"{error}: {wrong}\nnext: {self.command} {verb}--help"

    def look(self, text: str) -> str:
        """Return the text for a request that does not wait for a decision."""
        return f"{text}\nnext: {self.command} pending"

    def ask_anew(self, text: str) -> str:
        """Return the text for a record that can no longer be opened."""
        return f"{text}\nnext: {self.command} request --help"

    def _after(self, reason: Reason | None) -> str:
        if reason is Reason.ACCESS_DENIED:
            return f"idvault-people roster show {shlex.quote(str(self.folder / 'roster.json'))}"
        if reason in _AGAIN:
            return _AGAIN[reason]
        if self.role == "authority":
            return f"{self.command} list"
        if self.role != "auditor":
            return f"{self.command} pending"
        gone = reason in {Reason.REQUEST_NOT_FOUND, Reason.ACCOUNT_NOT_FOUND}
        if reason is Reason.REQUEST_NOT_FOUND and self.disclosure_id:
            return f"{self.command} list; of a colleague's case: show {self.disclosure_id} --evidence FILE"
        return (
            f"{self.command} list"
            if gone or not self.disclosure_id
            else f"{self.command} show {self.disclosure_id}"
        )
