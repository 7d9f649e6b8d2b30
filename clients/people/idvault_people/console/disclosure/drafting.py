"""A new request on the auditor's console: one question a page, then exactly what will be signed.

The order's file is hashed here. Its SHA-256 becomes a part of the legal basis, so it is signed and every
custodian sees it; the file itself goes nowhere. What is kept and what is sent: console.drafts. Each answer is
also kept in a file that only the auditor's keys open, so that a console that is killed loses none.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

from idvault_client import reasons
from idvault_client.errors import NotFound
from idvault_people.console import done, drafts, explaining, shown
from idvault_people.console.disclosure import cases
from idvault_people.console.disclosure.begun import BegunRequests
from idvault_people.console.disclosure.session import AuditorSession
from idvault_people.console.drafts import Drafts
from idvault_people.console.visit import Answer, ConsolePage, GoTo, NoPageError, Route, Visit
from idvault_people.disclosure import order_file
from idvault_people.disclosure.auditor import PreparedRequest
from idvault_people.disclosure.request_draft import RequestDraft
from idvault_verify import disclosure, token
from idvault_verify.attest.disclosure import Terms
from idvault_verify.error import InvalidError, Reason

_STEPS = ("account", "case", "legal_basis", "order", "purpose", "limits")
LONGEST_BASIS = disclosure.LONGEST_LEGAL_BASIS - order_file.PART_LENGTH
_HOURS = disclosure.LONGEST_LIFETIME // timedelta(hours=1)
# Values that are allowed, for the fields that a step does not ask for.
_ALLOWED: dict[str, Any] = {
    "disclosure_id": "0" * 32,
    "account_token": token.make(bytes(16)),
    "case_reference": "-",
    "legal_basis": "-",
    "purpose": "-",
    "openings": 1,
    "lifetime": disclosure.USUAL_LIFETIME,
}
_FIELDS = {
    "account": "account_token",
    "case": "case_reference",
    "legal_basis": "legal_basis",
    "purpose": "purpose",
}
_LIMITS = {
    "case": disclosure.LONGEST_CASE_REFERENCE,
    "legal_basis": LONGEST_BASIS,
    "purpose": disclosure.LONGEST_PURPOSE,
}


@dataclass(eq=False)
class _RequestInHand:
    """A draft that is worked on. kept: as it is on the disk; prepared: what its preview shows."""

    kept: RequestDraft = field(default_factory=RequestDraft)
    prepared: PreparedRequest | None = field(default=None, repr=False)

    @property
    def missing(self) -> str:
        """The first step without an answer, "" if there is none."""
        return next((step for step in _STEPS if step not in self.kept.answers), "")

    def terms(self) -> dict[str, Any]:
        """Return what a request asks for."""
        answers = self.kept.answers
        openings, _, hours = answers["limits"].partition(" ")
        return {
            "account_token": answers["account"],
            "case_reference": answers["case"],
            "legal_basis": answers["legal_basis"] + order_file.part(self.kept.order_digest),
            "purpose": answers["purpose"],
            "openings": int(openings),
            "lifetime": timedelta(hours=int(hours)),
        }


@dataclass(eq=False)
class Drafting:
    """The pages of a new request."""

    session: AuditorSession
    begun: BegunRequests
    _drafts: Drafts[_RequestInHand] = field(default_factory=lambda: Drafts("/new"), repr=False)

    def routes(self) -> tuple[Route, ...]:
        """Return the pages."""
        return (
            Route("GET", "/new", self.start),
            Route("POST", "/new", self.begin),
            Route("GET", "/new/{draft:[0-9a-f]{32}}/check", self.check),
            Route("POST", "/new/{draft:[0-9a-f]{32}}/check", self.send),
            Route("POST", "/new/{draft:[0-9a-f]{32}}/discard", self.discard),
            Route("GET", "/new/{draft:[0-9a-f]{32}}/{step}", self.ask),
            Route("POST", "/new/{draft:[0-9a-f]{32}}/{step}", self.answer),
        )

    def start(self, visit: Visit) -> Answer:
        """Ask the first question, below the drafts that wait to be finished."""
        unfinished = [
            (
                number,
                kept.answers.get("case", ""),
                visit.say("case_has_sent_draft" if self.begun.has_arrived(number) else "draft_unsent"),
                cases.draft_codes(kept, visit),
            )
            for number, kept in self.begun.every()
        ]
        told = self.session.untold.told(visit, "discarded")
        return _question(visit, _RequestInHand(), "account", {}, unfinished, told=told)

    def begin(self, visit: Visit) -> Answer:
        """Keep the first answer as a new draft."""
        draft, number = _RequestInHand(), os.urandom(16).hex()
        if errors := _take(draft.kept, "account", visit):
            return _question(visit, draft, "account", errors)
        self._drafts.keep(number, draft)
        self.begun.put(number, draft.kept)
        return GoTo(f"/new/{number}/{draft.missing}")

    def ask(self, visit: Visit) -> Answer:
        """Ask one question."""
        if case := self._drafts.sent(visit):
            return case
        return _question(visit, self._draft(visit), _step(visit), {})

    def answer(self, visit: Visit) -> Answer:
        """Keep an answer, and lead to the next question."""
        if case := self._drafts.sent(visit):
            return case
        draft, step = self._draft(visit), _step(visit)
        if errors := _take(draft.kept, step, visit):
            return _question(visit, draft, step, errors)
        draft.prepared = None
        self.begun.put(visit.parts["draft"], draft.kept)
        return GoTo(f"{self._drafts.here(visit)}/{draft.missing or 'check'}")

    def discard(self, visit: Visit) -> Answer:
        """Destroy a draft that will not be finished."""
        self.begun.destroy(visit.parts["draft"])
        return self._drafts.finish(visit, self.session.untold.at("/new", "discarded"))

    def check(self, visit: Visit) -> Answer:
        """Show exactly what will be signed."""
        if case := self._drafts.sent(visit):
            return case
        draft = self._draft(visit)
        if draft.missing:
            return GoTo(f"{self._drafts.here(visit)}/{draft.missing}")
        return self._preview(visit, draft, {})

    def send(self, visit: Visit) -> Answer:
        """Sign and send what was shown."""
        if case := self._drafts.sent(visit):
            return case
        draft = self._draft(visit)
        prepared = draft.prepared
        account = draft.kept.answers["account"]
        if filed := drafts.arrived(draft.kept.tried, lambda each: self._look(each, account)):
            return self._done(visit, filed)
        if (
            prepared is None
            or self._is_old(prepared)
            or visit.given("digest") != drafts.digest([prepared.terms])
        ):
            return self._preview(visit, draft, {"": visit.say("preview_old")})
        draft.kept.tried.append(prepared.terms.disclosure_id)
        # Before it is sent: whoever goes on after a crash is led to what the vault has.
        self.begun.put(visit.parts["draft"], draft.kept)
        self.session.auditor().send(prepared)
        return self._done(visit, prepared.terms.disclosure_id)

    def _done(self, visit: Visit, disclosure_id: str) -> Answer:
        self.begun.destroy(visit.parts["draft"])
        return self._drafts.finish(visit, done.at(f"/cases/{disclosure_id}", "sent"))

    def _look(self, disclosure_id: str, account: str) -> None:
        """Read a request back whose answer was lost; raises NotFound if there is none of the account."""
        # The keys that seal a draft are public: what it names may be a request of another account.
        if self.session.auditor().show(disclosure_id).account_token != account:
            raise NotFound(Reason.REQUEST_NOT_FOUND, NotFound.usual_code)

    def _preview(self, visit: Visit, draft: _RequestInHand, errors: dict[str, str]) -> Answer:
        if draft.prepared is None or self._is_old(draft.prepared):
            draft.prepared = self.session.auditor().prepare(**draft.terms())
        terms = draft.prepared.terms
        here = self._drafts.here(visit)
        asked = [
            (visit.say("account"), shown.Code(terms.account_token), f"{here}/account"),
            (visit.say("case"), terms.case_reference, f"{here}/case"),
            (visit.say("legal_basis"), order_file.without(terms.legal_basis), f"{here}/legal_basis"),
            (visit.say("order"), _named_order(draft.kept, terms, visit), f"{here}/order"),
            (visit.say("purpose"), terms.purpose, f"{here}/purpose"),
            (visit.say("openings"), str(terms.openings), f"{here}/limits"),
            (visit.say("ends"), shown.time(terms.expire_at, visit), f"{here}/limits"),
        ]
        added = [
            (visit.say("auditor"), terms.auditor),
            (visit.say("made_at"), shown.time(terms.created_at, visit)),
        ]
        codes = [
            (visit.say("disclosure_id"), terms.disclosure_id),
            (visit.say("signed_basis"), terms.legal_basis),
            (visit.say("one_time_key", suite=terms.suite), sha256(terms.public_key).hexdigest()),
            (visit.say("roster_hash"), terms.roster_digest),
            (visit.say("preview_bytes"), terms.canonical().hex()),
            (visit.say("preview_digest"), drafts.digest([terms])),
        ]
        values = {
            "asked": asked,
            "added": added,
            "codes": codes,
            "digest": drafts.digest([terms]),
        }
        return ConsolePage(
            template="preview.html",
            title=visit.say("preview_title"),
            values=values,
            errors=errors,
            status=422 if errors else 200,
        )

    def _is_old(self, prepared: PreparedRequest) -> bool:
        return drafts.is_old([prepared.terms], now=self.session.now())

    def _draft(self, visit: Visit) -> _RequestInHand:
        if (found := self._drafts.find(visit)) is not None:
            return found
        number = visit.parts["draft"]
        if (kept := self.begun.get(number)) is None:
            raise NoPageError
        self._drafts.keep(number, found := _RequestInHand(kept))
        return found


def _named_order(draft: RequestDraft, terms: Terms, visit: Visit) -> str | shown.Code:
    """Return the file that the signed legal basis names: by its own name, if it was chosen here."""
    digest = order_file.digest_in(terms.legal_basis)
    if digest == draft.order_digest:
        return draft.order_name or visit.say("order_none")
    return shown.Code(digest)


def _step(visit: Visit) -> str:
    if visit.parts["step"] not in _STEPS:
        raise NoPageError
    return visit.parts["step"]


def _question(
    visit: Visit,
    draft: _RequestInHand,
    step: str,
    errors: dict[str, str],
    begun: Sequence[tuple[str, str, str, Sequence[shown.Row]]] = (),
    *,
    told: str = "",
) -> Answer:
    openings, _, hours = draft.kept.answers.get("limits", "1 72").partition(" ")
    values = {
        "step": step,
        "number": _STEPS.index(step) + 1,
        "count": len(_STEPS),
        "typed": visit.given(step) or draft.kept.answers.get(step, ""),
        "limit": _LIMITS.get(step, 100),
        "opening_choices": [(str(each), str(each)) for each in range(1, disclosure.MOST_OPENINGS + 1)],
        "allowed": visit.given("openings") or openings,
        "hours": visit.given("hours") or hours,
        "order_name": draft.kept.order_name,
        "order_digest": draft.kept.order_digest,
        "order_codes": [(visit.say("order_digest"), draft.kept.order_digest)],
        "begun": begun,
        "done": told,
    }
    return ConsolePage(
        template="question.html",
        title=visit.say(f"ask_{step}"),
        values=values,
        errors=errors,
        status=422 if errors else 200,
    )


def _take(draft: RequestDraft, step: str, visit: Visit) -> dict[str, str]:
    """Keep the answer of a step; return what is wrong with it, by field."""
    if step == "order":
        _take_order(draft, visit)
        return {}
    if step == "limits":
        return _take_limits(draft, visit)
    value = visit.line(step)
    if step == "legal_basis" and len(value) > LONGEST_BASIS:
        return {step: visit.say("too_long", limit=LONGEST_BASIS)}
    if error := _wrong(visit, _FIELDS[step], value):
        return {step: error}
    draft.answers[step] = value
    return {}


def _take_order(draft: RequestDraft, visit: Visit) -> None:
    if (file := visit.files.get("order")) is not None:
        draft.order_name, draft.order_digest = file.name, sha256(file.content).hexdigest()
    elif visit.given("without"):
        draft.order_name = draft.order_digest = ""
    draft.answers["order"] = draft.order_digest


def _take_limits(draft: RequestDraft, visit: Visit) -> dict[str, str]:
    openings, hours = visit.given("openings"), visit.given("hours")
    errors = {}
    if openings not in map(str, range(1, disclosure.MOST_OPENINGS + 1)):
        errors["openings"] = visit.say("required")
    if hours not in map(str, range(1, _HOURS + 1)):
        errors["hours"] = visit.say("hours_wrong", most=_HOURS)
    if not errors:
        draft.answers["limits"] = f"{openings} {hours}"
    return errors


def _wrong(visit: Visit, name: str, value: str) -> str:
    """Return what is wrong with the value of a field of the terms, "" if nothing is."""
    try:
        disclosure.check_terms(**{**_ALLOWED, name: value})
    except InvalidError as error:
        if not error.violations:
            return reasons.reason_text(error.reason, language=visit.language)
        if name == _FIELDS["account"] and value:
            return visit.say("account_wrong")
        return explaining.text_wrong(error.violations[0].code, value, visit)
    return ""
