"""The requests that wait for a custodian: the list with everything that is checked, and the decision.

The reason of a denial is kept in a file that only the custodian's keys open, once it was sent or kept for
later, until the request is decided and for a week at most: a console that is killed loses none.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from idvault_client.errors import SecondFactorRefused
from idvault_people.console import done, explaining, shown
from idvault_people.console.disclosure import cases, comparing
from idvault_people.console.disclosure.duties import Duties
from idvault_people.console.disclosure.session import CustodianSession
from idvault_people.console.visit import Answer, ConsolePage, GoTo, NoPageError, Route, Visit
from idvault_people.disclosure import order_file
from idvault_people.disclosure.custodian import Custodian
from idvault_people.disclosure.denial_draft import DenialDrafts
from idvault_people.disclosure.pending import NotPendingError, PendingRequest
from idvault_people.trust import PinnedMember
from idvault_verify.attest.disclosure import Terms
from idvault_verify.attest.people import roster_member
from idvault_verify.disclosure import Verdict
from idvault_verify.error import FieldCode, InvalidError
from idvault_verify.v1 import disclosure_pb2

LONGEST_REASON = 500


@dataclass(kw_only=True, eq=False)
class WaitingRequests:
    """The pages of a custodian's decisions. The answers of this session are kept to be shown.

    _waiting: the ids of what waited when the list was shown last.
    """

    session: CustodianSession
    duties: Duties
    _waiting: set[str] = field(default_factory=set)
    _decided: dict[str, tuple[Verdict, disclosure_pb2.DecidedDisclosure]] = field(default_factory=dict)

    def routes(self) -> tuple[Route, ...]:
        """Return the pages."""
        one = "/requests/{id:[0-9a-f]{32}}"
        return (
            Route("GET", "/", self.list),
            Route("GET", one, self.show),
            Route("GET", f"{one}/approve", self.ask_approval),
            Route("POST", f"{one}/approve", self.approve),
            Route("GET", f"{one}/deny", self.ask_denial),
            Route("POST", f"{one}/deny", self.deny),
            Route("GET", f"{one}/decided", self.decided),
        )

    @property
    def waiting(self) -> int:
        """How many requests wait for this custodian."""
        return len(self._waiting)

    def list(self, visit: Visit) -> Answer:
        """List the requests, each with what was checked."""
        custodian = self.session.custodian()
        pending = custodian.pending()
        self._waiting = {each.disclosure_id for each in pending}
        self._drafts(custodian).destroy_others(self._waiting, now=self.session.now())
        found = [self._shown(each, custodian, visit) for each in pending]
        values = {"requests": found, "reminder": self.duties.reminder(visit)}
        return ConsolePage(template="waiting.html", title=visit.say("waiting"), values=values)

    def show(self, visit: Visit) -> Answer:
        """Show one request with the decisions of the others."""
        custodian = self.session.custodian()
        found = self._found(custodian, visit.parts["id"])
        values = {
            "one": self._shown(found, custodian, visit),
            "decisions": [cases.decision(each, visit) for each in found.decided],
        }
        return ConsolePage(template="request.html", title=visit.say("request_title"), values=values)

    def ask_approval(self, visit: Visit) -> Answer:
        """Ask for the code."""
        if visit.parts["id"] in self._decided:
            return GoTo(f"/requests/{visit.parts['id']}/decided")
        return self._approval(visit, {})

    def approve(self, visit: Visit) -> Answer:
        """Approve, wait for the log, and release the share; a repeat continues where it stopped."""
        custodian, disclosure_id = self.session.custodian(), visit.parts["id"]
        try:
            answer = self._approved(custodian, disclosure_id, visit.given("code"))
        except SecondFactorRefused as error:
            return self._approval(visit, {"code": explaining.code(error, visit)})
        return self._finished(custodian, disclosure_id, Verdict.APPROVE, answer)

    def ask_denial(self, visit: Visit) -> Answer:
        """Ask for the reason."""
        if visit.parts["id"] in self._decided:
            return GoTo(f"/requests/{visit.parts['id']}/decided")
        return self._denial(visit, {})

    def deny(self, visit: Visit) -> Answer:
        """Deny a request with a signed reason, or keep the reason for later."""
        custodian, disclosure_id = self.session.custodian(), visit.parts["id"]
        if disclosure_id in self._decided:
            return GoTo(f"/requests/{disclosure_id}/decided")
        reason = visit.line("reason")
        if len(reason) <= LONGEST_REASON:
            # Before the vault is asked, which may not answer.
            is_kept = self._keep(custodian, disclosure_id, reason)
            if visit.given("step") == "keep":
                kept = GoTo(done.at(visit.path, "kept"))
                return kept if is_kept else self._denial(visit, {"": visit.say("reason_not_kept")})
        found = self._found(custodian, disclosure_id)
        try:
            answer = custodian.deny(found, reason=reason)
        except InvalidError as error:
            code = error.violations[0].code
            is_character = bool(reason) and code == FieldCode.CHARACTER
            why = (
                visit.say("text_characters")
                if is_character
                else visit.say("reason_wrong", limit=LONGEST_REASON)
            )
            return self._denial(visit, {"reason": why})
        return self._finished(custodian, disclosure_id, Verdict.DENY, answer)

    def _keep(self, custodian: Custodian, disclosure_id: str, reason: str) -> bool:
        """Keep the reason of a denial; return whether the folder could be written to."""
        try:
            self._drafts(custodian).put(disclosure_id, reason, now=self.session.now())
        except OSError:
            # A full disk must not take the denial away, which needs no file.
            return False
        return True

    def _finished(
        self,
        custodian: Custodian,
        disclosure_id: str,
        verdict: Verdict,
        answer: disclosure_pb2.DecidedDisclosure,
    ) -> Answer:
        """Lead to what became of a decision; its draft is destroyed."""
        self._decided[disclosure_id] = (verdict, answer)
        self._waiting.discard(disclosure_id)
        # The decision is made, whatever the folder says; the list destroys what is left.
        with suppress(OSError):
            self._drafts(custodian).destroy(disclosure_id)
        return GoTo(f"/requests/{disclosure_id}/decided")

    def _found(self, custodian: Custodian, disclosure_id: str) -> PendingRequest:
        """Return a request that waits; the reason for one that does not is destroyed, for nobody needs it."""
        try:
            return custodian.find(disclosure_id)
        except NotPendingError:
            self._drafts(custodian).destroy(disclosure_id)
            raise

    def _drafts(self, custodian: Custodian) -> DenialDrafts:
        return DenialDrafts(folder=self.session.folder, identity=custodian.identity)

    def decided(self, visit: Visit) -> Answer:
        """Show what happened to a decision of this session."""
        if visit.parts["id"] not in self._decided:
            raise NoPageError
        verdict, answer = self._decided[visit.parts["id"]]
        state = disclosure_pb2.DisclosureState.Name(answer.state).removeprefix("DISCLOSURE_STATE_")
        given = sum(made.HasField("release_time") for made in answer.decisions)
        values = {
            "texts": [
                visit.say(f"you_{verdict.value}"),
                shown.pair(visit.say("shares"), visit.say("of", count=given, total=answer.threshold), visit),
                shown.pair(visit.say("state"), visit.say(state), visit),
            ],
            "links": [("/", visit.say("to_waiting"))],
        }
        return ConsolePage(template="message.html", title=visit.say("decided_title"), values=values)

    @staticmethod
    def _approved(custodian: Custodian, disclosure_id: str, code: str) -> disclosure_pb2.DecidedDisclosure:
        try:
            found = custodian.find(disclosure_id)
        except NotPendingError:
            return custodian.finish(disclosure_id)
        return custodian.approve(found, code=code)

    def _approval(self, visit: Visit, errors: dict[str, str]) -> Answer:
        custodian = self.session.custodian()
        found = self._found(custodian, visit.parts["id"])
        return ConsolePage(
            template="approve.html",
            title=visit.say("approve_title"),
            values={"one": self._shown(found, custodian, visit), "begun": found.is_approved},
            errors=errors,
            status=422 if errors else 200,
        )

    def _denial(self, visit: Visit, errors: dict[str, str]) -> Answer:
        custodian = self.session.custodian()
        found = self._found(custodian, visit.parts["id"])
        kept = self._drafts(custodian).get(found.disclosure_id, now=self.session.now())
        values: dict[str, Any] = {
            "one": self._shown(found, custodian, visit),
            "typed": visit.given("reason") or kept,
            "done": done.told(visit, kept=bool(kept)),
            "limit": LONGEST_REASON,
        }
        return ConsolePage(
            template="deny.html",
            title=visit.say("deny_title"),
            values=values,
            errors=errors,
            status=422 if errors else 200,
        )

    def _shown(self, found: PendingRequest, custodian: Custodian, visit: Visit) -> dict[str, Any]:
        """Return what is shown of a request; of one that does not verify only why."""
        now = self.session.now()
        shown_of: dict[str, Any] = {
            "id": found.disclosure_id,
            "begun": found.is_approved,
            "draft": bool(self._drafts(custodian).get(found.disclosure_id, now=now)),
        }
        if found.refused is not None or found.terms is None or found.signer is None:
            refused = found.refused
            why = explaining.finding(refused.finding, visit) if refused else visit.say("refused_unknown")
            codes = [(visit.say("disclosure_id"), found.disclosure_id)]
            shown_of |= {"case": visit.say("unread_case"), "codes": codes, "refused": why}
            return shown_of | {"detail": str(refused or "")}
        rows = self._rows(found, found.terms, found.signer, custodian, visit)
        shown_of |= {"case": found.terms.case_reference, "rows": rows, "refused": ""}
        shown_of["codes"] = cases.request_codes(found.terms, visit)
        return shown_of | comparing.named(found.terms)

    def _rows(
        self, found: PendingRequest, terms: Terms, signer: PinnedMember, custodian: Custodian, visit: Visit
    ) -> Sequence[shown.Fact]:
        now = self.session.now()
        given = custodian.quota.given(auditor_actor_id=signer.member.actor_id, now=now)
        asker = visit.say("in_brackets", text=terms.auditor, more=signer.member.organisation)
        return [
            (visit.say("requested_by"), asker),
            # Compared by eye before a code is typed, so both codes stand open.
            (visit.say("signing_key"), shown.Code(roster_member.fingerprint(signer.member.ed25519))),
            (visit.say("key_since"), visit.say("since_version", version=signer.since_version)),
            (visit.say("account"), shown.Code(terms.account_token)),
            (visit.say("legal_basis"), order_file.without(terms.legal_basis)),
            (visit.say("purpose"), terms.purpose),
            (visit.say("openings"), str(terms.openings)),
            (visit.say("decide_by"), shown.due(terms.created_at, terms.expire_at, visit, now=now)),
            (visit.say("shares"), visit.say("of", count=found.releases, total=found.threshold)),
            (visit.say("verdicts"), visit.say("verdict_counts", yes=found.approvals, no=found.denials)),
            (visit.say("recent"), visit.say("recent_count", count=found.recent_disclosures)),
            (visit.say("given"), visit.say("of", count=given, total=custodian.quota.daily)),
            (visit.say("logged"), self._logged(found, visit)),
        ]

    @staticmethod
    def _logged(found: PendingRequest, visit: Visit) -> str:
        at = shown.time(found.requested_at, visit) if found.requested_at else ""
        return visit.say("logged_at", time=at, size=found.log_size)
