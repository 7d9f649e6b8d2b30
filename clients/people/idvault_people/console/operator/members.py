"""The page of the roster: its members with their keys, the custodians' drills, and proposals that wait."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from idvault_client.errors import Unavailable
from idvault_people.console.operator import keys, platforms
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
from idvault_people.operator_client import OperatorClient
from idvault_people.trust import Trust
from idvault_verify.attest.certificate import Certificate
from idvault_verify.attest.people import roster as rosters
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.v1 import roster_pb2


@dataclass(kw_only=True, eq=False)
class MembersPage:
    """The page of the roster, which is verified on this machine; the drills are the vault's word."""

    session: OperatorSession

    def routes(self) -> tuple[Route, ...]:
        """Return the page."""
        return (Route("GET", "/members", self.show),)

    def show(self, visit: Visit) -> Answer:
        """Show the roster in force, its members, and what waits for signatures."""
        state: VaultState | None = None
        silent = ""
        try:
            state = self.session.state(visit)
        except CommandsAwayError as error:
            silent = away(error, visit)
        member = self.session.operator()
        roster = member.trust.roster
        certificates = self.session.certificates.by_key()
        drills = {str(each["custodian"]): each for each in (state.list("drills") if state else ())}
        lines = [
            (
                *self._cells(
                    each, member.trust, self._ends(each, certificates), visit, self.session.zone(state)
                ),
                self._drill(drills.get(each.name), visit, state)
                if each.role == "custodian"
                else OperatorCell(text="–"),
            )
            for each in sorted(roster.people, key=lambda one: (one.role, one.name))
        ]
        notes = [] if state is None else [*unread(state, visit, "drills"), *self._late(state, visit)]
        if state is None:
            notes = [OperatorNote(text=silent)]
        head = [
            visit.say(key) for key in ("name", "role", "of_organisation", "key_since", "last_day", "drill")
        ]
        sections = [
            OperatorSection(notes=notes, rows=_about(roster, visit)),
            OperatorSection(
                title=visit.say("members"),
                table=OperatorTable(head=head, lines=lines, empty=""),
                codes=[(visit.say("roster_hash"), roster.digest())],
            ),
            self._proposals(member, roster, visit),
        ]
        return self.session.page(visit, visit.say("roster_title"), sections, state=state)

    def _cells(
        self, each: RosterMember, trust: Trust, ends: datetime | None, visit: Visit, zone: tzinfo
    ) -> Sequence[OperatorCell]:
        since, now = trust.member(each.name, role=each.role).since_version, self.session.now()
        last = OperatorCell(text=visit.say("not_known"))
        if ends is not None:
            last = OperatorCell(
                text=platforms.last_day(ends, visit, zone),
                badge=platforms.left(ends, now, visit, zone),
                colour=keys.colour(ends, now),
            )
        return (
            OperatorCell(text=each.name),
            OperatorCell(text=visit.say(f"member.{each.role}")),
            OperatorCell(text=each.organisation),
            OperatorCell(text=visit.say("since_version", version=since)),
            last,
        )

    def _ends(self, each: RosterMember, certificates: Mapping[str, Certificate]) -> datetime | None:
        """Return when a member's certificate ends: the operator's own is the one of this console."""
        known = certificates.get(each.spki)
        if known is not None:
            return known.not_after
        return self.session.ends if each.name == self.session.operator().identity.name else None

    def _drill(self, drill: Mapping[str, Any] | None, visit: Visit, state: VaultState | None) -> OperatorCell:
        if state is None or state.problem("drills"):
            return OperatorCell(badge=visit.say("not_read"), colour=AMBER)
        if drill is None or not drill["due_time"]:
            return OperatorCell(badge=visit.say("no_drill"), colour=AMBER)
        passed = self.session.time(drill["pass_time"], visit, state)
        due = datetime.fromisoformat(drill["due_time"])
        days = keys.days_left(due, self.session.now(), self.session.zone(state))
        if drill["overdue"]:
            return OperatorCell(text=passed, badge=visit.say("is_overdue"), colour=RED)
        colour = AMBER if days < keys.SOON.days else GREEN
        if not drill["pass_time"]:
            return OperatorCell(badge=visit.say("first_due_in", days=days), colour=colour)
        return OperatorCell(text=passed, badge=visit.say("due_in", days=days), colour=colour)

    @staticmethod
    def _late(state: VaultState, visit: Visit) -> Sequence[OperatorNote]:
        late = [str(each["custodian"]) for each in state.list("drills") if each["overdue"]]
        text = visit.say("drills_late", names=", ".join(late))
        return (OperatorNote(text=text, colour=RED),) if late else ()

    @staticmethod
    def _proposals(member: OperatorClient, roster: Roster, visit: Visit) -> OperatorSection:
        """Return the versions that wait for signatures; they are the vault's word until they are in force."""
        title = visit.say("proposals")
        try:
            request = roster_pb2.GetRosterRequest(version=0)
            found = member.edge.call("RosterService/GetRoster", request, roster_pb2.Roster)
        except Unavailable:
            return OperatorSection(title=title, notes=[OperatorNote(text=visit.say("edge_away"))])
        lines = []
        for each in found.proposals:
            parsed = rosters.parse(each.file)
            signed = ", ".join(one.name for one in parsed.signatures)
            lines.append(
                (
                    OperatorCell(text=str(parsed.version)),
                    OperatorCell(text=parsed.digest()[:16], is_code=True),
                    OperatorCell(text=signed or visit.say("nobody_signed")),
                )
            )
        head = [visit.say(key) for key in ("version", "hash_start", "signed_by")]
        table = OperatorTable(head=head, lines=lines, empty=visit.say("no_proposals"))
        return OperatorSection(title=title, table=table)


def _about(roster: Roster, visit: Visit) -> Sequence[tuple[str, str]]:
    quorums = [
        visit.say("of_custodians", threshold=each.threshold, count=len(each.custodians))
        for each in roster.quorums
    ]
    policy = roster.witness
    witnesses = (
        visit.say("of_custodians", threshold=policy.threshold, count=len(policy.witnesses))
        if policy
        else visit.say("none_set")
    )
    return [
        (visit.say("version_in_force"), str(roster.version)),
        (visit.say("custodians_needed"), "\n".join(quorums)),
        (visit.say("witnesses_needed"), witnesses),
    ]
