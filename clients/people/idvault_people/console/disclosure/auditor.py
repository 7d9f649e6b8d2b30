"""The auditor's console: cases, new requests, openings, evidence, and the auditor's own page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from idvault_people.console import own, shown
from idvault_people.console.app import Console
from idvault_people.console.disclosure.auditor_texts import AUDITOR
from idvault_people.console.disclosure.begun import BegunRequests
from idvault_people.console.disclosure.cases import Cases
from idvault_people.console.disclosure.drafting import Drafting
from idvault_people.console.disclosure.explaining import explain
from idvault_people.console.disclosure.kept import KeptEvidence
from idvault_people.console.disclosure.opened import OpenedRecords
from idvault_people.console.disclosure.revealing import Revealing
from idvault_people.console.disclosure.session import AuditorSession
from idvault_people.console.disclosure.texts import PEOPLE
from idvault_people.console.second_factor import SecondFactorPages
from idvault_people.console.visit import Answer, ConsolePage, MenuCount, Route, Visit
from idvault_people.disclosure import sealed_draft, search
from idvault_verify.v1 import disclosure_pb2

TEMPLATES = Path(__file__).parent / "templates"
_ACT_DAYS = 30


def console(session: AuditorSession) -> Console:
    """Return the auditor's console; destroy the drafts of requests that are too old."""
    sealed_draft.destroy_old(session.folder, now=session.now())
    revealing = Revealing(now=session.now)
    begun = BegunRequests(session=session)
    cases = Cases(session=session, begun=begun)
    records = OpenedRecords(session=session, revealing=revealing, learn=cases.learn)
    evidence = KeptEvidence(session=session, revealing=revealing, records=records)
    routes = (
        *cases.routes(),
        *Drafting(session, begun).routes(),
        *records.routes(),
        *evidence.routes(),
        *SecondFactorPages(client=session.auditor).routes(),
        Route("GET", "/own", _OwnPage(session).show),
    )
    menu = (("/", "cases"), ("/new", "new"), ("/evidence", "evidence"), ("/own", "own"))
    return Console(
        texts={**PEOPLE, **AUDITOR},
        templates=TEMPLATES,
        menu=menu,
        routes=routes,
        explain=explain,
        head=lambda: session.head,
        counts=lambda visit: _counts(cases, begun, evidence, visit),
    )


def _counts(
    cases: Cases, begun: BegunRequests, evidence: KeptEvidence, visit: Visit
) -> Mapping[str, MenuCount]:
    """Return what waits: cases to open, requests that are not sent, evidence that must be destroyed."""
    overdue = evidence.overdue()
    waits = {"/": cases.waiting, "/new": begun.waiting}
    found = {path: MenuCount(str(count)) for path, count in waits.items() if count}
    if overdue:
        found["/evidence"] = MenuCount(visit.say("overdue_count", count=overdue), is_late=True)
    return found


@dataclass(frozen=True)
class _OwnPage:
    session: AuditorSession

    def show(self, visit: Visit) -> Answer:
        """Show keys, second factor, quota, and the acts of the last days."""
        auditor = self.session.auditor()
        found, quota = auditor.list(), auditor.quota()
        since = self.session.now() - timedelta(days=_ACT_DAYS)
        rows = own.facts(auditor.identity, auditor.trust, auditor.edge, visit)
        values = {
            "rows": [
                *rows,
                (visit.say("quota"), visit.say("of", count=quota.filed_today, total=quota.daily_limit)),
            ],
            "acts": _told(found, since, visit),
            "days": _ACT_DAYS,
        }
        return ConsolePage(template="own.html", title=visit.say("own_title"), values=values)


def _told(
    found: Sequence[disclosure_pb2.Disclosure], since: datetime, visit: Visit
) -> list[tuple[str, str, str, str]]:
    """Return the acts since a day, newest first: when, what, the case, and its id."""
    acts = sorted((act for each in found for act in _acts(each)), key=lambda act: act[0], reverse=True)
    return [
        (shown.time(at, visit), visit.say(key), search.case_reference(each), each.disclosure_id)
        for at, key, each in acts
        if at >= since
    ]


def _acts(each: disclosure_pb2.Disclosure) -> Iterator[tuple[datetime, str, disclosure_pb2.Disclosure]]:
    yield each.create_time.ToDatetime(UTC), "act_request", each
    if each.HasField("disclose_time"):
        yield each.disclose_time.ToDatetime(UTC), "act_disclose", each
    if each.HasField("confirm_time"):
        yield each.confirm_time.ToDatetime(UTC), "act_confirm", each
