"""The custodian's own decisions, the newest first, and the last drill."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from idvault_people.console import explaining, shown
from idvault_people.console.disclosure import cases
from idvault_people.console.disclosure.duties import Duties
from idvault_people.console.disclosure.session import CustodianSession
from idvault_people.console.visit import Answer, ConsolePage, Route, Visit
from idvault_people.disclosure import decided, order_file
from idvault_people.disclosure.decided import DecidedRequest
from idvault_verify.disclosure import Verdict

_PATH = "/decisions"


@dataclass(frozen=True, kw_only=True)
class DecisionHistory:
    """The page of a custodian's own decisions."""

    session: CustodianSession
    duties: Duties

    def routes(self) -> tuple[Route, ...]:
        """Return the page."""
        return (Route("GET", _PATH, self.list),)

    def list(self, visit: Visit) -> Answer:
        """List a page of the own decisions."""
        token = visit.query.get("page", "")
        found = decided.page(self.session.custodian(), token)
        values = {
            "decided": [_line(each, visit) for each in found.requests],
            "drill": self.duties.last(visit) if not token else "",
            "newest": _PATH if token else "",
            "further": f"{_PATH}?{urlencode({'page': found.further})}" if found.further else "",
        }
        return ConsolePage(template="decided.html", title=visit.say("own_decisions"), values=values)


def _line(one: DecidedRequest, visit: Visit) -> dict[str, Any]:
    made, terms = one.decision, one.terms
    refused = explaining.finding(one.refused.finding, visit) if one.refused else ""
    codes = cases.codes(terms, visit) if terms else [(visit.say("disclosure_id"), one.disclosure_id)]
    details = []
    if terms is not None:
        details = [
            (visit.say("requested_by"), terms.auditor),
            (visit.say("legal_basis"), order_file.without(terms.legal_basis)),
        ]
    if made is not None and made.reason:
        details.append((visit.say("reason"), made.reason))
    is_denied = made is not None and made.verdict is Verdict.DENY
    return {
        "case": terms.case_reference if terms else visit.say("unread_case"),
        "purpose": terms.purpose if terms else "",
        "refused": refused,
        "verdict": visit.say(f"verdict_{made.verdict.value}") if made and made.verdict else "",
        "colour": "amber" if is_denied else "",
        "time": shown.time(made.decided_at, visit) if made else "",
        "released": shown.time(made.released_at, visit) if made and made.released_at else "",
        "state": visit.say(one.state) if one.state else visit.say("state_unknown"),
        "state_colour": cases.COLOURS.get(one.state) if one.state else None,
        "opened": _opened(one, visit),
        "details": details,
        "codes": codes,
    }


def _opened(one: DecidedRequest, visit: Visit) -> str:
    """Return how often the record was opened, and when its auditor confirmed that first."""
    if one.terms is None:
        return ""
    if not one.opened:
        return visit.say("not_opened")
    times = visit.say("of", count=one.opened, total=one.terms.openings)
    if one.confirmed_at is None:
        return times
    return visit.say("in_brackets", text=times, more=shown.time(one.confirmed_at, visit))
