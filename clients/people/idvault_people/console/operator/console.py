"""The console of the operator: the pages in the order of its menu."""

from dataclasses import dataclass
from pathlib import Path

from idvault_people.console.app import Console
from idvault_people.console.disclosure import own
from idvault_people.console.disclosure.texts import PEOPLE
from idvault_people.console.operator.explaining import explain
from idvault_people.console.operator.parts import OperatorSection
from idvault_people.console.operator.platforms import NamePages
from idvault_people.console.operator.session import OperatorSession
from idvault_people.console.operator.texts import OPERATOR
from idvault_people.console.operator.today import TodayPage
from idvault_people.console.visit import Answer, Route, Visit

TEMPLATES = Path(__file__).parent / "templates"


def console(session: OperatorSession) -> Console:
    """Return the operator's console."""
    platforms = NamePages(session=session)
    routes = (
        *TodayPage(session=session, platforms=platforms).routes(),
        *platforms.routes(),
        Route("GET", "/own", _OperatorKeys(session).show),
    )
    menu = (("/", "today"), ("/platforms", "platforms"), ("/own", "own_keys"))
    texts = {**PEOPLE, **OPERATOR}
    return Console(texts=texts, templates=TEMPLATES, menu=menu, routes=routes, explain=explain)


@dataclass(frozen=True)
class _OperatorKeys:
    session: OperatorSession

    def show(self, visit: Visit) -> Answer:
        """Show keys and fingerprints, roster, log position and second factor."""
        member = self.session.member()
        rows = own.rows(member.identity, member.trust, member.edge, visit)
        return self.session.page(visit, visit.say("own_keys"), [OperatorSection(rows=rows)])
