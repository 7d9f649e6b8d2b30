"""The officer's orders: the list, one order with its history, and its withdrawal."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from idvault_client.errors import SecondFactorRefused
from idvault_people.authority.officer import GivenOrder
from idvault_people.console import done, explaining, shown
from idvault_people.console.authority import wording
from idvault_people.console.authority.listing import StateList
from idvault_people.console.authority.session import OfficerSession
from idvault_people.console.visit import Answer, ConsolePage, Download, GoTo, Route, Visit
from idvault_people.console.way_back import WayBack
from idvault_verify import order as order_rules
from idvault_verify.attest import order as papers
from idvault_verify.sanction import OrderState

_RUNNING = (OrderState.OPEN, OrderState.ACKNOWLEDGED, OrderState.OBJECTED)
_STATES = (
    *(OrderState.OVERDUE, *_RUNNING),
    *(OrderState.CARRIED_OUT, OrderState.CARRIED_OUT_LATE, OrderState.WITHDRAWN),
)
# Of the badge; a state without one stands as plain text.
_COLOURS = {
    OrderState.OVERDUE: "red",
    OrderState.OBJECTED: "amber",
    OrderState.CARRIED_OUT_LATE: "amber",
    OrderState.CARRIED_OUT: "",
}
_LIST = StateList(path="/", words="order_state", states=_STATES)


@dataclass(kw_only=True, eq=False)
class OrderPages:
    """The pages of orders that were given. reasons: of withdrawals that are not done yet, by order.

    _overdue: the ids of those that were overdue when they were seen last.
    """

    session: OfficerSession
    _overdue: set[str] = field(default_factory=set)
    _way_back: WayBack = field(default_factory=lambda: WayBack(_LIST.path))
    _reasons: dict[str, str] = field(default_factory=dict, repr=False)

    def routes(self) -> tuple[Route, ...]:
        """Return the pages of one order; the list is the console's first page."""
        one = "/orders/{id:[0-9a-f]{32}}"
        return (
            Route("GET", one, self.show),
            Route("GET", f"{one}/signed", self.download),
            Route("GET", f"{one}/withdraw", self.ask_withdrawal),
            Route("POST", f"{one}/withdraw", self.withdraw),
        )

    @property
    def overdue(self) -> int:
        """How many orders are overdue."""
        return len(self._overdue)

    def list(self, visit: Visit) -> Answer:
        """List the orders: overdue first, then by deadline, then those that are over, newest first."""
        self._way_back.remember(visit)
        wanted = _LIST.wanted(visit)
        found = _sorted(list(self.session.officer().every(state=wanted)))
        if wanted in (None, OrderState.OVERDUE):
            self._overdue = set()
        for each in found:
            self._learn(each)
        values = {
            **_LIST.values(found, self._item, visit),
            "overdue": sum(each.state is OrderState.OVERDUE for each in found),
            "done": self.session.untold.told(visit, "given_all"),
        }
        return ConsolePage(template="orders.html", title=visit.say("orders"), values=values)

    def show(self, visit: Visit) -> Answer:
        """Show what was signed, and what has become of it."""
        found = self.session.officer().get(visit.parts["id"])
        self._learn(found)
        is_given, is_withdrawn = found.state is OrderState.OPEN, found.withdraw_time is not None
        values = {
            "done": done.told(visit, given=is_given, withdrawn=is_withdrawn),
            "state": shown.word("order_state", found.state, visit.say),
            "colour": _colour(found),
            "is_late": found.state is OrderState.OVERDUE,
            "advice": shown.word("advice", found.state, visit.say) if found.state else "",
            "rows": self._rows(found, visit),
            "history": self._history(found, visit),
            "objection": found.objection,
            "withdrawal": _reason(found),
            "details": _details(found, visit),
            "withdrawable": found.withdraw_time is None,
            "id": found.order_id,
            "back": self._way_back.address,
        }
        title = visit.say("order_title", reference=found.terms.reference)
        return ConsolePage(template="order.html", title=title, values=values)

    def download(self, visit: Visit) -> Answer:
        """Send what was signed, as `authority show ID --out` writes it."""
        found = self.session.officer().get(visit.parts["id"])
        return Download(
            name=f"order-{found.order_id}.bin", content=found.signed_order, type="application/octet-stream"
        )

    def ask_withdrawal(self, visit: Visit) -> Answer:
        """Ask for the reason and a code."""
        found = self.session.officer().get(visit.parts["id"])
        return self._withdrawal(found, visit, {}) if found.withdraw_time is None else self._gone(found)

    def withdraw(self, visit: Visit) -> Answer:
        """Withdraw an order for good; one that is withdrawn already is shown."""
        reason, code = visit.line("reason"), visit.given("code")
        # Kept before the vault is asked, which may not answer.
        self._reasons[visit.parts["id"]] = reason
        officer = self.session.officer()
        found = officer.get(visit.parts["id"])
        if found.withdraw_time is not None:
            return self._gone(found)
        limit = order_rules.REASON_LENGTH
        wrong = wording.wrong(
            reason, visit, lambda: order_rules.check_text(reason, field="reason", limit=limit)
        )
        errors = {"reason": wrong, "code": "" if code else visit.say("required")}
        if errors := {name: text for name, text in errors.items() if text}:
            return self._withdrawal(found, visit, errors)
        try:
            officer.withdraw(found, reason, code=code)
        except SecondFactorRefused as error:
            return self._withdrawal(found, visit, {"code": explaining.code(error, visit)})
        return self._gone(found)

    def _gone(self, found: GivenOrder) -> GoTo:
        """Forget the reason, and lead to the order."""
        self._reasons.pop(found.order_id, None)
        self._overdue.discard(found.order_id)
        return GoTo(done.at(f"/orders/{found.order_id}", "withdrawn"))

    def _learn(self, found: GivenOrder) -> None:
        is_overdue = found.state is OrderState.OVERDUE
        (self._overdue.add if is_overdue else self._overdue.discard)(found.order_id)

    def _withdrawal(self, found: GivenOrder, visit: Visit, errors: dict[str, str]) -> Answer:
        values = {
            "rows": self._rows(found, visit),
            "typed": self._reasons.get(found.order_id, ""),
            "labels": {**explaining.labels(errors, visit), "reason": visit.say("withdraw_reason")},
            "limit": order_rules.REASON_LENGTH,
            "id": found.order_id,
        }
        return ConsolePage(
            template="order_withdrawal.html",
            title=visit.say("withdraw_title"),
            values=values,
            errors=errors,
            status=422 if errors else 200,
        )

    def _item(self, found: GivenOrder, visit: Visit) -> dict[str, Any]:
        terms = found.terms
        target, codes = wording.target(terms.target_kind, terms.target, visit)
        return {
            "path": f"/orders/{found.order_id}",
            "name": terms.reference,
            "codes": codes,
            "state": shown.word("order_state", found.state, visit.say),
            "colour": _colour(found),
            "is_late": found.state is OrderState.OVERDUE,
            "cells": [
                (visit.say("platform"), found.platform),
                (visit.say("measure"), shown.word("measure", terms.measure, visit.say)),
                (visit.say("target_field"), target),
                (visit.say("deadline"), self._deadline(found, visit)),
            ],
        }

    def _deadline(self, found: GivenOrder, visit: Visit) -> str | shown.Due:
        now, zone = self.session.now(), self.session.zone
        if found.state not in (*_RUNNING, OrderState.OVERDUE):
            return shown.time(found.deadline, visit, zone=zone)
        return shown.due(found.issue_time, found.deadline, visit, now=now, zone=zone, ends=False)

    def _rows(self, found: GivenOrder, visit: Visit) -> Sequence[shown.Fact]:
        terms = found.terms
        return [
            (visit.say("platform"), terms.platform),
            # Compared by eye with the document, so it stands open.
            (shown.word("target", terms.target_kind, visit.say), shown.Code(terms.target)),
            (visit.say("measure"), shown.word("measure", terms.measure, visit.say)),
            (visit.say("deadline"), self._deadline(found, visit)),
            (visit.say("reference"), terms.reference),
            (visit.say("legal_basis"), terms.legal_basis),
            (visit.say("document"), wording.size(terms.document_size, visit)),
        ]

    def _history(self, found: GivenOrder, visit: Visit) -> Sequence[shown.Row]:
        """Return times and what happened then, in their order."""
        known: list[tuple[str, datetime | None]] = [
            ("was_issued", found.issue_time),
            ("was_acknowledged", found.acknowledge_time),
            ("was_objected", found.object_time),
            ("was_missed", found.deadline if found.missed else None),
            ("was_carried_out", found.carry_out_time),
            ("was_withdrawn", found.withdraw_time),
        ]
        happened = sorted(((at, key) for key, at in known if at is not None), key=lambda each: each[0])
        zone = self.session.zone
        return [(shown.time(at, visit, zone=zone), visit.say(key)) for at, key in happened]


def _colour(found: GivenOrder) -> str | None:
    return _COLOURS.get(found.state) if found.state else None


def _sorted(found: Sequence[GivenOrder]) -> Sequence[GivenOrder]:
    late = [each for each in found if each.state is OrderState.OVERDUE]
    running = [each for each in found if each.state in _RUNNING]
    ended = [each for each in found if each.state is not OrderState.OVERDUE and each.state not in _RUNNING]
    by_deadline = [sorted(part, key=lambda each: each.deadline) for part in (late, running)]
    return [*by_deadline[0], *by_deadline[1], *sorted(ended, key=lambda each: each.issue_time, reverse=True)]


def _details(found: GivenOrder, visit: Visit) -> Sequence[shown.Row]:
    terms = found.terms
    return [
        (visit.say("order_id"), found.order_id),
        (visit.say("document_hash"), terms.document_digest.hex()),
        (visit.say("order_hash"), papers.digest(found.signed_order).hex()),
        (visit.say("roster_version_hash"), terms.roster_digest),
    ]


def _reason(found: GivenOrder) -> str:
    withdrawal = found.signed_withdrawal
    return papers.parse_withdrawal(withdrawal).reason if withdrawal else ""
