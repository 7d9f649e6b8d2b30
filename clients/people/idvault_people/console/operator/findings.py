"""The page of what `idvault doctor` found last, each finding with its section of the runbook."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from idvault_people.console.operator import advice
from idvault_people.console.operator.checks import SECTIONS, check_name, check_names
from idvault_people.console.operator.doctor_runs import DoctorResult
from idvault_people.console.operator.parts import (
    AMBER,
    RED,
    OperatorNote,
    OperatorSection,
)
from idvault_people.console.operator.session import OperatorSession
from idvault_people.console.visit import Answer, Hiding, Route, Visit

AGAIN = 4
"""Seconds after which a page comes again while the doctor runs."""
_RUNBOOK = Path(__file__).with_name("runbook.json")
_SILENT = "does not answer"


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
    return (OperatorNote(text=visit.say("doctor_problem"), technical=result.problem),)


def _sections(found: Sequence[Mapping[str, Any]], visit: Visit) -> Sequence[OperatorSection]:
    failed = [each for each in found if not each["passed"] and each["made"]]
    omitted = [each for each in found if not each["passed"] and not each["made"]]
    remarks = [each for each in found if each["passed"] and each["remark"]]
    passed = [each for each in found if each["passed"] and not each["remark"]]
    return (
        *(_section(text, checks, "check_failed", visit) for text, checks in by_text(failed).items()),
        *(_section(text, checks, "check_not_made", visit) for text, checks in by_text(omitted).items()),
        *(_section(text, checks, "check_remark", visit) for text, checks in by_text(remarks).items()),
        OperatorSection(
            texts=() if failed or omitted else [visit.say("all_passed")],
            summary=visit.say("passed_checks", count=len(passed)),
            details=[(check_name(str(each["check"]), visit), visit.say("check_passed")) for each in passed],
        ),
    )


def _section(text: str, checks: Sequence[str], word: str, visit: Visit) -> OperatorSection:
    """Return one text of the doctor, the checks that it is about, and what the runbook says about them."""
    colour = RED if word == "check_failed" else AMBER
    names = dict.fromkeys(name for check in checks if (name := section_of(check, text)))
    if word == "check_not_made":
        names = {}
    return OperatorSection(
        title=check_names(checks, visit),
        notes=[advice.note(visit.say(word), text, visit, colour=colour)],
        summary=visit.say("runbook", names=", ".join(names)),
        english=[paragraph for name in names for paragraph in runbook().get(name, ())],
    )


def section_of(check: str, text: str) -> str:
    """Return the section about a check that failed, "" if there is none."""
    if check == "registry-clock" and _SILENT in text:
        # Its clock is not known to be wrong: nobody has told it.
        return SECTIONS["registry"]
    return SECTIONS.get(check, "")


@cache
def runbook() -> Mapping[str, Sequence[str]]:
    """Return the paragraphs of the runbook's sections, as `scripts/fix` has copied them from its page."""
    found: dict[str, list[str]] = json.loads(_RUNBOOK.read_text("utf-8"))
    return found


def by_text(found: Sequence[Mapping[str, Any]]) -> Mapping[str, Sequence[str]]:
    """Return the checks that each text of the doctor is about: one outage can fail several."""
    grouped: dict[str, list[str]] = {}
    for each in found:
        text = str(each["remark"] if each["passed"] else each["advice"])
        grouped.setdefault(text, []).append(str(each["check"]))
    return grouped
