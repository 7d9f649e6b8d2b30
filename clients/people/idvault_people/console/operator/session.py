"""What the operator's console needs of an open session, and what its pages share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from idvault_people.console import shown
from idvault_people.console.operator.certificates import KnownCertificates
from idvault_people.console.operator.doctor_runs import DoctorRuns
from idvault_people.console.operator.last_visit import LastVisit
from idvault_people.console.operator.parts import OperatorNote, OperatorSection, OperatorTable
from idvault_people.console.operator.texts import UNREAD
from idvault_people.console.operator.vault_commands import (
    CommandRefusedError,
    CommandsAwayError,
    VaultCommands,
    VaultState,
)
from idvault_people.console.visit import ConsoleHead, ConsolePage, Hiding, Visit
from idvault_people.operator_client import OperatorClient
from idvault_verify.transparency.checkpoint import Checkpoint

PAGE = "operator_page.html"
_NOT_CONFIGURED = "NOT_CONFIGURED"


class CodeSpentError(Exception):
    """A command failed, or its end is not known, after the vault had accepted the code for it."""

    def __init__(self, cause: CommandRefusedError | CommandsAwayError) -> None:
        """Keep what came of the command."""
        super().__init__(str(cause))
        self.cause = cause


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatorSession:
    """An operator's. operator: returns the client under the newest roster; commands: of the vault's host.

    name: the operator's; doctor: the runs of the vault's check. trust_domain, ends: of the operator's own
    certificate. done: what is told of a decision that was carried out, by its number. heads: the newest
    checkpoint or why there is none, with when that was found, by language and change.
    """

    operator: Callable[[], OperatorClient]
    name: str
    commands: VaultCommands
    doctor: DoctorRuns
    certificates: KnownCertificates
    last_visit: LastVisit
    trust_domain: str
    ends: datetime
    now: Callable[[], datetime]
    done: dict[str, Callable[[Visit], OperatorNote]] = field(default_factory=dict, repr=False)
    heads: dict[tuple[str, int], tuple[float, Checkpoint | OperatorNote]] = field(
        default_factory=dict, repr=False
    )

    def state(self, visit: Visit) -> VaultState:
        """Return the state of the vault, asked anew if the visitor wants that."""
        if visit.query.get("fresh"):
            self.commands.forget()
        return self.commands.state()

    def run(self, code: str, *words: str) -> None:
        """Run a command that changes something, once the vault has accepted a code.

        Raises VaultError before the command, CodeSpentError for what comes of it.
        """
        self.operator().spend(code)
        try:
            self.commands.act(*words)
        except (CommandRefusedError, CommandsAwayError) as error:
            raise CodeSpentError(error) from error

    def zone(self, state: VaultState | None) -> tzinfo:
        """Return the vault's time zone, UTC if it is not known."""
        try:
            return ZoneInfo(str(state.table("vault")["time_zone"])) if state else UTC
        except (KeyError, ValueError, ZoneInfoNotFoundError):
            return UTC

    def time(self, text: str | None, visit: Visit, state: VaultState | None) -> str:
        """Return a time that the vault told, in its zone; a word for none."""
        if not text:
            return visit.say("never_yet")
        return shown.time(datetime.fromisoformat(text), visit, zone=self.zone(state))

    def age(self, at: datetime, visit: Visit) -> str:
        """Return how long ago something was, in the largest whole unit."""
        seconds = max(int((self.now() - at).total_seconds()), 0)
        for key, unit in (("ago_days", 86_400), ("ago_hours", 3_600), ("ago_minutes", 60)):
            if seconds >= unit:
                return visit.say(key, count=seconds // unit)
        return visit.say("ago_now")

    def head(self) -> ConsoleHead:
        """Return who works here, where, and until when the own certificate lets the operator in."""
        zone = self.zone(self.commands.last)
        return ConsoleHead(name=self.name, place=self.trust_domain, until=self.ends, zone=zone)

    def page(
        self,
        visit: Visit,
        title: str,
        sections: Sequence[OperatorSection],
        *,
        state: VaultState | None = None,
        back: str = "",
        template: str = PAGE,
        errors: Mapping[str, str] | None = None,
        again: Hiding | None = None,
        **values: Any,
    ) -> ConsolePage:
        """Return a page. state: what it was made of; back: the page above it; errors: of its form.

        again: where the browser goes by itself, because something is under way.
        """
        as_of = ""
        if state is not None:
            as_of = visit.say("as_of", time=self.time(state.table("vault").get("time"), visit, state))
        done = self.done.get(visit.query.get("done", ""))
        shown = {
            "done": done(visit) if done else None,
            "sections": sections,
            "as_of": as_of,
            "back": back,
            **values,
        }
        return ConsolePage(
            template=template,
            title=title,
            values=shown,
            errors=errors or {},
            status=422 if errors else 200,
            hides=again,
        )


def unread(state: VaultState, visit: Visit, *names: str) -> tuple[OperatorNote, ...]:
    """Return a note for each part that the vault could not read; none for what its settings do not name."""
    return tuple(
        OperatorNote(text=_why(state.reason(name), visit.say(f"part.{name}"), visit), technical=problem)
        for name in names
        if (problem := state.problem(name)) and not is_not_configured(state, name)
    )


def is_not_configured(state: VaultState, name: str) -> bool:
    """Return whether the vault's settings do not name what a part is read from."""
    return state.reason(name) == _NOT_CONFIGURED


def _why(reason: str, part: str, visit: Visit) -> str:
    """Return the sentence for a reason; a general one for that of another version of the vault's program."""
    return visit.say(f"unread.{reason}" if reason in UNREAD else "unread", part=part)


def unless_unread(state: VaultState, name: str, table: OperatorTable) -> OperatorTable | None:
    """Return the table of a part; None if it was not read: an empty one would look like good news."""
    return None if state.problem(name) else table
