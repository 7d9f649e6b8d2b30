"""The console of an authority's officer: orders, joint operations, referrals, and the officer's own keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from idvault_people.console import own
from idvault_people.console.app import Console
from idvault_people.console.authority.explaining import explain
from idvault_people.console.authority.issuing import IssuingPages
from idvault_people.console.authority.joint import JointPages, NewOperationPages
from idvault_people.console.authority.orders import OrderPages
from idvault_people.console.authority.referrals import ReferralPages
from idvault_people.console.authority.session import OfficerSession
from idvault_people.console.authority.texts import OFFICER
from idvault_people.console.member_texts import MEMBER
from idvault_people.console.second_factor import SecondFactorPages
from idvault_people.console.visit import Answer, ConsolePage, MenuCount, Route, Visit

TEMPLATES = Path(__file__).parent / "templates"


def console(session: OfficerSession) -> Console:
    """Return the officer's console."""
    orders, referrals = OrderPages(session=session), ReferralPages(session=session)

    def first(visit: Visit) -> Answer:
        """Show the orders; opened without a question, the first page also counts what was referred."""
        answer = orders.list(visit)
        if not visit.query:
            referrals.count()
        return answer

    def counts(visit: Visit) -> Mapping[str, MenuCount]:
        found = {}
        if orders.overdue:
            told = visit.say("overdue_orders", count=orders.overdue)
            found["/"] = MenuCount(told, is_late=True)
        if referrals.waiting:
            found["/referrals"] = MenuCount(str(referrals.waiting))
        return found

    routes = (
        Route("GET", "/", first),
        *orders.routes(),
        *IssuingPages(session=session).routes(),
        *NewOperationPages(session=session).routes(),
        *JointPages(session=session).routes(),
        *referrals.routes(),
        *SecondFactorPages(client=session.officer).routes(),
        Route("GET", "/own", _OfficerKeys(session).show),
    )
    menu = (
        ("/", "orders"),
        ("/new", "issue"),
        ("/referrals", "referrals"),
        ("/operations", "operations"),
        ("/own", "own"),
    )
    return Console(
        texts={**MEMBER, **OFFICER},
        templates=TEMPLATES,
        menu=menu,
        routes=routes,
        explain=explain,
        counts=counts,
        head=lambda: session.head,
    )


@dataclass(frozen=True)
class _OfficerKeys:
    session: OfficerSession

    def show(self, visit: Visit) -> Answer:
        """Show keys and fingerprints, roster, log position and second factor."""
        officer = self.session.officer()
        rows = own.facts(officer.identity, officer.trust, officer.edge, visit)
        return ConsolePage(template="own.html", title=visit.say("own_title"), values={"rows": rows})
