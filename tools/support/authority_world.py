"""Authorities and platforms over one database: orders that are signed, given, answered and carried out."""

import asyncio
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from idvault.core.act import SYSTEM
from idvault.core.db.database import Database
from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.platform import acts as platform_acts
from idvault.processes.bootstrap.custody_edge import authority_service
from idvault_client.sanctions import CheckedOrder, PlatformOrder, check_order
from idvault_people.authority.officer import GivenOrder, Officer, OrderDocument
from idvault_people.opens.identity import PersonalIdentity
from idvault_people.trust import Trust
from idvault_verify.attest.people.roster import Roster
from idvault_verify.order import OrderMeasure
from idvault_verify.sanction import Automation, Ground, IssuerKind, Origin, StatementOfReasons
from idvault_verify.tip_off import TargetKind
from tools.support import builders, people
from tools.support.fakes.people import FakeCodes, FakeRosters
from tools.support.flow_world import PARTY, at
from tools.support.in_process import InProcessChannel
from tools.support.log_world import KEY
from tools.support.orders import DOCUMENT_DIGEST, DOCUMENT_SIZE, OFFICE, OTHER_OFFICE, roster
from tools.support.sanction_world import SanctionWorld, reasons

DOCUMENT = OrderDocument(DOCUMENT_DIGEST, DOCUMENT_SIZE)
HOUR = 3_600
TERM = 25 * HOUR
"""Seconds until the deadline of an order, unless a test says otherwise."""


def identity(name: str) -> PersonalIdentity:
    """Return an officer's identity with private keys."""
    found = people.roster_member(name, role="authority")
    return PersonalIdentity(
        name=name,
        role=found.role,
        organisation=found.organisation,
        actor_id=found.actor_id,
        suite=found.suite,
        _hpke_private=people.secret(name, "hpke"),
        _ed25519_private=people.secret(name, "ed25519"),
    )


def carrying(order: CheckedOrder) -> StatementOfReasons:
    """Return the statement of a sanction that carries an order out."""
    return reasons(
        ground=Ground.ILLEGAL,
        origin=Origin.AUTHORITY,
        detection=Automation.NONE,
        issuer_kind=IssuerKind.AUTHORITY,
        order=order.order,
    )


class LocalEdge:
    """Calls the servicers as a roster member, from another thread than theirs."""

    def __init__(self, world: "AuthorityWorld", name: str, seconds: float) -> None:
        """Call at a time, in seconds since the tests' beginning."""
        found = people.roster_member(name, role="authority")
        self._loop = world.loop
        self._channel = InProcessChannel(
            services=lambda: world.authority_services,
            caller=Caller(name, found.role, found.actor_id),
            now=lambda: at(seconds),
        )
        self.calls: list[tuple[str, Message]] = []

    def call(self, method: str, request: Message, answer: type[Any]) -> Any:
        """Return the answer, or raise what a client over the network would raise."""
        self.calls.append((method, request))
        return asyncio.run_coroutine_threadsafe(self.ask(method, request, answer), self._loop).result(30)

    async def ask(self, method: str, request: Message, answer: type[Any]) -> Any:
        """Return the answer as `call` does, awaited."""
        return await self._channel.call(method, request, answer)


class AuthorityWorld(SanctionWorld):
    """Two authorities beside the platforms of sanctions; both platforms are registered."""

    def __init__(self, database: Database, folder: Path, *, life: int = 0) -> None:
        """Build both edges. folder: of what the officers keep."""
        super().__init__(database, life=life)
        self.folder, self.loop = folder, asyncio.get_running_loop()
        self.rosters = FakeRosters(roster(OFFICE, OTHER_OFFICE))
        self.codes = FakeCodes()
        self.authority_services: list[Service] = [
            authority_service(self.vault, self.rosters, self.codes, zone=builders.ZONE)
        ]
        self._drawn = life * 1_000_000

    async def register_platforms(self, *names: str) -> None:
        """Register platforms, which orders may name."""
        for number, name in enumerate(names, 1):
            spki = f"{number:064x}"
            await platform_acts.register(self.vault, SYSTEM, at(0), name=name, role="platform", spki=spki)

    def _random(self, size: int) -> bytes:
        self._drawn += 1
        return self._drawn.to_bytes(size, "big")

    def edge(self, name: str = OFFICE, *, seconds: float = 0) -> LocalEdge:
        """Return an authority's connection."""
        return LocalEdge(self, name, seconds)

    def officer(
        self, name: str = OFFICE, *, seconds: float = 0, edge: Any = None, versions: tuple[Roster, ...] = ()
    ) -> Officer:
        """Return an officer's client, whose clock is that of its calls."""
        pinned = versions or tuple(self.rosters.versions)
        return Officer(
            identity=identity(name),
            trust=Trust(versions=pinned, log_key=KEY, state=self.folder / f"{name}.checkpoint"),
            edge=edge or self.edge(name, seconds=seconds),
            now=lambda: at(seconds).real,
            request_id=self.new_id,
            random=self._random,
        )

    async def issue(
        self,
        *targets: tuple[str, str],
        name: str = OFFICE,
        kind: TargetKind = TargetKind.ACCOUNT,
        measure: OrderMeasure = OrderMeasure.WARN,
        deadline: float | None = None,
        seconds: float = 0,
    ) -> list[GivenOrder]:
        """Give orders as an authority: each platform with its target."""
        officer = self.officer(name, seconds=seconds)
        made = officer.orders(
            targets,
            kind=kind,
            measure=measure,
            reference="案 2026-7 (synthetic)",
            legal_basis="第一条 (synthetic)",
            deadline=at(seconds + TERM if deadline is None else deadline).business,
            document=DOCUMENT,
        )
        return await asyncio.to_thread(officer.issue, made, code=self.codes.code())

    async def withdraw(self, order: GivenOrder, *, name: str = OFFICE, seconds: float = 0) -> GivenOrder:
        """Withdraw an order as an authority."""
        officer = self.officer(name, seconds=seconds)
        return await asyncio.to_thread(officer.withdraw, order, "given by mistake", code=self.codes.code())

    async def read(self, order: GivenOrder, *, name: str = OFFICE, seconds: float = 0) -> GivenOrder:
        """Return an order as its authority reads it."""
        return await asyncio.to_thread(self.officer(name, seconds=seconds).get, order.order_id)

    async def orders(self, *, party: str = PARTY, seconds: float = 0) -> list[PlatformOrder]:
        """Return what a platform's list shows."""
        return list((await self.asks(seconds, party=party).list_orders()).orders)

    async def checked(
        self, order: GivenOrder, *, party: str = PARTY, seconds: float = 0, known: bool = False
    ) -> CheckedOrder:
        """Return an order as its platform's list shows it, after the platform's check."""
        found = next(
            each
            for each in await self.orders(party=party, seconds=seconds)
            if each.order_id == order.order_id
        )
        return check_order(found, platform=party, versions=self.rosters.versions, known=known)
