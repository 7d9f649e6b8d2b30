"""The page of the public log: its head, verified on this machine, what waits, and each witness."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from idvault_client.errors import Unavailable, VaultError
from idvault_people.console import explaining
from idvault_people.console.operator import vault_commands
from idvault_people.console.operator.figures import number
from idvault_people.console.operator.parts import (
    AMBER,
    GREEN,
    RED,
    OperatorCell,
    OperatorNote,
    OperatorSection,
    OperatorTable,
)
from idvault_people.console.operator.session import OperatorSession, unread
from idvault_people.console.operator.vault_commands import CommandsAwayError, VaultState, away
from idvault_people.console.visit import Answer, Route, Visit
from idvault_people.trust import FindingError
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.v1 import transparency_pb2


@dataclass(kw_only=True, eq=False)
class LogPage:
    """The page of the log."""

    session: OperatorSession

    def routes(self) -> tuple[Route, ...]:
        """Return the page."""
        return (Route("GET", "/log", self.show),)

    def show(self, visit: Visit) -> Answer:
        """Show the head that this machine has verified, then what the vault says of the log."""
        state: VaultState | None = None
        silent = ""
        try:
            state = self.session.state(visit)
        except CommandsAwayError as error:
            silent = away(error, visit)
        sections = [*self._behind(state, visit), self._head(visit)]
        if state is None:
            sections.append(OperatorSection(notes=[OperatorNote(text=silent)]))
        else:
            sections += [self._told(state, visit), *self._witnesses(state, visit)]
        return self.session.page(visit, visit.say("log_title"), sections, state=state)

    def _behind(self, state: VaultState | None, visit: Visit) -> Sequence[OperatorSection]:
        """Return the note that entries wait for the witnesses, above what was verified of the others."""
        since = uncovered_since(state.table("log"), self.session.now()) if state else None
        if since is None:
            return ()
        time = self.session.time(since.isoformat(), visit, state)
        return (
            OperatorSection(notes=[OperatorNote(text=visit.say("witness_behind", time=time), colour=RED)]),
        )

    def _head(self, visit: Visit) -> OperatorSection:
        """Show the newest checkpoint, or why it was not verified."""
        member, found = self.session.operator(), verified(self.session, visit)
        if isinstance(found, OperatorNote):
            return OperatorSection(notes=[found])
        return OperatorSection(
            texts=[visit.say("log_verified")],
            rows=[(visit.say("signed_entries"), number(found.size, visit))],
            codes=[
                (visit.say("log_name"), found.origin),
                (visit.say("log_root"), found.root.hex()),
                (visit.say("log_key"), str(member.trust.log_key)),
            ],
        )

    def _told(self, state: VaultState, visit: Visit) -> OperatorSection:
        log = state.table("log")
        rows = (
            [
                (visit.say("log_entries_all"), number(log["entries"], visit)),
                (visit.say("sequenced_at"), self.session.time(log["sequence_time"], visit, state)),
                (visit.say("log_waiting"), number(log["waiting"], visit)),
            ]
            if log
            else []
        )
        if log and log["uncovered_since"]:
            count = number(max(log["entries"] - log["checkpoint_entries"], 0), visit)
            time = self.session.time(log["uncovered_since"], visit, state)
            rows.append((visit.say("log_uncosigned"), visit.say("uncosigned_since", count=count, time=time)))
        if log and log["waiting_since"]:
            rows.append((visit.say("waiting_since"), self.session.time(log["waiting_since"], visit, state)))
        return OperatorSection(title=visit.say("log_told"), notes=unread(state, visit, "log"), rows=rows)

    def _witnesses(self, state: VaultState, visit: Visit) -> Sequence[OperatorSection]:
        log = state.table("log")
        if not log:
            return ()
        lines = [self._witness(each, log, visit, state) for each in log["witnesses"]]
        head = [visit.say(key) for key in ("witness", "cosigned_at", "witness_lag")]
        needed = visit.say("of_custodians", threshold=log["demanded"], count=len(lines))
        table = OperatorTable(head=head, lines=lines, empty=visit.say("no_witnesses"))
        rows = [(visit.say("witnesses_needed"), needed)]
        return (OperatorSection(title=visit.say("witnesses"), rows=rows, table=table),)

    def _witness(
        self, each: Mapping[str, Any], log: Mapping[str, Any], visit: Visit, state: VaultState
    ) -> Sequence[OperatorCell]:
        """Return a witness's row: it is behind as soon as an entry waits for the next checkpoint."""
        told, now, since = each["cosign_time"], self.session.now(), uncovered_since(log, self.session.now())
        behind = max(log["entries"] - log["checkpoint_entries"], 0)
        badge, colour = visit.say("cosigned_not"), AMBER
        if told:
            is_old = now - datetime.fromisoformat(told) >= _OLD
            badge, colour = visit.say("cosigned_newest"), GREEN
            if is_old or behind:
                badge, colour = visit.say("cosigned_old" if is_old else "cosigned_waits"), AMBER
        lag = visit.say("lag_unknown") if not told else number(behind, visit)
        if since is not None:
            time = self.session.time(since.isoformat(), visit, state)
            badge, colour = visit.say("cosigned_behind", time=time), AMBER
            lag = number(behind, visit)
        return (
            OperatorCell(text=str(each["name"])),
            OperatorCell(text=self.session.time(told, visit, state), badge=badge, colour=colour),
            OperatorCell(text=lag),
        )


def verified(session: OperatorSession, visit: Visit) -> Checkpoint | OperatorNote:
    """Return the newest checkpoint: signed, witnessed, and a continuation of the last one seen here.

    Or else a note that says why there is none.
    """
    member = session.operator()
    try:
        request = transparency_pb2.GetCheckpointRequest()
        answer = member.edge.call("TransparencyService/GetCheckpoint", request, transparency_pb2.Checkpoint)
        return member.checkpoint(answer.note)
    except FindingError as error:
        text = explaining.finding(error.finding, visit)
    except VaultError as error:
        is_silent = isinstance(error, Unavailable) and error.reason is None
        text = visit.say("edge_silent") if is_silent else explaining.refusal(error, visit)
    return OperatorNote(text=text, colour=RED, link="/log", label=visit.say("log_title"))


def verified_lately(session: OperatorSession, visit: Visit) -> Checkpoint | OperatorNote:
    """Return what `verified` found, asked again as seldom as the vault's commands.

    An edge that does not answer takes seconds to tell so, and the first page comes again by itself.
    """
    key, clock = (visit.language, session.commands.changes), session.commands.clock
    kept = session.heads.get(key)
    if kept is not None and clock() - kept[0] < vault_commands.KEPT:
        return kept[1]
    found = verified(session, visit)
    session.heads.clear()
    session.heads[key] = (clock(), found)
    return found


def behind(log: Mapping[str, Any]) -> int:
    """Return how many entries wait for a place in the log, or for a checkpoint with enough cosignatures."""
    return int(log["waiting"]) + max(log["entries"] - log["checkpoint_entries"], 0) if log else 0


def uncovered_since(log: Mapping[str, Any], now: datetime) -> datetime | None:
    """Return since when an entry waits for the next checkpoint; None if it has not waited for long."""
    found = log.get("uncovered_since")
    at = datetime.fromisoformat(found) if found else None
    return at if at is not None and now - at > _LATE else None


_OLD = timedelta(minutes=10)
"""How long a log may be without cosignatures before it is an alert, as in `idvault doctor`."""
_LATE = timedelta(minutes=2)
"""How long an entry may wait for a checkpoint: a minute, and one because its time is without seconds."""
