"""The stores of one main database, and builders of the synthetic values that their tests use."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import ClauseElement, func, select

from idvault.account import acts as account_acts
from idvault.claim.acts.claim import OpenedClaim
from idvault.claim.job.rules import JobProgress, JobState, Lease
from idvault.claim.job.store import Job
from idvault.claim.rules import Claim, ClaimOutcome, Owner
from idvault.core import tables as schema
from idvault.core.act import Vault
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, scalar, statement
from idvault.core.policy import OperatorPolicy
from idvault.core.request import Request
from idvault.core.tables.claim import persons
from idvault.key.acts.version import DayKeys
from idvault.processes.bootstrap.vault import NoGuard, vault_of
from idvault.registry.ports import CallTurn
from idvault.sealing.ports import Intake, PersonKey
from idvault_verify import token
from idvault_verify.account import SubjectKind
from idvault_verify.claim import ClaimState, Consent, FailureReason
from idvault_verify.clock import ClockReading
from idvault_verify.event import SYSTEM_ACTOR, Event, EventType
from idvault_verify.record import SealedRecord
from tools.support.accounts import Accounts
from tools.support.claims import AskedClaim, Claims, DatedSettlement, Jobs
from tools.support.fakes.sealing import FakeFingerprinter
from tools.support.known_events import KnownEvents

NOW = datetime(2026, 3, 1, 4, 0, 0, 123_456, tzinfo=UTC)
TODAY = date(2026, 3, 1)
MATCHED = ClaimOutcome(ClaimState.SUCCEEDED)
MISMATCHED = ClaimOutcome(ClaimState.FAILED, FailureReason.MISMATCH)
NO_RECORD = ClaimOutcome(ClaimState.FAILED, FailureReason.NO_RECORD)


def at(*, after: timedelta = timedelta(0)) -> ClockReading:
    """Return a clock reading whose clocks differ by a day, so that mixing them up is noticed."""
    return ClockReading(NOW + after, NOW + after - timedelta(days=1))


def lease_of(name: str, *, until: datetime | None = None) -> Lease:
    return Lease(sha256(name.encode()).hexdigest()[:32], until or at().real + timedelta(seconds=15))


@cache
def _of_tables() -> dict[str, tuple[Statement[int], Statement[Any]]]:
    """Return the statements that count and read the rows of each main table."""
    return {
        name: (statement(select(func.count()).select_from(table), scalar), statement(select(table)))
        for name, table in schema.main.tables.items()
    }


class World:
    """One deployment's main database and its stores."""

    def __init__(self, database: Database, *, seed: str = "") -> None:
        """Set the database; worlds with different seeds create different ids."""
        self.database = database
        self.claims, self.jobs = Claims(database), Jobs(database)
        self.accounts = Accounts(database)
        self.day_keys = DayKeys(database)
        self._seed = seed
        self._numbers = count(1)
        self.vault = vault_of(database, guard=NoGuard(), fingerprinter=FakeFingerprinter(), entropy=self)

    def random(self, size: int = 16) -> bytes:
        """Return bytes that no other call returns."""
        return sha256(f"{self._seed}/{next(self._numbers)}".encode()).digest()[:size]

    def new_id(self) -> str:
        return self.random().hex()

    def request(self, *, relying_party: str = "platform-a") -> Request:
        return Request(relying_party, str(UUID(bytes=self.random())), self.random(32))

    def person(self, name: str = "p", **changes: Any) -> PersonKey:
        """Return the key of a synthetic person, the same for the same name."""
        day, yesterday = (sha256(f"{name}/{day}".encode()).digest() for day in (1, 0))
        key = PersonKey(1, sha256(name.encode()).digest(), (), self.new_id(), day, yesterday)
        return replace(key, **changes)

    def new_claim(self, **changes: Any) -> AskedClaim:
        """Return a sign-up of a new person, with changes."""
        made = AskedClaim(
            request=self.request(),
            claim_id=self.new_id(),
            account_token=token.make(self.random()),
            new_account=True,
            subject_kind=SubjectKind.INDIVIDUAL,
            consent=Consent("terms-3", NOW - timedelta(minutes=1)),
            ais=(self.new_id(),),
            person=self.person(self.new_id()),
            pair=self.random(32),
            lease=lease_of("edge"),
            now=at(),
        )
        return replace(made, **changes)

    def event(self, kind: EventType, account_token: str = "", **fields: Any) -> Event:
        return Event(
            kind, SYSTEM_ACTOR, account_token, NOW, at().real, self.new_id(), self.random(32), fields
        )

    def vault_of(self, event: Event) -> Vault:
        """Return a vault in which the next entry of the log is this one."""
        return replace(self.vault, events=KnownEvents(event, entropy=self))

    async def open(
        self, new_claim: AskedClaim | None = None, *, turn: CallTurn | None = None, **changes: Any
    ) -> OpenedClaim:
        """Open a claim with fresh events."""
        asked = new_claim or self.new_claim(**changes)
        return await self.claims.open(
            asked,
            event=self.event(EventType.CLAIM_OPEN, asked.account_token),
            superseded=self.event(EventType.CLAIM_SUPERSEDE, asked.account_token),
            turn=turn,
        )

    async def job(self, **changes: Any) -> Job:
        job = (await self.open(**changes)).job
        assert job is not None
        return job

    async def again(self, job: Job, *, person: PersonKey, **changes: Any) -> Job:
        """Open another claim of a job's account."""
        changes = {"account_token": job.account_token, "new_account": False, "person": person, **changes}
        return await self.job(**changes)

    def record(self, job: Job) -> SealedRecord:
        """Return a record of a job's account: arbitrary bytes with the sizes of a real one."""
        return SealedRecord(
            account_token=job.account_token,
            relying_party=job.relying_party,
            record_id=self.new_id(),
            format_version=1,
            sealing_quorum_id="a" * 64,
            present_quorum_id="b" * 64,
            suite="synthetic",
            salt=self.random(32),
            commitment=self.random(32),
            ciphertext=self.random(32) * 16,
            share_hashes=(self.random(32), self.random(32), self.random(32)),
            shares=(self.random(32) * 3, self.random(31), b""),
        )

    async def stored_record(self, account_token: str) -> SealedRecord | None:
        """Return an account's newest record."""
        return await account_acts.record(self.database, account_token)

    def settlement(
        self, job: Job, outcome: ClaimOutcome, *, accounts_per_person: int = 5, **changes: Any
    ) -> DatedSettlement:
        """Return the settlement of a job's claim under its lease, with changes; with the longest delay."""
        made = DatedSettlement(
            account_token=job.account_token,
            claim_id=job.claim_id,
            outcome=outcome,
            owner=Owner(job.subject_kind),
            policy=OperatorPolicy(accounts_per_person, 365, 1, UTC),
            lease_id=job.lease.lease_id,
            record=self.record(job) if outcome.succeeded else None,
            delay=timedelta(hours=72) if outcome.succeeded else None,
            now=at(),
        )
        return replace(made, **changes)

    async def settle(self, job: Job, outcome: ClaimOutcome, **changes: Any) -> Claim | None:
        return await self.claims.settle(
            self.settlement(job, outcome, **changes),
            event=self.event(EventType.CLAIM_SETTLE, job.account_token),
        )

    async def postpone(self, job: Job, **changes: Any) -> bool:
        """Queue a job's claim, READY and due at once unless changed."""
        ready = JobProgress(JobState.READY, 0, None, next_at=at().real)
        return await self.claims.postpone(
            job,
            intake=Intake("2026-03-01", b"sealed"),
            progress=replace(ready, **changes),
            event=self.event(EventType.CLAIM_POSTPONE, job.account_token),
        )

    async def waiting(self, *, progress: dict[str, Any] | None = None, **changes: Any) -> Job:
        """Open a claim and queue it; return its former job."""
        job = await self.job(**changes)
        assert await self.postpone(job, **(progress or {}))
        return job

    async def verified(self, **changes: Any) -> Job:
        """Sign up a person successfully and return the former job."""
        job = await self.job(**changes)
        assert await self.settle(job, MATCHED)
        return job

    async def rejected(self, **changes: Any) -> Job:
        """Sign up a person without success and return the former job."""
        job = await self.job(**changes)
        assert await self.settle(job, NO_RECORD)
        return job

    async def counts(self) -> dict[str, int]:
        async def read(connection: Connection) -> dict[str, int]:
            return {name: (await connection.all(count))[0] for name, (count, _) in _of_tables().items()}

        return await self.database.read("test", read)

    async def all(self, clause: ClauseElement) -> list[Any]:
        """Return the rows of a query."""
        query = statement(clause)
        return await self.database.read("test", lambda connection: connection.all(query))

    async def do(self, clause: ClauseElement) -> None:
        """Change rows directly."""
        change = statement(clause)
        await self.database.act("test", lambda connection: connection.all(change))

    async def contents(self) -> dict[str, list[Any]]:
        """Return every row of every table, in a fixed order."""

        async def read(connection: Connection) -> dict[str, list[Any]]:
            return {
                name: sorted(map(repr, await connection.all(rows)))
                for name, (_, rows) in _of_tables().items()
            }

        return await self.database.read("test", read)

    async def slots(self, name: str) -> int:
        """Return how many slots a synthetic person uses; 0 of one who is forgotten."""
        held = persons.c.person_index == self.person(name).index
        rows = await self.all(select(persons.c.accounts).where(held))
        return int(rows[0].accounts) if rows else 0
