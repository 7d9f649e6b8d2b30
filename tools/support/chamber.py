"""Everyone in a disclosure around two real databases: auditors, custodians, the service and its log.

The real clients of auditors and custodians call the servicers without a network in between; a test can change
answers on their way back (`Local.tamper`).
"""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from google.protobuf.message import Message
from sqlalchemy import select

from idvault.claim.job.store import Job
from idvault.claim.rules import ClaimOutcome
from idvault.core.db.database import Database
from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.core.tables.log import log_entries
from idvault.custody.drill import acts as drill_acts
from idvault.disclosure.acts import disclosure as disclosure_acts
from idvault.disclosure.acts.auditor import AuditorContext
from idvault.disclosure.acts.disclosure import Refusals
from idvault.key.acts.version import ShredKeys
from idvault.log.acts import stored_log
from idvault.log.acts.stored_log import LogGuard, LogProofs, StoredLog
from idvault.log.api import TransparencyMethods
from idvault.processes.bootstrap.base import ENTROPY
from idvault.processes.bootstrap.custody_edge import custody_services
from idvault.processes.bootstrap.vault import vault_of
from idvault.sealing.identity import QuorumRecordSealer
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Holder, fresh
from idvault.sealing.ports import RecordSealer
from idvault.sealing.text import KeyedCaseTextSealer
from idvault_people.custody.drill import Drill
from idvault_people.disclosure.auditor import Auditor
from idvault_people.disclosure.custodian import Custodian
from idvault_people.disclosure.kept_approval import KeptApprovals
from idvault_people.disclosure.one_time_key import OneTimeKeys
from idvault_people.disclosure.quota import NAME as QUOTA
from idvault_people.disclosure.quota import ShareQuota
from idvault_people.opens.identity import PersonalIdentity
from idvault_people.trust import Trust
from idvault_verify.attest import hpke
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.quorum import Quorum
from idvault_verify.attest.review import SealedReview
from idvault_verify.claim import AnyIdentity
from idvault_verify.clock import ClockReading
from idvault_verify.event import EventType
from idvault_verify.record import SealedRecord
from idvault_verify.registry import RegistryAnswer
from idvault_verify.transparency import entry
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from idvault_verify.v1 import transparency_pb2
from tools.support import builders, people
from tools.support.databases import Databases
from tools.support.fakes.flaky import FlakyDatabase
from tools.support.fakes.log import FakeWitness, WaitingLog
from tools.support.fakes.people import FakeCodes, FakeRosters
from tools.support.fakes.sealing import FakeFingerprinter
from tools.support.in_process import InProcessChannel
from tools.support.log_world import KEY, ORIGIN, Worker
from tools.support.mismatch import mismatched
from tools.support.storage_world import MATCHED, World

AUDITORS = ("auditor-a", "auditor-b")
CUSTODIANS = people.NAMES
OPERATOR, AUTHORITY = "operator-a", "authority-a"
SUCCESSORS = ("custodian-d", "custodian-e")
SUITE = hpke.X25519
WITNESSED = CosignaturePolicy(ORIGIN, (KEY,), (people.WITNESS.key,), 1)
START = datetime(2026, 3, 1, 4, 0, 12, tzinfo=UTC)
ROLES = {
    **dict.fromkeys(AUDITORS, "auditor"),
    **dict.fromkeys((*CUSTODIANS, *SUCCESSORS), "custodian"),
    OPERATOR: "operator",
    AUTHORITY: "authority",
}
_PERIOD, _LOOKS = 0.005, 8
Tamper = Callable[[str, Message], Message]
T = TypeVar("T")


def roster_member(name: str) -> RosterMember:
    """Return a roster member."""
    return people.roster_member(name, role=ROLES.get(name, "auditor"), suite=SUITE)


def identity(name: str) -> PersonalIdentity:
    """Return a member's identity with private keys."""
    found = roster_member(name)
    return PersonalIdentity(
        name=name,
        role=found.role,
        organisation=found.organisation,
        actor_id=found.actor_id,
        suite=SUITE,
        _hpke_private=people.secret(name, "hpke"),
        _ed25519_private=people.secret(name, "ed25519"),
    )


@cache
def first_roster() -> Roster:
    """Return a roster signed by all its custodians: two of three, and one member at least of each role."""
    custodians = tuple(roster_member(name) for name in CUSTODIANS)
    quorum = Quorum("records", 2, custodians)
    members = (*custodians, *(roster_member(name) for name in (*AUDITORS, OPERATOR, AUTHORITY)))
    made = Roster(1, False, members, (quorum,), people.WITNESSED)
    return people.signed(made, *CUSTODIANS)


class Local:
    """Calls the servicers as a member; tamper: changes an answer on its way back.

    role: in which the member calls, by default its own. remaining: the seconds that a method is told to have.
    """

    def __init__(
        self, chamber: "Chamber", name: str, *, role: str = "", remaining: float | None = None
    ) -> None:
        self._chamber = chamber
        found = roster_member(name)
        self._channel = InProcessChannel(
            services=lambda: chamber.services,
            caller=Caller(name, role or found.role, found.actor_id),
            now=chamber.now,
            remaining=lambda: chamber.remaining if remaining is None else remaining,
        )
        self.tamper: Tamper = lambda _method, answer: answer
        self.calls: list[tuple[str, Message]] = []

    def call(self, method: str, request: Message, answer: type[Any]) -> Any:
        """Return the answer, or raise what a client over the network would raise."""
        self.calls.append((method, request))
        asking = self.ask(method, request, answer)
        return self.tamper(method, asyncio.run_coroutine_threadsafe(asking, self._chamber.loop).result(30))

    async def ask(self, method: str, request: Message, answer: type[Any]) -> Any:
        """Return the answer as `call` does, awaited and as it is."""
        return await self._channel.call(method, request, answer)


class Chamber:
    """One deployment whose serving process can be replaced at any time (`restart`)."""

    def __init__(self, databases: Databases, folder: Path) -> None:
        self.loop = asyncio.get_running_loop()
        self.main = Database(url=databases.main_url)
        self.shred = Database(url=databases.shred_url)
        self.folder = folder
        self.world = World(self.main, seed=str(folder))
        self.rosters = FakeRosters(first_roster())
        self.codes = FakeCodes()
        self.offset = timedelta()
        self.remaining: float | None = 10.0
        self.daily = 20
        self.counted: list[str] = []
        self.gauges: list[tuple[int, float]] = []
        self.records: dict[str, SealedRecord] = {}
        self.owners: dict[str, str] = {}
        keys = folder / "custody.keys"
        self.keys = LocalKeyProvider.create(
            keys,
            keys=fresh(Holder.CUSTODY, entropy=ENTROPY),
            passphrase=b"words",
            entropy=ENTROPY,
            cost=people.CHEAP,
        )
        self.witness = FakeWitness(people.WITNESS, time=lambda: self.witness_clock().timestamp())
        self.witness_clock: Callable[[], datetime] = lambda: self.now().real
        self.log = Worker(self.main, self.shred, folder / "public", WITNESSED, self.witness)
        self.waiting = WaitingLog()
        self.restart()

    def restart(self) -> None:
        """Rebuild the flows, as after a crash: only the databases are kept."""
        self.flaky = FlakyDatabase(self.main)
        self.vault = vault_of(
            cast(Database, self.flaky),
            guard=LogGuard(look=self.waiting.unsequenced),
            fingerprinter=FakeFingerprinter(),
            entropy=ENTROPY,
        )
        self.context = AuditorContext(
            vault=self.vault,
            case_texts=KeyedCaseTextSealer(keys=self.keys, entropy=ENTROPY),
            rosters=self.rosters,
            second_factor=self.codes,
            proofs=LogProofs(main=self.main, shred=self.shred, period=_PERIOD),
            refusals=Refusals(vault=self.vault, observe=self.counted.append),
            observe=self.counted.append,
            shred_keys=ShredKeys(self.shred),
            zone=ZoneInfo("Asia/Shanghai"),
            daily=self.daily,
        )
        transparency = Service(
            transparency_pb2.DESCRIPTOR.services_by_name["TransparencyService"],
            TransparencyMethods(log=StoredLog(self.main, self.shred)),
        )
        self.services = [*custody_services(self.context), transparency]

    async def read(self, work: Callable[..., Coroutine[Any, Any, T]], **asked: Any) -> T:
        """Read with a function of a store."""
        return await self.vault.read("test", lambda one: work(one, **asked))

    async def sweep(self, *, limit: int) -> int:
        """Let the worker expire and destroy what is due."""
        return await disclosure_acts.sweep(self.vault, self.now(), limit=limit, observe=self.counted.append)

    def now(self) -> ClockReading:
        """Return the clock reading; both clocks run together here."""
        return ClockReading(START + self.offset, START + self.offset)

    def now_with_real_time(self) -> ClockReading:
        """Return the clock reading for a server whose certificates and deadlines use today's time."""
        return ClockReading(START + self.offset, datetime.now(UTC))

    def pass_time(self, **time: float) -> None:
        self.offset += timedelta(**time)

    async def step(self) -> None:
        """Let the worker sequence and sign new entries."""
        await self.log.log.run(now=self.now())

    async def account(
        self,
        *,
        name: str = builders.NAME,
        opaque: AnyIdentity | None = None,
        review: SealedReview | None = None,
    ) -> str:
        """Sign up a person with a really sealed record; return the token.

        opaque: whom to seal instead of a person with this name. review: of a document that reviewers saw.
        """
        owner = self.world.new_id()
        job = await self.world.job(person=self.world.person(owner))
        self.owners[job.account_token] = owner
        self.records[job.account_token] = await self._seal(job.account_token, name, opaque, review)
        await self.settle(job, MATCHED, record=self.records[job.account_token])
        return job.account_token

    async def verify_again(self, account_token: str, *, name: str = builders.NAME) -> SealedRecord:
        """Replace the record with a new version; return the former one."""
        former = self.records[account_token]
        person = self.world.person(self.owners[account_token])
        job = await self.world.job(account_token=account_token, new_account=False, person=person)
        self.records[account_token] = await self._seal(account_token, name)
        await self.settle(job, MATCHED, record=self.records[account_token])
        return former

    async def settle(self, job: Job, outcome: ClaimOutcome, **changes: Any) -> None:
        """End a claim now, shortly after the previous event and before the next."""
        self.offset += timedelta(milliseconds=1)
        await self.world.settle(job, outcome, now=self.now(), **changes)
        self.offset += timedelta(milliseconds=1)

    async def _seal(
        self,
        account_token: str,
        name: str,
        opaque: AnyIdentity | None = None,
        review: SealedReview | None = None,
    ) -> SealedRecord:
        return await self.sealer().seal(
            relying_party="platform-a",
            account_token=account_token,
            identity=opaque or builders.identity(name=name),
            answer=RegistryAnswer.MATCH,
            consent=builders.consent(),
            review=review,
        )

    async def mismatched_account(self) -> str:
        """Sign up a person whose record a lying service sealed although the registry did not confirm it."""
        job = await self.world.job()
        record = await mismatched(self.sealer(), account_token=job.account_token)
        self.records[job.account_token] = record
        await self.settle(job, MATCHED, record=record)
        return job.account_token

    def sealer(self) -> QuorumRecordSealer:
        return QuorumRecordSealer(
            quorum=lambda: self.rosters.quorum,
            shred_store=ShredKeys(self.shred),
            entropy=ENTROPY,
        )

    def trust(self, name: str, *versions: Roster) -> Trust:
        """Return a member's trust; the last checkpoint seen is kept between two calls."""
        state = self.folder / f"{name}.checkpoint"
        return Trust(versions=versions or tuple(self.rosters.versions), log_key=KEY, state=state)

    def auditor(self, name: str = "auditor-a", *, edge: Local | None = None) -> Auditor:
        return Auditor(
            identity=identity(name),
            trust=self.trust(name),
            edge=edge or Local(self, name),
            keys=OneTimeKeys(folder=self.folder / name),
            now=lambda: self.now().real,
            random=os.urandom,
        )

    def custodian(self, name: str, *, edge: Local | None = None) -> Custodian:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return Custodian(
            identity=identity(name),
            trust=self.trust(name),
            edge=edge or Local(self, name),
            now=lambda: self.now().real,
            approvals=KeptApprovals(folder=folder),
            quota=ShareQuota(path=folder / QUOTA),
        )

    def drill(self, name: str, *, edge: Local | None = None) -> Drill:
        return Drill(
            identity=identity(name),
            trust=self.trust(name),
            edge=edge or Local(self, name),
            now=lambda: self.now().real,
        )

    async def keep_drill(self, *, sealer: RecordSealer | None = None) -> bool:
        """Let the worker create the drill record of the quorum in force."""
        given = sealer or self.sealer()
        return await drill_acts.keep(self.vault, self.now(), rosters=self.rosters, sealer=given)

    async def keep_drills(self) -> None:
        """Let the worker create and log the drill record of the quorum in force."""
        await self.keep_drill()
        await self.step()

    async def count_drills(self) -> None:
        """Let the worker count overdue custodians."""

        def observe(overdue: int, oldest: float) -> None:
            self.gauges.append((overdue, oldest))

        await drill_acts.count(self.vault, self.now(), rosters=self.rosters, observe=observe)

    async def request(self, account_token: str, *, name: str = "auditor-a", **changes: Any) -> str:
        """Request a disclosure as an auditor and wait for the log; return its id."""
        asked: dict[str, Any] = {
            "account_token": account_token,
            "case_reference": "案 2026-1",
            "legal_basis": "第一条 (synthetic)",
            "purpose": "一次核查",
            "suite": SUITE,
        }
        made = await asyncio.to_thread(lambda: self.auditor(name).request(**asked | changes))
        await self.step()
        return made.disclosure_id

    async def approve(self, disclosure_id: str, *names: str) -> Any:
        """Let custodians approve and release with their clients, while the worker runs."""
        answer = None
        for name in names:
            answer = await self.approve_with(self.custodian(name), disclosure_id)
        return answer

    async def approve_with(self, custodian: Custodian, disclosure_id: str) -> Any:
        """Let a custodian's client approve and release, while the worker runs."""
        pending = await asyncio.to_thread(custodian.find, disclosure_id)
        async with self.sequencing():
            return await asyncio.to_thread(custodian.approve, pending, code=self.codes.code())

    async def open(self, disclosure_id: str, *, auditor: Auditor | None = None) -> Any:
        """Open as the auditor while the worker runs."""
        opening = (auditor or self.auditor()).open
        async with self.sequencing():
            return await asyncio.to_thread(opening, disclosure_id, code=self.codes.code())

    @asynccontextmanager
    async def sequencing(self) -> AsyncIterator[None]:
        """Let the worker run for a while: a step whenever an entry waits for one, and now and then.

        A step that failed, or that another one overtook, leaves entries that have an index but no signature.
        """

        async def work() -> None:
            for look in itertools.count():
                if look % _LOOKS == 0 or (await stored_log.unsequenced(self.main)).count:
                    await self.step()
                await asyncio.sleep(_PERIOD)

        task = asyncio.create_task(work())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def logged(self, kind: EventType) -> list[entry.Entry]:
        rows = await self.world.all(select(log_entries.c.leaf).order_by(log_entries.c.recorded_at))
        entries = [entry.decode_leaf(row.leaf) for row in rows]
        return [found for found in entries if found.type == kind.value]

    async def refusals(self, name: str) -> int:
        """Return how many refusals of a member are in the log."""
        actor_id = roster_member(name).actor_id
        found = await self.logged(EventType.DISCLOSURE_REFUSE)
        return sum(each.actor_id == actor_id for each in found)

    async def close(self) -> None:
        await self.main.close()
        await self.shred.close()


@asynccontextmanager
async def chamber(databases: Databases, folder: Path) -> AsyncIterator[Chamber]:
    made = Chamber(databases, folder)
    try:
        yield made
    finally:
        await made.close()
