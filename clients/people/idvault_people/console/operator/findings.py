"""The page of what `idvault doctor` found, each finding with its section of the runbook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idvault_people.console.operator.parts import (
    AMBER,
    PLAIN,
    RED,
    OperatorCell,
    OperatorSection,
    OperatorTable,
)
from idvault_people.console.operator.session import OperatorSession
from idvault_people.console.visit import Answer, Route, Visit

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
        """Run the doctor, or show what it found seconds ago."""
        state = self.session.state(visit)
        found = self.session.commands.findings()
        ill = sorted((each for each in found if not each["passed"]), key=lambda each: not each["made"])
        remarks = [each for each in found if each["passed"] and each["remark"]]
        passed = [each for each in found if each["passed"] and not each["remark"]]
        head = [visit.say(key) for key in ("check", "what_to_do", "runbook")]
        lines = [_line(each, visit) for each in (*ill, *remarks)]
        sections = [
            OperatorSection(table=OperatorTable(head=head, lines=lines, empty=visit.say("all_passed"))),
            OperatorSection(
                summary=visit.say("passed_checks", count=len(passed)),
                details=[(str(each["check"]), visit.say("check_passed")) for each in passed],
            ),
        ]
        return self.session.page(visit, visit.say("doctor_title"), sections, state=state)


def _line(found: Mapping[str, Any], visit: Visit) -> Sequence[OperatorCell]:
    name, word, colour = str(found["check"]), "check_remark", AMBER
    if not found["passed"]:
        word, colour = ("check_failed", RED) if found["made"] else ("check_not_made", AMBER)
    return (
        OperatorCell(text=name, badge=visit.say(word), colour=colour),
        OperatorCell(text=str(found["remark"] if found["passed"] else found["advice"]), english=True),
        OperatorCell(text=SECTIONS.get(name, "")),
    )


def failed(found: Sequence[Mapping[str, Any]] | None) -> tuple[int | None, str]:
    """Return how many checks failed when doctor was asked last, None if it was not; and how urgent it is."""
    if found is None:
        return None, PLAIN
    count = sum(not each["passed"] and bool(each["made"]) for each in found)
    return count, RED if count else PLAIN
