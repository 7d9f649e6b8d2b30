"""The console of an authority's officer, in this process, over real flows and a database of authorities."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.sanction.order import acts
from idvault_client.errors import Unavailable
from idvault_client.sanctions import CheckedOrder
from idvault_people.authority.joint import JointOfficer
from idvault_people.authority.officer import GivenOrder, Officer
from idvault_people.authority.referral import ReferralOfficer
from idvault_people.console.authority import officer
from idvault_people.console.authority.session import OfficerSession
from idvault_people.console.visit import ConsoleHead
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.v1 import roster_pb2
from tests.support.console import Running, Visitor, running
from tests.support.console_room import SecondFactors
from tests.support.referral_world import ReferralWorld
from tools.support import builders, people
from tools.support.authority import TRUST_DOMAIN
from tools.support.authority_world import AuthorityWorld, LocalEdge
from tools.support.flow_world import at
from tools.support.in_process import InProcessChannel
from tools.support.orders import OFFICE
from tools.support.sanction_world import signing

Cut = Callable[[str, str], None]
Tamper = Callable[[str, Message], Message]


class OfficerEdge(LocalEdge):
    """Calls as an officer at the room's time. cut: runs before and after a call, and may raise.

    tamper: changes an answer on its way back.
    """

    def __init__(self, room: "OfficerRoom", name: str) -> None:
        """Call as an authority."""
        super().__init__(room.world, name, 0)
        found = people.roster_member(name, role="authority")
        self._channel = InProcessChannel(
            services=lambda: room.services,
            caller=Caller(name, found.role, found.actor_id),
            now=lambda: at(room.seconds + room.ahead),
        )
        self.cut: Cut = lambda _method, _when: None
        self.tamper: Tamper = lambda _method, answer: answer
        self._delayed, self._late = "", list[tuple[str, Message, type[Any]]]()

    def call(self, method: str, request: Message, answer: type[Any]) -> Any:
        """Return the answer, unless the connection is cut."""
        if method.rpartition("/")[2] == self._delayed:
            self._late.append((method, request, answer))
            raise Unavailable(None, "UNAVAILABLE")
        self.cut(method, "before")
        found = self.tamper(method, super().call(method, request, answer))
        self.cut(method, "after")
        return found

    def lose(self, wanted: str, when: str = "after") -> None:
        """Cut the connection before or after each call of a method."""

        def cut(method: str, at_: str) -> None:
            if (method.rpartition("/")[2], at_) == (wanted, when):
                raise Unavailable(None, "UNAVAILABLE")

        self.cut = cut

    def delay(self, wanted: str) -> None:
        """Keep each call of a method on its way until it may arrive, and answer nothing."""
        self._delayed = wanted

    def mend(self) -> None:
        """Cut and delay nothing any more."""
        self.cut, self._delayed = (lambda _method, _when: None), ""

    async def arrive(self) -> None:
        """Let the calls that were delayed take effect; nobody waits for their answers."""
        while self._late:
            await self.ask(*self._late.pop(0))


@dataclass
class OfficerRoom:
    """Authorities whose officers work with consoles. reports: over which platforms refer.

    seconds: since the tests' beginning.
    ahead: seconds by which the vault's clock is ahead of the officers' machines.
    """

    reports: ReferralWorld
    stack: AsyncExitStack
    folder: Path
    seconds: float = 0
    ahead: float = 0
    edges: dict[str, OfficerEdge] = field(default_factory=dict)
    _second_factors: Service = field(init=False)

    def __post_init__(self) -> None:
        """Serve the officers' second factors."""
        rosters = roster_pb2.DESCRIPTOR.services_by_name["RosterService"]
        self._second_factors = Service(rosters, SecondFactors(self.world.codes))

    @property
    def world(self) -> AuthorityWorld:
        """The authorities and platforms."""
        return self.reports.office

    @property
    def services(self) -> list[Service]:
        """What the officers call."""
        return [*self.world.authority_services, self._second_factors]

    def edge(self, name: str = OFFICE) -> OfficerEdge:
        """Return the connection of an officer, which keeps every request."""
        return self.edges.setdefault(name, OfficerEdge(self, name))

    def officer(self, name: str = OFFICE) -> Officer:
        """Return an officer's client."""
        return self.world.officer(name, seconds=self.seconds, edge=self.edge(name))

    def joint(self, name: str = OFFICE) -> JointOfficer:
        """Return the same officer's client for joint operations."""
        made = self.officer(name)
        return JointOfficer(
            identity=made.identity, trust=made.trust, edge=made.edge, now=made.now, random=made.random
        )

    def referrals(self, name: str = OFFICE) -> ReferralOfficer:
        """Return the same officer's client for referred reports."""
        return self.reports.officer(name, seconds=self.seconds, edge=self.edge(name))

    async def refer(self, key: ModeratorKey, *, authority: str = OFFICE, **changes: Any) -> str:
        """File a report and refer it as a moderator; return the referral's id."""
        filed = (await self.reports.file(seconds=self.seconds, **changes)).tip_off
        await self.reports.assign(filed, key.moderator_id, seconds=self.seconds)
        made = await self.reports.refer(
            filed,
            key.moderator_id,
            authority=authority,
            reply="passed on (synthetic)",
            seconds=self.seconds,
        )
        return str(made.referral_id)

    def session(self, name: str = OFFICE) -> OfficerSession:
        """Return an officer's session in the zone of the deployment."""
        return OfficerSession(
            officer=lambda: self.officer(name),
            joint=lambda: self.joint(name),
            referrals=lambda: self.referrals(name),
            head=ConsoleHead(
                name=name,
                place=TRUST_DOMAIN,
                until=at(self.seconds).real + timedelta(days=200),
                zone=builders.ZONE,
            ),
            now=lambda: at(self.seconds).real,
            zone=builders.ZONE,
        )

    async def running(self, name: str = OFFICE) -> Running:
        """Run the console of an officer."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return await self.stack.enter_async_context(running(officer.console(self.session(name)), folder))

    async def enter(self, name: str = OFFICE, **headers: str) -> Visitor:
        """Return a browser that has entered the console of an officer."""
        return await (await self.running(name)).enter(**headers)

    def code(self) -> str:
        """Return a one-time code."""
        return self.world.codes.code()

    async def given(self, name: str = OFFICE) -> list[GivenOrder]:
        """Return the orders of an authority, as its own client reads them."""
        client = self.world.officer(name, seconds=self.seconds)
        return await asyncio.to_thread(lambda: list(client.every()))

    async def checked(self, order: GivenOrder) -> CheckedOrder:
        """Return an order after its platform's check."""
        return await self.world.checked(order, seconds=self.seconds)

    async def object_to(self, order: GivenOrder, reason: str, *, key: ModeratorKey) -> None:
        """Object as the platform's moderator."""
        asks = self.world.asks(self.seconds)
        await asks.object_to_order(await self.checked(order), reason, key=signing(key, self.seconds))

    async def acknowledge(self, order: GivenOrder, *, key: ModeratorKey) -> None:
        """Acknowledge as the platform's moderator."""
        asks = self.world.asks(self.seconds)
        await asks.acknowledge_order(await self.checked(order), key=signing(key, self.seconds))

    async def miss(self) -> int:
        """Let the worker log the deadlines that have passed; return how many."""
        return await acts.miss_all(self.world.vault, at(self.seconds), limit=100)

    @property
    def sent(self) -> bytes:
        """Everything that the officers' clients have sent."""
        calls = [call for edge in self.edges.values() for call in edge.calls]
        return b"\n".join(method.encode() + request.SerializeToString() for method, request in calls)
