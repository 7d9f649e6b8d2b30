"""The flows of sign-ups in this process, over real stores, with a registry that answers at once.

Sealing is real; index, pair and fingerprint are plain hashes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from idvault.claim.acts.registry_check import SettlementContext
from idvault.claim.acts.verification import ClaimContext, VerifyCommand
from idvault.claim.rules import Claim
from idvault.core.db.database import Database
from idvault.core.policy import OperatorPolicy
from idvault.key.acts.version import ShredKeys
from idvault.log.acts.stored_log import LogGuard
from idvault.processes.bootstrap.base import ENTROPY
from idvault.processes.bootstrap.vault import vault_of
from idvault.registry.ports import InTurn, at_any_time
from idvault.registry.wrapped import BudgetedRegistry, WrappedRegistry
from idvault.sealing.identity import QuorumRecordSealer
from idvault_verify.account import SubjectKind
from idvault_verify.claim import ClaimState, Consent, Identity
from idvault_verify.clock import ClockReading
from idvault_verify.document import Document, DocumentType
from idvault_verify.registry import RegistryAnswer
from tools.support import builders, people, sandbox
from tools.support.claims import EdgeClaims
from tools.support.databases import Databases
from tools.support.fakes.log import WaitingLog
from tools.support.fakes.registry import FakeRegistry
from tools.support.fakes.sealing import FakeFingerprinter, FakeIndexer, FakeIntakeSealer, FakePairMarker

PARTY = "platform-a"
_CALLS_PER_SECOND = 1_000_000
_PATIENCE = 30.0
QUORUM = people.quorum()


class AnsweringRegistry(WrappedRegistry[FakeRegistry]):
    """Confirms everybody at once."""

    def admits(self) -> bool:
        return True

    async def check(
        self, *, ai: str, identity: Identity, patience: float, in_turn: InTurn = at_any_time
    ) -> RegistryAnswer:
        return await self.inner.check(ai=ai, identity=identity, patience=patience)

    async def query(self, *, ai: str, patience: float, in_turn: InTurn = at_any_time) -> RegistryAnswer:
        return await self.inner.query(ai=ai, patience=patience)

    async def probe(self, *, ai: str, patience: float, in_turn: InTurn = at_any_time) -> RegistryAnswer:
        return await self.inner.probe(ai=ai, patience=patience)


@dataclass(frozen=True)
class SignUps:
    """The edge's flow for sign-ups, and its two databases."""

    main: Database
    shred: Database
    verification: EdgeClaims
    policy: OperatorPolicy

    async def sign_up(self, person: sandbox.Person, account_token: str | None = None) -> Claim:
        """Verify a person; raises ValueError unless the claim succeeds."""
        claim = await self.verification.verify(
            command(person, account_token), now=clock(), patience=_PATIENCE
        )
        if claim.state is not ClaimState.SUCCEEDED:
            raise ValueError("a sign-up did not succeed")
        return claim


def clock() -> ClockReading:
    now = datetime.now(UTC)
    return ClockReading(now, now)


def command(person: sandbox.Person, account_token: str | None = None) -> VerifyCommand:
    """Return the claim of a sign-up, or of a re-verification if there is an account."""
    return VerifyCommand(
        relying_party=PARTY,
        actor_id="b" * 32,
        request_id=str(uuid4()),
        method="VerifyIndividual",
        content=builders.content(person.name, person.number),
        identity=Identity(person.name, Document(DocumentType.RESIDENT_ID, person.number)),
        consent=Consent("terms-1", datetime.now(UTC) - timedelta(minutes=1)),
        account_token=account_token,
    )


@asynccontextmanager
async def signing_up(databases: Databases, *, pool_size: int = 16) -> AsyncIterator[SignUps]:
    """Open the databases and connect the flows to them."""
    main, shred = (
        Database(url=url, pool_size=pool_size) for url in (databases.main_url, databases.shred_url)
    )
    policy = OperatorPolicy(5, 365, _CALLS_PER_SECOND, builders.ZONE)
    registry = BudgetedRegistry(
        inner=AnsweringRegistry(inner=FakeRegistry()),
        provider="nppa",
        main=main,
        checks_per_second=_CALLS_PER_SECOND,
        queries_per_second=_CALLS_PER_SECOND,
        clock=lambda: datetime.now(UTC),
        sleep=asyncio.sleep,
        alarm=lambda _provider: None,
    )
    guard = LogGuard(look=WaitingLog().unsequenced)
    vault = vault_of(main, guard=guard, fingerprinter=FakeFingerprinter(), entropy=ENTROPY)
    settlement = SettlementContext(
        registries=dict.fromkeys(SubjectKind, registry),
        withheld=dict.fromkeys(SubjectKind, registry),
        record_sealer=QuorumRecordSealer(
            quorum=lambda: QUORUM, shred_store=ShredKeys(shred), entropy=ENTROPY
        ),
        intake_sealer=FakeIntakeSealer(),
        policy=policy,
        on_settled=lambda _: None,
    )
    context = ClaimContext(settlement=settlement, indexer=FakeIndexer(), marker=FakePairMarker())
    verification = EdgeClaims(vault, context)
    try:
        yield SignUps(main, shred, verification, policy)
    finally:
        await verification.drain()
        await main.close()
        await shred.close()
