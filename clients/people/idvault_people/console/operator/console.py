"""The console of the operator: the pages in the order of its menu."""

from dataclasses import dataclass
from pathlib import Path

from idvault_people.console import own, second_factor
from idvault_people.console.app import Console
from idvault_people.console.member_texts import MEMBER
from idvault_people.console.operator.deadlines import DeadlinePages
from idvault_people.console.operator.decisions import PreviewPages
from idvault_people.console.operator.explaining import explain
from idvault_people.console.operator.findings import DoctorPage
from idvault_people.console.operator.forms import FormPages
from idvault_people.console.operator.log import LogPage
from idvault_people.console.operator.members import MembersPage
from idvault_people.console.operator.parts import OperatorSection
from idvault_people.console.operator.platforms import NamePages
from idvault_people.console.operator.registry import RegistryPage
from idvault_people.console.operator.session import OperatorSession
from idvault_people.console.operator.storage import StoragePages
from idvault_people.console.operator.texts import OPERATOR
from idvault_people.console.operator.today import TodayPage
from idvault_people.console.second_factor import SecondFactorPages
from idvault_people.console.shown import Code
from idvault_people.console.visit import Answer, Route, Visit

TEMPLATES = Path(__file__).parent / "templates"
MENU = (
    ("/", "today"),
    ("/platforms", "platforms"),
    ("/members", "roster_title"),
    ("/log", "log_title"),
    ("/queue", "queue_title"),
    ("/deadlines", "deadlines_title"),
    ("/doctor", "doctor_title"),
    ("/storage", "storage_title"),
    ("/keys", "keys_title"),
    ("/own", "own_keys"),
)


def console(session: OperatorSession) -> Console:
    """Return the operator's console."""
    deadlines, decisions = DeadlinePages(session=session), PreviewPages(session=session)
    platforms = NamePages(session=session, deadlines=deadlines)
    routes = (
        *TodayPage(session=session, platforms=platforms, deadlines=deadlines).routes(),
        *platforms.routes(),
        *MembersPage(session=session).routes(),
        *LogPage(session=session).routes(),
        *RegistryPage(session=session).routes(),
        *deadlines.routes(),
        *DoctorPage(session=session).routes(),
        *StoragePages(session=session).routes(),
        *FormPages(session=session, names=platforms, decisions=decisions).routes(),
        *decisions.routes(),
        *SecondFactorPages(client=session.operator, waits=lambda: decisions.waits).routes(),
        Route("GET", "/own", _OperatorKeys(session).show),
    )
    texts = {**MEMBER, **OPERATOR}
    return Console(
        texts=texts, templates=TEMPLATES, menu=MENU, routes=routes, explain=explain, head=session.head
    )


@dataclass(frozen=True)
class _OperatorKeys:
    session: OperatorSession

    def show(self, visit: Visit) -> Answer:
        """Show keys and fingerprints, roster, log position and second factor."""
        member = self.session.operator()
        facts = own.facts(member.identity, member.trust, member.edge, visit)
        codes = [(name, found.code) for name, found in facts if isinstance(found, Code)]
        rows = [(name, str(found)) for name, found in facts if not isinstance(found, Code)]
        section = OperatorSection(
            rows=rows, compared=codes, links=[(second_factor.PATH, visit.say("enrol_link"))]
        )
        return self.session.page(visit, visit.say("own_keys"), [section])
