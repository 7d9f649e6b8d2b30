"""Campaigns over a real database: what a platform with imported accounts does, by its client."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, cast

from idvault.campaign.api import CampaignServicer
from idvault.campaign.invitation import acts as invitation_acts
from idvault.campaign.rules import Verb
from idvault.core.db.database import Database
from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.core.policy import OperatorPolicy
from idvault.core.telemetry.metrics import Metrics
from idvault.processes.bootstrap.vault import vault_of
from idvault_client.campaigns import AioCampaigns, Batch, ImportedRow, Invitation, LegacyAccount
from idvault_verify.account import Status
from idvault_verify.campaign import Campaign, CampaignPlan, Cohort, InvitationEvent, ReverificationMethod
from idvault_verify.clock import ClockReading
from idvault_verify.session import ACCEPTED, Proof
from idvault_verify.v1 import campaign_pb2
from tools.support import builders
from tools.support.fakes.campaign import FakeCoder, FakeReferencer, OpenGuard
from tools.support.fakes.flaky import Flaky
from tools.support.fakes.sealing import CountingEntropy, FakeFingerprinter
from tools.support.flow_world import PARTY, World, at, request_id
from tools.support.in_process import client

DAY = 86_400
OPENED_ON = date(2012, 5, 1)


def plan(**changes: Any) -> CampaignPlan:
    """Return a plan with batches for all accounts, with changes."""
    return replace(
        CampaignPlan(
            "Verify", Cohort(), (ReverificationMethod.WHEN_DUE,), daily_limit=100, reminder_days=(3, 7)
        ),
        **changes,
    )


class CampaignWorld:
    """Campaigns beside the claim flows, over one database."""

    def __init__(self, database: Database, policy: OperatorPolicy | None = None, *, life: int = 0) -> None:
        """Build a vault as bootstrap does. life: how often the same database was opened before."""
        start = life * 10_000_000
        self.claims = World(
            database, policy=policy or OperatorPolicy(5, 365, 90, builders.ZONE), entropy_start=start
        )
        self.policy, entropy = self.claims.policy, CountingEntropy(start=start + 5_000_000)
        self.guard, self.metrics = OpenGuard(), Metrics()
        self.main = Flaky(database)
        self.vault = vault_of(
            cast(Database, self.main), guard=self.guard, fingerprinter=FakeFingerprinter(), entropy=entropy
        )
        self.servicer = CampaignServicer(
            vault=self.vault,
            referencer=FakeReferencer(),
            coder=FakeCoder(),
            policy=self.policy,
            metrics=self.metrics,
            offered=frozenset(Proof),
        )
        self._services = [Service(campaign_pb2.DESCRIPTOR.services_by_name["CampaignService"], self.servicer)]
        self.accepted = ACCEPTED
        self._number = 10_000 * (life + 1)

    def client(self, *, seconds: float = 0, party: str = PARTY) -> AioCampaigns:
        """Return the client of a platform, whose calls come at this time."""
        caller = Caller(party, "platform", "b" * 32, proofs=self.accepted)
        return client(self._services, caller, at(seconds)).campaigns

    def new_id(self, number: int | None = None) -> str:
        """Return a new request id, or that of a number."""
        self._number += 1
        return request_id(number or self._number)

    async def bring(
        self,
        *references: str,
        number: int | None = None,
        label: str = "2014",
        created: date = OPENED_ON,
        party: str = PARTY,
        seconds: float = 0,
    ) -> tuple[ImportedRow, ...]:
        """Import accounts."""
        accounts = [LegacyAccount(reference, created.isoformat()) for reference in references]
        platform = self.client(seconds=seconds, party=party)
        return await platform.import_legacy_accounts(label, accounts, request_id=self.new_id(number))

    async def members(self, count: int, **options: Any) -> list[str]:
        names = [f"user-{place}" for place in range(count)]
        return [row.account_token for row in await self.bring(*names, **options)]

    async def create(self, *, number: int | None = None, seconds: float = 0, **changes: Any) -> Campaign:
        return await self.client(seconds=seconds).create(plan(**changes), request_id=self.new_id(number))

    async def move(
        self, campaign: Campaign, verb: Verb, *, number: int | None = None, seconds: float = 0
    ) -> Campaign:
        step = getattr(self.client(seconds=seconds), verb.value.lower())
        return cast(Campaign, await step(campaign.campaign_id, request_id=self.new_id(number)))

    async def started(self, *, seconds: float = 0, **changes: Any) -> Campaign:
        return await self.move(await self.create(seconds=seconds, **changes), Verb.START, seconds=seconds)

    async def take(
        self,
        campaign: Campaign,
        *,
        limit: int = 100,
        number: int | None = None,
        seconds: float = 0,
        lease: float = 600,
    ) -> Batch:
        return await self.client(seconds=seconds).claim_due_invitations(
            campaign.campaign_id,
            limit=limit,
            lease=timedelta(seconds=lease),
            request_id=self.new_id(number),
        )

    async def record(
        self,
        campaign: Campaign,
        token: str,
        event: InvitationEvent = InvitationEvent.SHOWN,
        method: ReverificationMethod = ReverificationMethod.WHEN_DUE,
        *,
        number: int | None = None,
        seconds: float = 0,
        party: str = PARTY,
    ) -> Invitation:
        return await self.client(seconds=seconds, party=party).record_invitation_event(
            token, campaign.campaign_id, method=method, event=event, request_id=self.new_id(number)
        )

    async def offer(
        self, token: str, method: ReverificationMethod = ReverificationMethod.AT_LOGIN, *, seconds: float = 0
    ) -> Invitation:
        """Ask whether to invite an account on an occasion."""
        return await self.client(seconds=seconds).get_invitation(token, method)

    async def enforce(self, now: ClockReading, *, limit: int = 100) -> int:
        return await invitation_acts.enforce(self.vault, now, limit=limit, zone=self.policy.zone)

    async def lift(self, now: ClockReading, *, limit: int = 100) -> int:
        return await invitation_acts.lift_all(self.vault, now, limit=limit)

    async def status(self, token: str, *, seconds: float = 0) -> Status:
        return await self.claims.status.get(relying_party=PARTY, account_token=token, now=at(seconds))


def tokens(batch: Batch) -> list[str]:
    return [each.account_token for each in batch.invitations]
