"""Flows over a real SQLite database, a scripted registry, and a sealing that hides nothing.

`World.claim` and what else goes through `World.client` are calls of a platform; `World.verify` calls the
same use case without the API, for tests of what is below it.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from idvault.claim.acts.claim import ReceiptContext
from idvault.claim.acts.registry_check import Proven, SettlementContext
from idvault.claim.acts.verification import ClaimContext, VerifyCommand
from idvault.claim.api import VerificationMethods
from idvault.claim.rules import Claim
from idvault.core.db.database import Database
from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.core.policy import OperatorPolicy
from idvault.log.acts.stored_log import LogGuard, LogProofs
from idvault.processes.bootstrap.claim import claim_rules
from idvault.processes.bootstrap.vault import vault_of
from idvault.status.acts import StatusTexts
from idvault.status.api import SerialisedStatuses, StatusMethods
from idvault_client import Consent, Verification, resident_id, unified_social_credit_code
from idvault_client.aio import Vault
from idvault_verify.account import Assurance, Status, SubjectKind
from idvault_verify.claim import FailureReason, Identity
from idvault_verify.clock import ClockReading
from idvault_verify.error import IdvaultError
from idvault_verify.registry import RegistryAnswer
from idvault_verify.session import ACCEPTED, Proof
from idvault_verify.v1 import status_pb2, verification_pb2
from tools.support import builders
from tools.support.accounts import Accounts
from tools.support.claims import EdgeClaims, Jobs, WorkerClaims
from tools.support.databases import Databases
from tools.support.fakes.flaky import FlakyDatabase
from tools.support.fakes.log import WaitingLog
from tools.support.fakes.registry import FakeRegistry
from tools.support.fakes.sealing import (
    CountingEntropy,
    FakeFingerprinter,
    FakeIndexer,
    FakeIntakeSealer,
    FakePairMarker,
    FakeRecordSealer,
)
from tools.support.in_process import client
from tools.support.organizations import REPRESENTATIVE
from tools.support.retention import Retention

PARTY = "platform-a"
_PROOFS = 2**96
_CONSENT = Consent("terms-3", builders.consent().agree_time)
_CLAIMS = verification_pb2.DESCRIPTOR.services_by_name["VerificationService"]
_STATUSES = status_pb2.DESCRIPTOR.services_by_name["StatusService"]


def request_id(number: int) -> str:
    """Return a UUID, the same for the same number."""
    return str(UUID(int=number))


def command(number: int = 1, identity: Identity | None = None, **changes: Any) -> VerifyCommand:
    """Return the claim of an ordinary sign-up, with changes."""
    who = identity or builders.identity()
    made = VerifyCommand(
        relying_party=PARTY,
        actor_id="b" * 32,
        request_id=request_id(number),
        method="VerifyIndividual",
        content=builders.content(who.name, who.document.number),
        identity=who,
        consent=builders.consent(),
        account_token=None,
    )
    return replace(made, **changes)


class Statuses(StatusTexts):
    """The flow, and what its texts say."""

    async def get(self, *, relying_party: str, account_token: str, now: ClockReading) -> Status:
        packed = await self.packed(relying_party=relying_party, account_token=account_token)
        return self.unpack(packed, today=self.today(now=now), now=now)


def _raise(error: IdvaultError) -> None:
    raise error


@dataclass
class World:
    """The flows of two processes over one database: edge and worker share everything except memory."""

    database: Database
    policy: OperatorPolicy = field(default_factory=lambda: OperatorPolicy(5, 365, 90, builders.ZONE))
    registry: FakeRegistry = field(default_factory=FakeRegistry)
    organizations: FakeRegistry = field(default_factory=lambda: FakeRegistry(can_query=False))
    withheld: FakeRegistry = field(default_factory=lambda: FakeRegistry(decided=RegistryAnswer.MISMATCH))
    records: FakeRecordSealer = field(default_factory=FakeRecordSealer)
    intakes: FakeIntakeSealer = field(default_factory=FakeIntakeSealer)
    settled: list[Claim] = field(default_factory=list)
    entropy_start: int = 0
    waiting: WaitingLog = field(default_factory=WaitingLog)

    def __post_init__(self) -> None:
        entropy = CountingEntropy(start=self.entropy_start)
        self.claims = FlakyDatabase(self.database)
        self.jobs, self.accounts = Jobs(self.database), Accounts(self.database)
        self.guard = LogGuard(look=self.waiting.unsequenced)
        vault = vault_of(
            self.claims,  # type: ignore[arg-type]
            guard=self.guard,
            fingerprinter=FakeFingerprinter(),
            entropy=entropy,
        )
        self.settlement = SettlementContext(
            registries={
                SubjectKind.INDIVIDUAL: self.registry,
                SubjectKind.ORGANIZATION: self.organizations,
            },
            withheld=dict.fromkeys(SubjectKind, self.withheld),
            record_sealer=self.records,
            intake_sealer=self.intakes,
            policy=self.policy,
            on_settled=self.settled.append,
        )
        context = ClaimContext(settlement=self.settlement, indexer=FakeIndexer(), marker=FakePairMarker())
        self.verification = EdgeClaims(vault, context)
        self.backlog = WorkerClaims(vault=vault, context=self.settlement, opener=self.intakes)
        self.retention = Retention(vault, self.policy)
        self.status = Statuses(vault=vault, policy=self.policy)

    def client(
        self,
        *,
        party: str = PARTY,
        seconds: float = 0,
        patience: float = 20.0,
        accepted: frozenset[Proof] = ACCEPTED,
    ) -> Vault:
        """Return the client of a platform. patience: for how long its calls wait for the registry.

        accepted: the proofs of people that it accepts.
        """
        proofs = LogProofs(main=self.database, shred=self.database)
        claims = VerificationMethods(
            vault=self.verification.vault,
            context=self.verification.context,
            receipts=ReceiptContext(proofs, lambda _id: None, _raise),
            rules=claim_rules(self.settlement),
            patience=patience,
        )
        watches: Any = None  # nothing here watches
        statuses = StatusMethods(flow=self.status, statuses=SerialisedStatuses(self.status), watches=watches)
        services = [Service(_CLAIMS, claims), Service(_STATUSES, statuses)]
        caller = Caller(party, "platform", "b" * 32, proofs=accepted)
        return client(services, caller, at(seconds), remaining=None)

    async def claim(
        self,
        number: int = 1,
        who: Identity | None = None,
        *,
        token: str | None = None,
        code: str | None = None,
        **options: Any,
    ) -> Verification:
        """Claim an identity as a platform, with the request of a number.

        code: that of an invitation by link. options: those of `client`.
        """
        who, vault = who or builders.identity(), self.client(**options)
        given: dict[str, Any] = {
            "consent": _CONSENT,
            "request_id": request_id(number),
            "account_token": token,
            "invitation_code": code,
        }
        if (person := who.representative) is None:
            return await vault.verify_individual(who.name, resident_id(who.document.number), **given)
        return await vault.verify_organization(
            who.name,
            unified_social_credit_code(who.document.number),
            representative_name=person.name,
            representative_document=resident_id(person.document.number),
            **given,
        )

    async def claimed(self, number: int = 1, **options: Any) -> Verification:
        """Return what became of a request, as the platform reads it. options: those of `client`."""
        return await self.client(**options).get_verification(request_id(number))

    async def verify(
        self, asked: VerifyCommand | None = None, *, seconds: float = 0, patience: float = 20.0
    ) -> Claim:
        return await self.verification.verify(asked or command(), now=at(seconds), patience=patience)

    async def prove(
        self,
        token: str,
        number: int,
        *,
        person: Identity = REPRESENTATIVE,
        answer: RegistryAnswer = RegistryAnswer.MATCH,
        seconds: float = 0,
    ) -> Claim:
        """Let a person prove to be the representative of an account's organisation."""
        proven = Proven(answer, Assurance.HOLDER, "signed")
        asked = command(number, person, method="FinishProof", account_token=token, proven=proven)
        return await self.verification.prove(asked, now=at(seconds))

    async def represented(self, asked: VerifyCommand, *, seconds: float = 0) -> Claim:
        """Verify an organisation and let its representative prove to be present."""
        claim = await self.verify(asked, seconds=seconds)
        if claim.failure_reason is not FailureReason.REPRESENTATIVE_PENDING:
            return claim
        number = UUID(asked.request_id).int + _PROOFS
        return await self.prove(claim.account.account_token, number, seconds=seconds)

    async def get(self, number: int = 1, *, seconds: float = 0) -> Claim:
        return await self.verification.get(
            relying_party=PARTY, request_id=request_id(number), now=at(seconds)
        )

    async def work(self, *, seconds: float) -> list[Claim | None]:
        """Let the worker settle the due jobs."""
        jobs = await self.backlog.lease(now=at(seconds), limit=100)
        return [await self.backlog.settle(job, now=at(seconds)) for job in jobs]


def at(seconds: float) -> ClockReading:
    return builders.reading(after=timedelta(seconds=seconds))


async def open_world(databases: Databases, **options: Any) -> World:
    """Return a world over fresh databases; the caller must close its database."""
    return World(Database(url=databases.main_url), **options)
