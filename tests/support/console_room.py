"""The consoles of auditors and custodians, in this process, over a chamber's real flows and databases."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any

from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.people.second_factor.acts import SecondFactors as EnrolledFactors
from idvault.people.second_factor.api import SecondFactorMethods
from idvault.sealing.second_factor import TotpSealer
from idvault_people.console.disclosure import auditor, custodian
from idvault_people.console.disclosure.session import AuditorSession, CustodianSession
from idvault_people.console.visit import ConsoleHead
from idvault_people.custody.handover import HandOver
from idvault_people.custody.journal import NAME, HandOverJournal
from idvault_people.disclosure.case import DisclosureCase
from idvault_people.disclosure.custodian import Custodian
from idvault_people.disclosure.pending import PendingRequest
from idvault_verify.v1 import roster_pb2
from tests.support.console import Running, Visitor, running
from tests.support.second_factor_world import ENTROPY
from tools.support.authority import TRUST_DOMAIN
from tools.support.chamber import Chamber, Local, identity
from tools.support.fakes.people import FakeCodes

PATIENCE = 60.0
"""Seconds in which something that a test waits for happens on the slowest machine."""


@dataclass
class SecondFactors:
    """RosterService, with only GetSecondFactor, which reads a room's second factors."""

    codes: FakeCodes

    async def GetSecondFactor(
        self, _request: Any, *, caller: Caller, **_: Any
    ) -> roster_pb2.SecondFactorState:
        tries = self.codes.tries(caller.actor_id)
        found = roster_pb2.SecondFactorState(enrolled=True, tries_left=tries.left)
        if tries.locked_until is not None:
            found.lock_end_time.FromDatetime(tries.locked_until)
        return found


@dataclass
class ConsoleRoom:
    """A chamber whose members work with consoles. edges: what each of them sent to the vault."""

    room: Chamber
    stack: AsyncExitStack
    edges: dict[str, Local] = field(default_factory=dict)

    def edge(self, name: str) -> Local:
        """Return the connection of a member, which keeps every request."""
        return self.edges.setdefault(name, Local(self.room, name))

    def auditor(self, name: str = "auditor-a") -> AuditorSession:
        """Return the session of an auditor."""
        folder = self.room.folder / name
        folder.mkdir(exist_ok=True)
        return AuditorSession(
            auditor=lambda: self.room.auditor(name, edge=self.edge(name)),
            head=self.head(name),
            folder=folder,
            now=lambda: self.room.now().real,
        )

    def custodian(self, name: str) -> CustodianSession:
        """Return the session of a custodian."""
        folder = self.room.folder / name
        folder.mkdir(exist_ok=True)
        edge = self.edge(name)
        return CustodianSession(
            custodian=lambda: self.room.custodian(name, edge=edge),
            drill=lambda: self.room.drill(name, edge=edge),
            hand_over=lambda: HandOver(
                identity=identity(name),
                versions=tuple(self.room.rosters.versions),
                edge=edge,
                journal=HandOverJournal(folder / NAME),
                sleep=lambda _: None,
            ),
            head=self.head(name),
            folder=folder,
            now=lambda: self.room.now().real,
        )

    def head(self, name: str) -> ConsoleHead:
        """Return what the header says of a member."""
        return ConsoleHead(
            name=name, place=TRUST_DOMAIN, until=self.room.now().real + timedelta(days=200), zone=UTC
        )

    async def running(self, name: str) -> Running:
        """Run the console of a member."""
        console = (
            auditor.console(self.auditor(name))
            if name.startswith("auditor")
            else custodian.console(self.custodian(name))
        )
        return await self.stack.enter_async_context(running(console, self.room.folder / name))

    async def enter(self, name: str, **headers: str) -> Visitor:
        """Return a browser that has entered the console of a member."""
        return await (await self.running(name)).enter(**headers)

    async def pending(self, name: str, disclosure_id: str) -> tuple[Custodian, PendingRequest]:
        """Return a custodian's client and the request, once the log has it."""
        custodian, end = self.room.custodian(name), time.monotonic() + PATIENCE
        while (found := await asyncio.to_thread(custodian.find, disclosure_id)).refused is not None:
            assert time.monotonic() < end, found.refused
            await asyncio.sleep(0.01)
        return custodian, found

    async def approve(self, disclosure_id: str, *names: str) -> None:
        """Let custodians approve and release with their clients."""
        for name in names:
            custodian, found = await self.pending(name, disclosure_id)
            await asyncio.to_thread(custodian.approve, found, code=self.room.codes.code())

    async def deny(self, disclosure_id: str, name: str, *, reason: str) -> None:
        """Let a custodian deny with the client."""
        custodian, found = await self.pending(name, disclosure_id)
        await asyncio.to_thread(custodian.deny, found, reason=reason)

    async def filed(self) -> list[DisclosureCase]:
        """Return the requests of auditor-a, newest first."""
        auditor = self.room.auditor()
        found = await asyncio.to_thread(auditor.list)
        return [await asyncio.to_thread(auditor.case, each.disclosure_id) for each in found]

    @property
    def sent(self) -> bytes:
        """Everything that the members' clients have sent."""
        calls = [call for edge in self.edges.values() for call in edge.calls]
        return b"\n".join(method.encode() + request.SerializeToString() for method, request in calls)


def enrolling(house: ConsoleRoom) -> None:
    """Serve the vault's own second factors: nobody has one yet. Acts go on to ask for the room's codes."""
    room = house.room
    factors = EnrolledFactors(
        vault=room.vault,
        sealer=TotpSealer(keys=room.keys, entropy=ENTROPY),
        roster_member=room.rosters.member,
    )
    rosters = roster_pb2.DESCRIPTOR.services_by_name["RosterService"]
    room.services[:] = [each for each in room.services if each.descriptor is not rosters]
    methods = SecondFactorMethods(vault=room.vault, second_factors=factors)
    room.services.append(Service(rosters, methods))


@asynccontextmanager
async def consoles(room: Chamber) -> AsyncIterator[ConsoleRoom]:
    """Run consoles over a chamber, while its worker runs, until the block ends."""
    rosters = roster_pb2.DESCRIPTOR.services_by_name["RosterService"]
    room.services.append(Service(rosters, SecondFactors(room.codes)))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(room.sequencing())
        yield ConsoleRoom(room, stack)
