"""The page of what `idvault doctor` found last, each finding with its section of the runbook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idvault_people.console.operator.doctor_runs import DoctorResult
from idvault_people.console.operator.parts import (
    AMBER,
    RED,
    OperatorCell,
    OperatorNote,
    OperatorSection,
    OperatorTable,
)
from idvault_people.console.operator.session import OperatorSession
from idvault_people.console.visit import Answer, Hiding, Route, Visit

AGAIN = 4
"""Seconds after which a page comes again while the doctor runs."""
_READY = "IdvaultNotReady"
SECTIONS: Mapping[str, str] = {
    **dict.fromkeys(("databases", "roster", "files", "keys", "servers", "shred-servers", "edge"), _READY),
    "log": "IdvaultLogStands",
    "checkpoint": "IdvaultLogNotCosigned",
    "witness": "IdvaultWitnessBehind",
    "drills": "IdvaultDrillOverdue",
    "hand-over": "IdvaultHandOverStalls",
    "erasures": "IdvaultErasuresLate",
    "disavowals": "IdvaultDisavowalsOverdue",
    "notifications": "IdvaultNotificationsDead",
    "records": "IdvaultRecordsWithoutKey",
    "disk": "IdvaultDiskFull",
    **dict.fromkeys(("database-clock", "registry-clock"), "IdvaultClockDoubted"),
    **dict.fromkeys(("registry", "registry-enterprise"), "IdvaultRegistryAway"),
    **dict.fromkeys(("tls-certificate", "tls-ca", "web-tls-certificate"), "IdvaultCertificateExpiresSoon"),
}
"""The section of docs/runbook.md about what each check finds."""


@dataclass(kw_only=True, eq=False)
class DoctorPage:
    """The page of findings: what failed first, then remarks, then what passed."""

    session: OperatorSession

    def routes(self) -> tuple[Route, ...]:
        """Return the page."""
        return (Route("GET", "/doctor", self.show),)

    def show(self, visit: Visit) -> Answer:
        """Show what the doctor found last; while it runs, the page comes again by itself."""
        state, runs = self.session.state(visit), self.session.doctor
        result = runs.wait()
        sections = [OperatorSection(texts=self._about(result, visit), notes=_problem(result, visit))]
        if result is not None and not result.problem:
            sections += _sections(result.findings, visit)
        again = Hiding(AGAIN, "/doctor") if runs.is_running else None
        return self.session.page(visit, visit.say("doctor_title"), sections, state=state, again=again)

    def _about(self, result: DoctorResult | None, visit: Visit) -> Sequence[str]:
        """Return how old the result is, and whether there will be another."""
        runs, told = self.session.doctor, []
        if result is not None:
            age = self.session.age(result.ended_at, visit)
            told.append(visit.say("doctor_old" if runs.is_old else "doctor_ended", age=age))
        if runs.is_running:
            told.append(visit.say("doctor_runs"))
        return told


def _problem(result: DoctorResult | None, visit: Visit) -> Sequence[OperatorNote]:
    if result is None or not result.problem:
        return ()
    return (OperatorNote(text=visit.say("doctor_problem"), said=result.problem),)


def _sections(found: Sequence[Mapping[str, Any]], visit: Visit) -> Sequence[OperatorSection]:
    ill = sorted((each for each in found if not each["passed"]), key=lambda each: not each["made"])
    remarks = [each for each in found if each["passed"] and each["remark"]]
    passed = [each for each in found if each["passed"] and not each["remark"]]
    head = [visit.say(key) for key in ("check", "what_to_do", "runbook")]
    lines = [_line(each, visit) for each in (*ill, *remarks)]
    return (
        OperatorSection(table=OperatorTable(head=head, lines=lines, empty=visit.say("all_passed"))),
        OperatorSection(
            summary=visit.say("passed_checks", count=len(passed)),
            details=[(check_name(str(each["check"]), visit), visit.say("check_passed")) for each in passed],
        ),
    )


def check_name(check: str, visit: Visit) -> str:
    """Return what a check looks at, in words; its own name if it is of a newer vault."""
    return visit.say(f"check.{check}") if check in SECTIONS else check


def check_names(checks: Sequence[str], visit: Visit) -> str:
    """Return what several checks look at."""
    return visit.say("and_more").join(check_name(each, visit) for each in checks)


def _line(found: Mapping[str, Any], visit: Visit) -> Sequence[OperatorCell]:
    name, word, colour = str(found["check"]), "check_remark", AMBER
    if not found["passed"]:
        word, colour = ("check_failed", RED) if found["made"] else ("check_not_made", AMBER)
    return (
        OperatorCell(text=check_name(name, visit), badge=visit.say(word), colour=colour),
        OperatorCell(text=str(found["remark"] if found["passed"] else found["advice"]), english=True),
        OperatorCell(text=SECTIONS.get(name, "")),
    )
