"""The auditor's cases: the list, one case with its decisions, and its cancelling."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from idvault_people.console import shown
from idvault_people.console.disclosure.session import AuditorSession
from idvault_people.console.visit import Answer, ConsolePage, GoTo, Route, Visit
from idvault_people.disclosure import evidence as evidences
from idvault_people.disclosure import search
from idvault_people.disclosure.decisions import ShownDecision
from idvault_people.disclosure.one_time_key import OneTimeKeyError
from idvault_people.disclosure.search import DisclosureSearch
from idvault_verify.disclosure import DisclosureState
from idvault_verify.v1 import disclosure_pb2

_ALIVE = (DisclosureState.APPROVED, DisclosureState.REQUESTED, DisclosureState.OPENED)
_ENDED = (DisclosureState.DENIED, DisclosureState.EXPIRED, DisclosureState.CANCELLED)


@dataclass(kw_only=True, eq=False)
class Cases:
    """The pages of an auditor's cases."""

    session: AuditorSession

    def routes(self) -> tuple[Route, ...]:
        """Return the pages."""
        return (
            Route("GET", "/", self.list),
            Route("GET", "/cases/{id:[0-9a-f]{32}}", self.show),
            Route("GET", "/cases/{id:[0-9a-f]{32}}/cancel", self.ask_cancel),
            Route("POST", "/cases/{id:[0-9a-f]{32}}/cancel", self.cancel),
        )

    def list(self, visit: Visit) -> Answer:
        """List the cases by state; in each, the one that ends first comes first."""
        wanted, errors = _search(visit)
        found = self.session.auditor().list(wanted)
        now = self.session.now()
        groups = [(visit.say(state), _sorted(found, state, visit, now)) for state in (*_ALIVE, *_ENDED)]
        values = {
            "groups": [(title, cases) for title, cases in groups if cases],
            "asked": dict(visit.query),
            "is_search": wanted != search.EVERYTHING,
            "states": [(each.value, visit.say(each)) for each in (*_ALIVE, *_ENDED)],
        }
        return ConsolePage(
            template="cases.html",
            title=visit.say("cases"),
            values=values,
            errors=errors,
            status=422 if errors else 200,
        )

    def show(self, visit: Visit) -> Answer:
        """Show one case: its signed texts, the decisions by name, and what can be done."""
        auditor = self.session.auditor()
        found = auditor.case(visit.parts["id"])
        terms, disclosure = found.terms, found.disclosure
        now = self.session.now()
        state = search.state(disclosure)
        is_alive = state in _ALIVE and now < terms.expire_at
        is_approved = is_alive and state is not DisclosureState.REQUESTED
        has_key, is_last_begun = self._has_key(disclosure.disclosure_id), disclosure.opened >= terms.openings
        left = shown.left(terms.expire_at, visit, now=now)
        ends = visit.say("in_brackets", text=shown.time(terms.expire_at, visit), more=left)
        values = {
            "state": visit.say(state or "unknown"),
            "rows": [
                (visit.say("case"), terms.case_reference),
                (visit.say("account"), terms.account_token),
                (visit.say("legal_basis"), terms.legal_basis),
                (visit.say("purpose"), terms.purpose),
                (visit.say("filed"), shown.time(disclosure.create_time, visit)),
                (visit.say("ends"), ends),
                (visit.say("shares"), shares(disclosure, visit)),
                (visit.say("opened"), visit.say("of", count=disclosure.opened, total=terms.openings)),
                (visit.say("disclosure_id"), disclosure.disclosure_id),
            ],
            "decisions": [decision(each, visit) for each in found.decisions],
            # The last opening destroys the key when it is complete: with the key it was cut, and goes on.
            "openable": is_approved and has_key,
            "continues": is_last_begun,
            "lost": is_approved and not has_key and not is_last_begun,
            "cancellable": is_alive and state is not DisclosureState.OPENED,
            "evidence": [
                path.name
                for path, outside in evidences.kept(self.session.folder)
                if outside.disclosure_id == disclosure.disclosure_id
            ],
            "id": disclosure.disclosure_id,
        }
        title = visit.say("case_title", case=terms.case_reference)
        return ConsolePage(template="case.html", title=title, values=values)

    def ask_cancel(self, visit: Visit) -> Answer:
        """Ask whether a request is to be cancelled."""
        found = self.session.auditor().case(visit.parts["id"])
        values = {
            "texts": [visit.say("cancel_text", case=found.terms.case_reference)],
            "button": visit.say("cancel_button"),
            "back": f"/cases/{found.disclosure.disclosure_id}",
        }
        return ConsolePage(template="confirm.html", title=visit.say("cancel_title"), values=values)

    def cancel(self, visit: Visit) -> Answer:
        """Cancel a request, and destroy its one-time key."""
        self.session.auditor().cancel(visit.parts["id"])
        return GoTo(f"/cases/{visit.parts['id']}")

    def _has_key(self, disclosure_id: str) -> bool:
        try:
            self.session.auditor().keys.get(disclosure_id)
        except OneTimeKeyError:
            return False
        return True


def shares(disclosure: disclosure_pb2.Disclosure, visit: Visit) -> str:
    """Return how many shares were given of those that are needed."""
    given = sum(made.HasField("release_time") for made in disclosure.decisions)
    return visit.say("of", count=given, total=disclosure.threshold)


def decision(made: ShownDecision, visit: Visit) -> list[str]:
    """Return what one custodian decided, as lines; a reason only if it verifies."""
    key = f"decided_{made.verdict.value if made.verdict else 'UNKNOWN'}"
    lines = [visit.say(key, custodian=made.custodian, time=shown.time(made.decided_at, visit))]
    if made.released_at:
        lines.append(visit.say("released", time=shown.time(made.released_at, visit)))
    if made.reported_at:
        lines.append(visit.say("reported"))
    if made.reason:
        lines.append(visit.say("reason_is", reason=made.reason))
    if made.refused:
        lines.append(visit.say("reason_refused"))
    return lines


def _sorted(
    found: Sequence[disclosure_pb2.Disclosure], state: DisclosureState, visit: Visit, now: datetime
) -> list[dict[str, Any]]:
    """Return the cases of a state: those that can still end by the time left, the others newest first."""
    of_state = [each for each in found if search.state(each) is state]
    if state in _ALIVE:
        of_state.sort(key=lambda each: each.expire_time.ToNanoseconds())
    return [
        {
            "id": each.disclosure_id,
            "case": search.case_reference(each),
            "account": each.account_token,
            "filed": shown.time(each.create_time, visit),
            # Nothing more can be opened once every opening was used.
            "left": shown.left(each.expire_time.ToDatetime(UTC), visit, now=now)
            if state in _ALIVE and each.opened < each.openings
            else "",
            "shares": shares(each, visit),
            "opened": visit.say("of", count=each.opened, total=each.openings),
        }
        for each in of_state
    ]


def _search(visit: Visit) -> tuple[DisclosureSearch, dict[str, str]]:
    """Return what is looked for, and what is wrong with it."""
    errors: dict[str, str] = {}
    days: dict[str, date | None] = {}
    for name in ("since", "until"):
        text = visit.query.get(name, "").strip()
        try:
            days[name] = date.fromisoformat(text) if text else None
        except ValueError:
            days[name], errors[name] = None, visit.say("day_wrong")
    state = visit.query.get("state", "")
    states = frozenset({DisclosureState(state)} if state in DisclosureState.__members__ else ())
    wanted = DisclosureSearch(
        states=states,
        case=visit.query.get("case", "").strip(),
        account=visit.query.get("account", "").strip(),
        since=days["since"],
        until=days["until"],
    )
    return wanted, errors
