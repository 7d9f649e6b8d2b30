"""The acts and reads of claims and jobs, as short calls."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from idvault.claim import store
from idvault.claim.acts import backlog as claim_backlog
from idvault.claim.acts import claim as claim_acts
from idvault.claim.acts import registry_check, verification
from idvault.claim.acts import representative as representative_acts
from idvault.claim.acts.backlog import Backlog
from idvault.claim.acts.claim import OpenedClaim, Settlement
from idvault.claim.acts.verification import ClaimContext, VerifyCommand
from idvault.claim.job import store as job_store
from idvault.claim.job.rules import JobProgress, Lease
from idvault.claim.job.store import Job, Turns
from idvault.claim.rules import Claim
from idvault.claim.store import NewClaim
from idvault.core.act import SYSTEM, MemberActor, Vault
from idvault.core.db.database import Database
from idvault.processes.bootstrap.vault import vault_of
from idvault.registry.ports import CallTurn
from idvault.sealing.ports import Intake
from idvault_verify.account import SubjectKind
from idvault_verify.clock import ClockReading
from idvault_verify.event import Event
from tools.support.known_events import KnownEvents


@dataclass(frozen=True, slots=True)
class AskedClaim(NewClaim):
    """A new claim, and when it is asked for."""

    now: ClockReading = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class DatedSettlement(Settlement):
    """A settlement, and when it is made."""

    now: ClockReading = field(kw_only=True)


def _as_of(now: datetime) -> ClockReading:
    return ClockReading(now, now)


class Claims:
    """The acts of one database. events: the entries that the log gets."""

    def __init__(self, database: Database) -> None:
        self.database, self.vault = database, vault_of(database)

    async def open(
        self, asked: AskedClaim, *, event: Event, superseded: Event, turn: CallTurn | None = None
    ) -> OpenedClaim:
        party, request = asked.request.caller, asked.request.of_account(asked.account_token)
        by = MemberActor(event.actor_id, party)
        return await claim_acts.open_claim.run(
            self.told(event, superseded), by, asked.now, request, asked.claim_id, asked, turn
        )

    async def settle(self, ending: DatedSettlement, *, event: Event) -> Claim | None:
        return await claim_acts.settle(self.told(event), SYSTEM, ending.now, ending)

    async def postpone(self, job: Job, *, intake: Intake, progress: JobProgress, event: Event) -> bool:
        now = ClockReading(event.occurred_at, event.recorded_at)
        return await registry_check.postpone(self.told(event), SYSTEM, now, job, intake, progress)

    async def deposit(self, *, account_token: str, claim_id: str, intake: Intake, event: Event) -> bool:
        now = ClockReading(event.occurred_at, event.recorded_at)
        act = registry_check.store_deposit
        return await act(self.told(event), SYSTEM, now, account_token, claim_id, intake)

    async def find(self, *, relying_party: str, request_id: str) -> Claim:
        return await self.vault.read("test", lambda one: store.find(one, relying_party, request_id))

    async def overdue(self, *, opened_before: datetime, limit: int) -> list[Claim]:
        return await self.vault.read(
            "test", lambda one: store.overdue(one, opened_before=opened_before, limit=limit)
        )

    def told(self, *events: Event) -> Vault:
        """Return a vault in which the next entries of the log are these, by their types."""
        return replace(self.vault, events=KnownEvents(*events, entropy=self.vault.events.entropy))


class Jobs:
    """The jobs of one database, as one process knows them."""

    def __init__(self, database: Database) -> None:
        self.database, self.vault = database, vault_of(database)
        self._turns: Turns = {}

    async def lease(self, *, lease: Lease, now: datetime, limit: int) -> list[Job]:
        act = claim_backlog.lease_due
        won, turns = await act(self.vault, SYSTEM, _as_of(now), lease, self._turns, limit)
        self._turns = {**self._turns, **turns}
        return won

    async def take(self, *, account_token: str, claim_id: str, lease: Lease, now: datetime) -> Job | None:
        return await verification.take(self.vault, SYSTEM, _as_of(now), account_token, claim_id, lease)

    async def advance(self, job: Job, *, progress: JobProgress, keep_lease: bool) -> Job | None:
        stored = await registry_check.advance(
            self.vault, SYSTEM, _as_of(progress.next_at), job, progress, keep_lease=keep_lease
        )
        return replace(job, progress=progress) if stored else None

    async def is_waiting(
        self, *, relying_party: str, kind: SubjectKind, sign_up: bool, now: datetime
    ) -> bool:
        asked = job_store.BEFORE_SIGN_UP if sign_up else job_store.BEFORE_RE_VERIFICATION
        found = await self.database.one("test", asked, party=relying_party, kind=kind.value, now=now)
        return found is True

    async def backlog(self) -> dict[str, int]:
        return await self.vault.read("test", job_store.count)

    async def oldest(self) -> datetime | None:
        return await self.database.one("test", store.OLDEST)


@dataclass
class EdgeClaims:
    """The claims of one edge."""

    vault: Vault
    context: ClaimContext

    async def verify(self, command: VerifyCommand, *, now: ClockReading, patience: float) -> Claim:
        return await verification.verify(self.vault, command, now, patience=patience, context=self.context)

    async def prove(self, command: VerifyCommand, *, now: ClockReading) -> Claim:
        return await representative_acts.verify(self.vault, command, now, context=self.context)

    async def get(self, *, relying_party: str, request_id: str, now: ClockReading) -> Claim:
        zone = self.context.zone
        return await verification.get(self.vault, relying_party, request_id, now, zone=zone)

    async def drain(self) -> None:
        await self.context.drain()


class WorkerClaims(Backlog):
    """The backlog of one worker, and what ends by time."""

    async def time_out(self, *, now: ClockReading, limit: int) -> int:
        return await claim_backlog.time_out_all(self.vault, now, limit=limit, context=self.context)
