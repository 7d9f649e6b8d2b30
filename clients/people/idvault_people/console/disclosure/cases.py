"""The auditor's cases: the list with its drafts, one case with its decisions, and its cancelling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from idvault_people.console import done, shown
from idvault_people.console.disclosure.begun import BegunRequests
from idvault_people.console.disclosure.session import AuditorSession
from idvault_people.console.visit import Answer, ConsolePage, GoTo, Route, Visit
from idvault_people.console.way_back import WayBack
from idvault_people.disclosure import evidence as evidences
from idvault_people.disclosure import order_file, search
from idvault_people.disclosure.decisions import ShownDecision
from idvault_people.disclosure.evidence import SealedFile
from idvault_people.disclosure.one_time_key import OneTimeKeyError
from idvault_people.disclosure.request_draft import RequestDraft
from idvault_people.disclosure.search import DisclosureSearch
from idvault_verify.attest.disclosure import Terms
from idvault_verify.disclosure import DisclosureState
from idvault_verify.v1 import disclosure_pb2

_ALIVE = (DisclosureState.APPROVED, DisclosureState.REQUESTED, DisclosureState.OPENED)
_ENDED = (DisclosureState.DENIED, DisclosureState.EXPIRED, DisclosureState.CANCELLED)
# Of the badge; a state without one stands as plain text.
COLOURS: Mapping[DisclosureState, str] = {
    DisclosureState.APPROVED: "green",
    DisclosureState.REQUESTED: "amber",
    DisclosureState.OPENED: "",
    DisclosureState.DENIED: "red",
}


@dataclass(kw_only=True, eq=False)
class Cases:
    """The pages of an auditor's cases.

    _openable: the ends of those that waited to be opened when they were seen last, by id.
    """

    session: AuditorSession
    begun: BegunRequests
    _openable: dict[str, datetime] = field(default_factory=dict)
    _way_back: WayBack = field(default_factory=lambda: WayBack("/"))

    def routes(self) -> tuple[Route, ...]:
        """Return the pages."""
        return (
            Route("GET", "/", self.list),
            Route("GET", "/cases/{id:[0-9a-f]{32}}", self.show),
            Route("GET", "/cases/{id:[0-9a-f]{32}}/cancel", self.ask_cancel),
            Route("POST", "/cases/{id:[0-9a-f]{32}}/cancel", self.cancel),
        )

    @property
    def waiting(self) -> int:
        """How many cases wait for their auditor to open them."""
        now = self.session.now()
        return sum(now < until for until in tuple(self._openable.values()))

    def learn(self, found: disclosure_pb2.Disclosure) -> None:
        """Take what the vault has just said of a case."""
        until = found.expire_time.ToDatetime(UTC)
        self._openable.pop(found.disclosure_id, None)
        if self._is_openable(found, until):
            self._openable[found.disclosure_id] = until

    def list(self, visit: Visit) -> Answer:
        """List the drafts, then the cases by state; in each, the one that ends first comes first."""
        self._way_back.remember(visit)
        wanted, errors = _search(visit)
        found = self.session.auditor().list(wanted)
        if wanted == search.EVERYTHING:
            self._openable = {}
        for each in found:
            self.learn(each)
        drafts = self._drafts(wanted)
        arrived = {
            each.disclosure_id: number for each in found for number, draft in drafts if _is_of(draft, each)
        }
        self.begun.arrived(arrived.values())
        unsent = [(number, draft) for number, draft in drafts if number not in arrived.values()]
        values = {
            "cases": [self._item(each, unsent, arrived, visit) for each in _sorted(found)],
            "drafts": [_draft(number, draft, visit) for number, draft in unsent],
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
        self.learn(disclosure)
        state = search.state(disclosure)
        is_alive = state in _ALIVE and self.session.now() < terms.expire_at
        is_approved = is_alive and state is not DisclosureState.REQUESTED
        is_openable = self._is_openable(disclosure, terms.expire_at)
        is_last_begun = disclosure.opened >= terms.openings
        is_sent, is_cancelled = state is DisclosureState.REQUESTED, state is DisclosureState.CANCELLED
        values = {
            "done": done.told(visit, sent=is_sent, cancelled=is_cancelled),
            "state": visit.say(state or "unknown"),
            "colour": COLOURS.get(state) if state else None,
            "rows": self._rows(terms, disclosure, visit),
            "codes": codes(terms, visit),
            "decisions": [decision(each, visit) for each in found.decisions],
            "openable": is_openable,
            "continues": is_last_begun,
            "lost": is_approved and not self._has_key(disclosure.disclosure_id) and not is_last_begun,
            "cancellable": is_alive and state is not DisclosureState.OPENED,
            "evidence": [
                (path.name, evidences.number(path), kept_facts(path, outside, visit, now=self.session.now()))
                for path, outside in evidences.kept(self.session.folder)
                if outside.disclosure_id == disclosure.disclosure_id
            ],
            "id": disclosure.disclosure_id,
            "back": self._way_back.address,
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
        return GoTo(done.at(f"/cases/{visit.parts['id']}", "cancelled"))

    def _is_openable(self, found: disclosure_pb2.Disclosure, until: datetime) -> bool:
        """Return whether this machine can open the record, or go on with an opening that was cut.

        The last opening destroys the one-time key when it is complete: with the key here, it was cut.
        """
        is_approved = search.state(found) in (DisclosureState.APPROVED, DisclosureState.OPENED)
        return is_approved and self.session.now() < until and self._has_key(found.disclosure_id)

    def _has_key(self, disclosure_id: str) -> bool:
        try:
            self.session.auditor().keys.get(disclosure_id)
        except OneTimeKeyError:
            return False
        return True

    def _rows(
        self, terms: Terms, disclosure: disclosure_pb2.Disclosure, visit: Visit
    ) -> Sequence[shown.Fact]:
        return [
            (visit.say("case"), terms.case_reference),
            (visit.say("legal_basis"), order_file.without(terms.legal_basis)),
            (visit.say("purpose"), terms.purpose),
            (visit.say("filed"), shown.time(disclosure.create_time, visit)),
            (visit.say("ends"), self._ends(disclosure, terms.created_at, terms.expire_at, visit)),
            (visit.say("shares"), shares(disclosure, visit)),
            (visit.say("opened"), visit.say("of", count=disclosure.opened, total=terms.openings)),
        ]

    def _ends(
        self, found: disclosure_pb2.Disclosure, begin: datetime, until: datetime, visit: Visit
    ) -> str | shown.Due:
        """Return when it ends; of what waits for custodians or can be opened here, with the time left."""
        if search.state(found) is DisclosureState.REQUESTED or self._is_openable(found, until):
            return shown.due(begin, until, visit, now=self.session.now())
        return shown.time(until, visit)

    def _item(
        self,
        found: disclosure_pb2.Disclosure,
        unsent: Sequence[tuple[str, RequestDraft]],
        arrived: Mapping[str, str],
        visit: Visit,
    ) -> dict[str, Any]:
        state, case = search.state(found), search.case_reference(found)
        begin, until = found.create_time.ToDatetime(UTC), found.expire_time.ToDatetime(UTC)
        same = (
            number
            for number, draft in unsent
            if case and draft.answers.get("case") == case and state in _ALIVE
        )
        sent = arrived.get(found.disclosure_id, "")
        return {
            "id": found.disclosure_id,
            "case": case,
            "state": visit.say(state or "unknown"),
            "colour": COLOURS.get(state) if state else None,
            "draft": sent or next(same, ""),
            "draft_text": visit.say("case_has_sent_draft" if sent else "case_has_draft"),
            "filed": shown.time(found.create_time, visit),
            "ends": self._ends(found, begin, until, visit),
            "shares": shares(found, visit),
            "opened": visit.say("of", count=found.opened, total=found.openings),
            "codes": [
                (visit.say("account"), found.account_token),
                (visit.say("disclosure_id"), found.disclosure_id),
            ],
        }

    def _drafts(self, wanted: DisclosureSearch) -> Sequence[tuple[str, RequestDraft]]:
        """Return the drafts that match; none of them has a state or a day."""
        if wanted.states or wanted.since or wanted.until:
            return ()
        return [
            (number, draft)
            for number, draft in self.begun.every()
            if wanted.case.casefold() in draft.answers.get("case", "").casefold()
            and wanted.account in draft.answers.get("account", "")
        ]


def codes(terms: Terms, visit: Visit) -> Sequence[shown.Row]:
    """Return the account, the ids and the hashes of a request."""
    return [(visit.say("account"), terms.account_token), *request_codes(terms, visit)]


def request_codes(terms: Terms, visit: Visit) -> Sequence[shown.Row]:
    """Return the ids and hashes of a request that nobody compares by eye."""
    digest = order_file.digest_in(terms.legal_basis)
    return [
        (visit.say("disclosure_id"), terms.disclosure_id),
        *([(visit.say("order_digest"), digest)] if digest else []),
    ]


def draft_codes(draft: RequestDraft, visit: Visit) -> Sequence[shown.Row]:
    """Return the account of a request that is not sent yet."""
    account = draft.answers.get("account", "")
    return [(visit.say("account"), account)] if account else []


def kept_facts(path: Path, outside: SealedFile, visit: Visit, *, now: datetime) -> Sequence[shown.Fact]:
    """Return when a file of evidence was written here, and until when it may be kept."""
    # Of evidence from a colleague this is when it was received.
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return [
        (visit.say("written_at"), shown.time(written, visit)),
        (visit.say("proved_destroy_after"), shown.due_day(written, outside.destroy_after, visit, now=now)),
    ]


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


def _sorted(found: Sequence[disclosure_pb2.Disclosure]) -> Sequence[disclosure_pb2.Disclosure]:
    """Return the cases by state: those that can still end by the time left, the others newest first."""
    states = {state: place for place, state in enumerate((*_ALIVE, *_ENDED))}

    def place(each: disclosure_pb2.Disclosure) -> tuple[int, int]:
        state = search.state(each)
        until = each.expire_time.ToNanoseconds() if state in _ALIVE else 0
        return (states[state] if state else len(states), until)

    return sorted(found, key=place)


def _is_of(draft: RequestDraft, found: disclosure_pb2.Disclosure) -> bool:
    """Return whether a draft was sent as this request, although its answer was lost."""
    # The keys that seal a draft are public: what it names may be a request of another account.
    return found.disclosure_id in draft.tried and draft.answers.get("account") == found.account_token


def _draft(number: str, draft: RequestDraft, visit: Visit) -> dict[str, Any]:
    case = draft.answers.get("case", "")
    return {"path": f"/new/{number}/check", "case": case, "codes": draft_codes(draft, visit)}


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
