"""A custodian's duties: the drill that is due, and the hand-over to a successor."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idvault_client.errors import NotFound, SecondFactorRefused, VaultError
from idvault_client.pages import rendering
from idvault_people.console import explaining, shown
from idvault_people.console.disclosure.explaining import explain
from idvault_people.console.disclosure.session import CustodianSession
from idvault_people.console.visit import Answer, ConsolePage, GoTo, Hiding, MenuCount, Route, Visit
from idvault_people.custody.drill import VerifiedDrill
from idvault_people.custody.handover import HandOver, HandOverProgress, NotReplacedError
from idvault_people.trust import FindingError
from idvault_verify.attest.people import roster_member
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.succession import Succession
from idvault_verify.error import Reason

_REMINDED = timedelta(days=14)
_SECONDS = 2
"""How often the page of a running hand-over shows its progress again."""


@dataclass(kw_only=True, eq=False)
class _HandOverRun:
    """A hand-over of this session: its progress, and what ended it."""

    done: list[tuple[Succession, HandOverProgress]] = field(default_factory=list)
    present: tuple[Succession, HandOverProgress] | None = None
    failure: Exception | None = None
    thread: threading.Thread | None = None

    @property
    def is_running(self) -> bool:
        return self.thread is not None and self.thread.is_alive()


@dataclass(kw_only=True, eq=False)
class Duties:
    """The pages of drill and hand-over. _has_passed: a drill of this session, which its page tells.

    _due_at: when the drill is due, None before that was read.
    """

    session: CustodianSession
    _due_at: datetime | None = None
    _run: _HandOverRun = field(default_factory=_HandOverRun)
    _has_passed: bool = False

    def routes(self) -> tuple[Route, ...]:
        """Return the pages."""
        return (
            Route("GET", "/drill", self.ask_drill),
            Route("POST", "/drill", self.pass_drill),
            Route("GET", "/hand-over", self.show_hand_over),
            Route("POST", "/hand-over", self.hand_over),
        )

    def ask_drill(self, visit: Visit) -> Answer:
        """Show the drill record, and until when the drill is due."""
        return self._drill(visit, {})

    def counts(self, visit: Visit) -> Mapping[str, MenuCount]:
        """Return that the drill is due soon or overdue, beside its link, as it was read last."""
        if self._due_at is None or self.session.now() < self._due_at - _REMINDED:
            return {}
        is_late = self.session.now() >= self._due_at
        return {"/drill": MenuCount(visit.say("drill_late" if is_late else "drill_near"), is_late=is_late)}

    def _fetch(self) -> VerifiedDrill:
        found = self.session.drill().fetch()
        self._due_at = found.due_at
        return found

    def reminder(self, visit: Visit) -> str:
        """Return that the drill is due soon, or overdue; "" if it is not, or cannot be read now."""
        try:
            found = self._fetch()
        except (FindingError, VaultError):
            # The drill's own page says why.
            return ""
        return shown.pair(visit.say("drill"), self._due(found, visit), visit) if self._is_near(found) else ""

    def _is_near(self, found: VerifiedDrill) -> bool:
        return self.session.now() >= found.due_at - _REMINDED

    def last(self, visit: Visit) -> str:
        """Return when the last drill was; "" if that cannot be read now."""
        try:
            found = self._fetch()
        except (FindingError, VaultError):
            return ""
        last = shown.time(found.passed_at, visit) if found.passed_at else visit.say("drill_never")
        return visit.say("drill_told", last=last, due=self._due(found, visit))

    def pass_drill(self, visit: Visit) -> Answer:
        """Open the share of the drill record, forget it, and sign that it opened."""
        client = self.session.drill()
        found = client.fetch()
        try:
            client.complete(found, code=visit.given("code"))
        except SecondFactorRefused as error:
            return self._drill(visit, {"code": explaining.code(error, visit)})
        self._has_passed = True
        return GoTo("/drill")

    def show_hand_over(self, visit: Visit) -> Answer:
        """Show who gets the shares, or the progress of a hand-over."""
        run = self._run
        if run.is_running or run.done or run.failure:
            return self._progress(visit, run)
        try:
            found = self.session.hand_over().successions()
        except NotReplacedError:
            links = [("/", visit.say("waiting"))]
            values = {"texts": [visit.say("not_replaced")], "links": links}
            return ConsolePage(template="message.html", title=visit.say("hand_over"), values=values)
        places = [
            [
                (visit.say("quorum"), each.quorum.name),
                (visit.say("place"), str(each.place)),
                (visit.say("successor"), _named(each.successor, visit)),
                # Compared by eye with what the successor says, so it stands open.
                (visit.say("sealing_key"), _fingerprint(each.successor)),
            ]
            for each in found
        ]
        return ConsolePage(template="handover.html", title=visit.say("hand_over"), values={"places": places})

    def hand_over(self, visit: Visit) -> Answer:
        """Hand the shares over in the background; a later run continues."""
        if not self._run.is_running:
            client = self.session.hand_over()
            found = client.successions()
            self._run = _HandOverRun()
            # A thread of its own: it may take hours, and the other pages must still answer.
            self._run.thread = threading.Thread(
                target=_hand_over, args=(self._run, client, found), daemon=True
            )
            self._run.thread.start()
        return GoTo("/hand-over")

    def _progress(self, visit: Visit, run: _HandOverRun) -> Answer:
        parts = [*run.done, *([run.present] if run.present and run.is_running else [])]
        rows = [
            (
                found.successor.name,
                visit.say(
                    "handed",
                    handed=progress.handed,
                    total=progress.total,
                    left=progress.refused + progress.left_out,
                ),
            )
            for found, progress in parts
        ]
        failure = explain(run.failure, visit) if run.failure else None
        why = failure.text if failure else visit.say("failed_text") if run.failure else ""
        values = {"rows": rows, "running": run.is_running, "failure": why}
        hides = Hiding(_SECONDS, "/hand-over") if run.is_running else None
        title = visit.say("hand_over")
        return ConsolePage(template="progress.html", title=title, values=values, hides=hides)

    def _drill(self, visit: Visit, errors: dict[str, str]) -> Answer:
        try:
            found = self._fetch()
        except NotFound as error:
            if error.reason != Reason.REQUEST_NOT_FOUND:
                raise
            values = {"texts": [visit.say("drill_soon")], "links": [("/drill", visit.say("try_again"))]}
            return ConsolePage(template="message.html", title=visit.say("drill"), values=values)
        return ConsolePage(
            template="drill.html",
            title=visit.say("drill"),
            values={
                "rows": self._rows(found, visit),
                "codes": [(visit.say("drill_record"), found.record.record_id)],
                "due": shown.Due(self._due(found, visit), self._spent(found)),
                "passed": visit.say("drill_passed", day=shown.time(found.due_at, visit))
                if self._has_passed and not self._is_near(found)
                else "",
            },
            errors=errors,
            status=422 if errors else 200,
        )

    def _rows(self, found: VerifiedDrill, visit: Visit) -> list[tuple[str, str]]:
        last = shown.time(found.passed_at, visit) if found.passed_at else visit.say("drill_never")
        return [
            (visit.say("place"), visit.say("of", count=found.place, total=found.custodians)),
            (
                visit.say("logged"),
                visit.say("logged_at", time=shown.time(found.made_at, visit), size=found.log_size),
            ),
            (visit.say("drill_last"), last),
        ]

    def _due(self, found: VerifiedDrill, visit: Visit) -> str:
        key = "drill_overdue" if self.session.now() >= found.due_at else "drill_due"
        return visit.say(key, day=shown.time(found.due_at, visit))

    def _spent(self, found: VerifiedDrill) -> int:
        begin = found.passed_at or found.made_at
        return rendering.time_spent(begin, found.due_at, now=self.session.now())


def _named(member: RosterMember, visit: Visit) -> str:
    return visit.say("in_brackets", text=member.name, more=member.organisation)


def _fingerprint(member: RosterMember) -> shown.Code:
    return shown.Code(roster_member.fingerprint(member.hpke_public_key))


def _hand_over(run: _HandOverRun, client: HandOver, found: tuple[Succession, ...]) -> None:
    """Hand over place after place; keep what ended it, for the page to tell."""
    try:
        for each in found:

            def tell(progress: HandOverProgress, each: Succession = each) -> None:
                run.present = (each, progress)

            run.done.append((each, client.run(each, tell=tell)))
    except Exception as error:
        run.failure = error
