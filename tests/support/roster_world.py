"""The roster's life cycle over a real database: synthetic custodians, a file, and processes with a roster."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from idvault.core.db.database import Database
from idvault.log.acts.guard import LogGuard
from idvault.people.acts import Proposal, ProposeCommand, SignCommand
from idvault.people.store import SqlRosterStore
from idvault.processes.bootstrap.people import wire_rosters
from idvault.processes.bootstrap.roster import wire_roster_holder
from idvault.verify.attest import hpke
from idvault.verify.attest.people import roster_chain, roster_signature
from idvault.verify.attest.people.roster import Roster
from idvault.verify.attest.quorum import Quorum
from tests.support import people
from tests.support.fakes.log import WaitingLog
from tests.support.fakes.sealing import CountingEntropy, FakeFingerprinter
from tests.support.flow_world import at, request_id
from tests.support.log_world import ORIGIN

OPERATOR = people.roster_member("operator", role="operator", suite=hpke.X25519)
ENTROPY = CountingEntropy()
NAMES = people.NAMES


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
    """One process: its roster, its flow, and its alarms."""

    database: Database
    path: Path
    alarms: list[tuple[int, str]] = field(default_factory=list)
    waiting: WaitingLog = field(default_factory=WaitingLog)
    number: int = 0

    def __post_init__(self) -> None:
        self.store = SqlRosterStore(database=self.database)
        self.holder = wire_roster_holder(
            store=self.store,
            path=self.path,
            development=False,
            origin=ORIGIN,
            keys=(),
            entropy=ENTROPY,
            alarm=lambda version, why: self.alarms.append((version, why)),
        )
        self.flow = wire_rosters(
            store=self.store,
            holder=self.holder,
            fingerprinter=FakeFingerprinter(),
            guard=LogGuard(store=self.waiting),
            entropy=ENTROPY,
        )

    async def start(self) -> "Process":
        await self.holder.start(now=at(0))
        return self

    async def propose(self, roster: Roster, *, request: int | None = None) -> Proposal:
        """Propose as the operator, with a new request unless one is given."""
        command = ProposeCommand(OPERATOR.actor_id, self._request(request), roster.to_bytes())
        return await self.flow.propose(command, now=at(0))

    async def sign(
        self, roster: Roster, name: str, *, forged: bytes | None = None, request: int | None = None
    ) -> Proposal:
        return await self.flow.sign(
            SignCommand(
                actor_id=people.roster_member(name, suite=hpke.X25519).actor_id,
                name=name,
                request_id=self._request(request),
                digest=roster.digest(),
                signature=forged or signature(roster, name),
            ),
            now=at(0),
        )

    def _request(self, given: int | None) -> str:
        self.number += 1
        return request_id(given if given is not None else id(self) % 10**6 * 10**6 + self.number)


def first(path: Path) -> Roster:
    """Write the first version, signed by all its custodians, and return it."""
    made = next_version(None)
    for name in NAMES:
        made = roster_signature.sign(made, name=name, signer=people.signer(name).sign)
    write(path, made)
    return made
