"""The page of the public log: its head, verified on this machine, what waits, and each witness."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from idvault_client.errors import VaultError
from idvault_people.console import explaining
from idvault_people.console.operator.parts import (
    AMBER,
    GREEN,
    RED,
    OperatorCell,
    OperatorNote,
    OperatorSection,
    OperatorTable,
)
from idvault_people.console.operator.platforms import number
from idvault_people.console.operator.session import OperatorSession, unread
from idvault_people.console.operator.vault_commands import CommandsAwayError, VaultState
from idvault_people.console.visit import Answer, Route, Visit
from idvault_people.trust import FindingError
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
        with suppress(CommandsAwayError):
            state = self.session.state(visit)
        sections = [self._head(visit)]
        if state is None:
            sections.append(OperatorSection(notes=[OperatorNote(text=visit.say("commands_away"))]))
        else:
            sections += [self._told(state, visit), *self._witnesses(state, visit)]
        return self.session.page(visit, visit.say("log_title"), sections, state=state)

    def _head(self, visit: Visit) -> OperatorSection:
        """Verify the newest checkpoint: signed, witnessed, and a continuation of the last one seen."""
        member = self.session.operator()
        try:
            request = transparency_pb2.GetCheckpointRequest()
            answer = member.edge.call(
                "TransparencyService/GetCheckpoint", request, transparency_pb2.Checkpoint
            )
            found = member.checkpoint(answer.note)
        except FindingError as error:
            text = explaining.finding(error.finding, visit)
            return OperatorSection(notes=[OperatorNote(text=text, colour=RED)])
        except VaultError as error:
            return OperatorSection(notes=[OperatorNote(text=explaining.refusal(error, visit))])
        return OperatorSection(
            texts=[visit.say("log_verified")],
            rows=[(visit.say("signed_entries"), number(found.size, visit))],
            summary=visit.say("technical_details"),
            details=[
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
        if log and log["waiting_since"]:
            rows.append((visit.say("waiting_since"), self.session.time(log["waiting_since"], visit, state)))
        return OperatorSection(title=visit.say("log_told"), notes=unread(state, visit, "log"), rows=rows)

    def _witnesses(self, state: VaultState, visit: Visit) -> Sequence[OperatorSection]:
        log = state.table("log")
        if not log:
            return ()
        behind = log["entries"] - log["checkpoint_entries"]
        lines: list[Sequence[OperatorCell]] = []
        for each in log["witnesses"]:
            told = each["cosign_time"]
            fresh = told and (self.session.now() - datetime.fromisoformat(told)).total_seconds() < _OLD
            badge = visit.say("cosigned_newest" if fresh else "cosigned_old" if told else "cosigned_not")
            lag = number(max(behind, 0), visit) if told else visit.say("lag_unknown")
            lines.append(
                (
                    OperatorCell(text=str(each["name"])),
                    OperatorCell(
                        text=self.session.time(told, visit, state),
                        badge=badge,
                        colour=GREEN if fresh else AMBER,
                    ),
                    OperatorCell(text=lag),
                )
            )
        head = [visit.say(key) for key in ("witness", "cosigned_at", "witness_lag")]
        needed = visit.say("of_custodians", threshold=log["demanded"], count=len(lines))
        table = OperatorTable(head=head, lines=lines, empty=visit.say("no_witnesses"))
        rows = [(visit.say("witnesses_needed"), needed)]
        return (OperatorSection(title=visit.say("witnesses"), rows=rows, table=table),)


_OLD = 600.0
"""Seconds after which a log without cosignatures is an alert, as in `idvault doctor`."""
