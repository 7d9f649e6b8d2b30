"""The roster's life cycle over a real database: synthetic custodians, a file, and processes with a roster."""

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from idvault.core.db.database import Database
from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.log.acts.stored_log import LogGuard
from idvault.people import acts
from idvault.people.acts import Proposal, Published, RosterHolder
from idvault.people.api import RosterMethods
from idvault.processes.bootstrap.roster import check_purpose
from idvault.processes.bootstrap.vault import vault_of
from idvault_verify.attest import hpke
from idvault_verify.attest.people import roster as rosters
from idvault_verify.attest.people import roster_chain, roster_signature
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_chain import WatchedChain
from idvault_verify.attest.quorum import Quorum
from idvault_verify.v1 import roster_pb2
from tools.support import people
from tools.support.fakes.log import WaitingLog
from tools.support.fakes.sealing import CountingEntropy, FakeFingerprinter
from tools.support.flow_world import at, request_id
from tools.support.in_process import InProcessChannel
from tools.support.log_world import ORIGIN

OPERATOR = people.roster_member("operator", role="operator", suite=hpke.X25519)
ENTROPY = CountingEntropy()
NAMES = people.NAMES
_SERVICE = roster_pb2.DESCRIPTOR.services_by_name["RosterService"]


def next_version(
    previous: Roster | None, *, variant: int = 0, names: tuple[str, ...] = NAMES, auditor: bool = True
) -> Roster:
    """Return an unsigned roster that may follow; variants differ only in an organisation."""
    members = tuple(people.roster_member(name, suite=hpke.X25519) for name in names)
    named = replace(
        people.roster_member("auditor-a", role="auditor", suite=hpke.X25519),
        organisation=f"variant {variant}",
    )
    others = (named, OPERATOR) if auditor else (OPERATOR,)
    version = previous.version + 1 if previous else 1
    return Roster(version, False, (*members, *others), (Quorum("records", 2, members),), people.WITNESSED)


def signature(roster: Roster, name: str) -> bytes:
    """Return a signature over a roster by any member."""
    return people.signer(name).sign(roster.canonical())


def write(path: Path, roster: Roster) -> None:
    """Replace the roster file with a version, as `idvault roster publish` does."""
    if path.exists():
        before = roster_chain.load_all(path)[-1]
        roster_chain.former_path(path, version=before.version).write_bytes(before.to_bytes())
    path.write_bytes(roster.to_bytes())


@dataclass
class Process:
    """One process: its roster, and its alarms."""

    database: Database
    path: Path
    alarms: list[tuple[int, str]] = field(default_factory=list)
    waiting: WaitingLog = field(default_factory=WaitingLog)
    number: int = 0

    def __post_init__(self) -> None:
        self.vault = vault_of(
            self.database,
            guard=LogGuard(look=self.waiting.unsequenced),
            fingerprinter=FakeFingerprinter(),
            entropy=ENTROPY,
        )
        self.holder = RosterHolder(
            vault=self.vault,
            chain=WatchedChain(self.path),
            accept=partial(check_purpose, development=False, origin=ORIGIN, keys=()),
            alarm=lambda version, why: self.alarms.append((version, why)),
        )

    async def start(self) -> "Process":
        await self.holder.start(now=at(0))
        return self

    async def propose(self, roster: Roster, *, request: int | None = None) -> Proposal:
        """Propose as the operator, with a new request unless one is given."""
        message = roster_pb2.ProposeRosterRequest(request_id=self._request(request), file=roster.to_bytes())
        return _read(await self._ask("operator", "operator", message, roster_pb2.RosterProposal))

    async def sign(
        self, roster: Roster, name: str, *, forged: bytes | None = None, request: int | None = None
    ) -> Proposal:
        """Sign as a member who has a custodian's certificate, whatever the roster says of them."""
        message = roster_pb2.SignRosterRequest(
            request_id=self._request(request),
            hash=roster.digest(),
            signature=forged or signature(roster, name),
        )
        return _read(await self._ask(name, "custodian", message, roster_pb2.RosterProposal))

    async def get(self, version: int) -> Published:
        """Read a version, and what is proposed, as the operator."""
        message = roster_pb2.GetRosterRequest(version=version)
        found = await self._ask("operator", "operator", message, roster_pb2.Roster)
        return Published(
            rosters.parse(found.file), found.newest_version, tuple(_read(each) for each in found.proposals)
        )

    async def _ask(self, name: str, role: str, message: Any, answer: Any) -> Any:
        """Call a method as a member; raises what a member's client raises."""
        service = Service(_SERVICE, RosterMethods(vault=self.vault, rosters=self.holder))
        caller = Caller(name, role, people.roster_member(name, suite=hpke.X25519).actor_id)
        channel = InProcessChannel(services=lambda: [service], caller=caller, now=lambda: at(0))
        method = type(message).__name__.removesuffix("Request")
        return await channel.call(f"RosterService/{method}", message, answer)

    async def complete(self, *, seconds: float) -> bool:
        return await acts.complete(self.vault, self.holder, now=at(seconds))

    def _request(self, given: int | None) -> str:
        self.number += 1
        return request_id(given if given is not None else id(self) % 10**6 * 10**6 + self.number)


def _read(message: Any) -> Proposal:
    return Proposal(rosters.parse(message.file), message.adopted)


def first(path: Path) -> Roster:
    """Write the first version, signed by all its custodians, and return it."""
    made = next_version(None)
    for name in NAMES:
        made = roster_signature.sign(made, name=name, signer=people.signer(name).sign)
    write(path, made)
    return made
