"""The custodian's console: requests that wait, drill, hand-over, and the custodian's own page."""

from dataclasses import dataclass
from pathlib import Path

from idvault_people.console import own
from idvault_people.console.app import Console
from idvault_people.console.disclosure.comparing import OrderFiles
from idvault_people.console.disclosure.custodian_texts import CUSTODIAN
from idvault_people.console.disclosure.decided import DecisionHistory
from idvault_people.console.disclosure.duties import Duties
from idvault_people.console.disclosure.explaining import explain
from idvault_people.console.disclosure.requests import WaitingRequests
from idvault_people.console.disclosure.session import CustodianSession
from idvault_people.console.disclosure.texts import PEOPLE
from idvault_people.console.second_factor import SecondFactorPages
from idvault_people.console.visit import Answer, ConsolePage, MenuCount, Route, Visit
from idvault_people.disclosure import sealed_draft

TEMPLATES = Path(__file__).parent / "templates"


def console(session: CustodianSession) -> Console:
    """Return the custodian's console; destroy the drafts of reasons that are too old."""
    sealed_draft.destroy_old(session.folder, now=session.now())
    duties = Duties(session=session)
    requests = WaitingRequests(session=session, duties=duties)
    routes = (
        *requests.routes(),
        *OrderFiles(session=session).routes(),
        *DecisionHistory(session=session, duties=duties).routes(),
        *duties.routes(),
        *SecondFactorPages(client=session.custodian).routes(),
        Route("GET", "/own", _OwnKeys(session).show),
    )
    menu = (
        ("/", "waiting"),
        ("/decisions", "own_decisions"),
        ("/drill", "drill"),
        ("/hand-over", "hand_over"),
        ("/own", "own"),
    )
    return Console(
        texts={**PEOPLE, **CUSTODIAN},
        templates=TEMPLATES,
        menu=menu,
        routes=routes,
        explain=explain,
        head=lambda: session.head,
        counts=lambda visit: {
            **({"/": MenuCount(str(requests.waiting))} if requests.waiting else {}),
            **duties.counts(visit),
        },
    )


@dataclass(frozen=True)
class _OwnKeys:
    session: CustodianSession

    def show(self, visit: Visit) -> Answer:
        """Show keys and fingerprints, roster, log position and second factor."""
        custodian = self.session.custodian()
        rows = own.facts(custodian.identity, custodian.trust, custodian.edge, visit)
        return ConsolePage(template="own.html", title=visit.say("own_title"), values={"rows": rows})
