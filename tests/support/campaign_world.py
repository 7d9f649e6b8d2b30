"""Campaigns over a real database: what a platform with imported accounts does, as short calls."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, cast

from idvault.campaign.invitation.acts import ShownInvitation, TakenBatch
from idvault.campaign.invitation.rules import InvitationEvent
from idvault.campaign.invitation.store import SqlEnforcementStore, SqlInvitationStore
from idvault.campaign.legacy_account.acts import ImportCommand, RowResult
from idvault.campaign.legacy_account.rules import LegacyRow
from idvault.campaign.legacy_account.store import SqlLegacyAccountStore
from idvault.campaign.rules import Campaign, CampaignPlan, Cohort, ReverificationMethod, Verb
from idvault.campaign.store.store import SqlCampaignStore
from idvault.core.db.database import Database
from idvault.core.policy import OperatorPolicy
from idvault.core.request import Asked
from idvault.log.acts.guard import LogGuard
from idvault.processes.bootstrap.campaign import wire_campaigns
from idvault.processes.bootstrap.periodic.campaign import wire_enforcement
from idvault.verify.account import Status
from idvault.verify.clock import ClockReading
from idvault.verify.error import Violation
from tests.support import builders
from tests.support.fakes.campaign import FakeCoder, FakeReferencer, OpenGuard
from tests.support.fakes.flaky import Flaky
from tests.support.fakes.sealing import CountingEntropy, FakeFingerprinter
from tests.support.flow_world import PARTY, World, at, request_id

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
    """The campaign flows beside the claim flows, over one database."""

    def __init__(self, database: Database, policy: OperatorPolicy | None = None, *, life: int = 0) -> None:
        """Build the flows as bootstrap does. life: how often the same database was opened before."""
        start = life * 10_000_000
        self.claims = World(
            database, policy=policy or OperatorPolicy(5, 365, 90, builders.ZONE), entropy_start=start
        )
        self.policy, entropy = self.claims.policy, CountingEntropy(start=start + 5_000_000)
        self.legacy_store = Flaky(SqlLegacyAccountStore(database=database))
        self.campaign_store = Flaky(SqlCampaignStore(database=database))
        self.invitation_store = Flaky(SqlInvitationStore(database=database))
        self.enforcement_store = SqlEnforcementStore(database=database)
        self.guard = OpenGuard()
        guard = cast(LogGuard, self.guard)
        invitations = cast(SqlInvitationStore, self.invitation_store)
        flows = wire_campaigns(
            legacy_store=cast(SqlLegacyAccountStore, self.legacy_store),
            store=cast(SqlCampaignStore, self.campaign_store),
            invitation_store=invitations,
            accounts=self.claims.accounts,
            referencer=FakeReferencer(),
            coder=FakeCoder(),
            fingerprinter=FakeFingerprinter(),
            guard=guard,
            entropy=entropy,
            policy=self.policy,
        )
        self.legacy, self.campaigns, self.invitations = flows.legacy, flows.campaigns, flows.invitations
        self.enforcement = wire_enforcement(
            store=self.enforcement_store, guard=guard, entropy=entropy, policy=self.policy
        )
        self._number = 10_000 * (life + 1)

    def asked(self, method: str, *fields: str | int, number: int | None = None, party: str = PARTY) -> Asked:
        """Return a new request, or the request of a number."""
        self._number += 1
        return Asked(party, "b" * 32, request_id(number or self._number), method, fields)

    async def bring(
        self,
        *references: str,
        number: int | None = None,
        label: str = "2014",
        created: date = OPENED_ON,
        wrong: tuple[Violation, ...] = (),
        party: str = PARTY,
        now: ClockReading | None = None,
    ) -> list[RowResult]:
        """Import accounts; invalid rows come last."""
        self._number += 1
        rows: list[LegacyRow | Violation] = [LegacyRow(reference, created) for reference in references]
        command = ImportCommand(
            relying_party=party,
            actor_id="b" * 32,
            request_id=request_id(number or self._number),
            method="ImportLegacyAccounts",
            fields=(label, *references, created.isoformat()),
            label=label,
            rows=(*rows, *wrong),
        )
        return await self.legacy.import_chunk(command, now=now or at(0))

    async def members(self, count: int, **options: Any) -> list[str]:
        names = [f"user-{place}" for place in range(count)]
        return [row.account_token for row in await self.bring(*names, **options)]

    async def create(self, *, number: int | None = None, seconds: float = 0, **changes: Any) -> Campaign:
        made = plan(**changes)
        asked = self.asked("CreateCampaign", repr(made), number=number)
        return await self.campaigns.create(asked, plan=made, now=at(seconds))

    async def move(
        self, campaign: Campaign, verb: Verb, *, number: int | None = None, seconds: float = 0
    ) -> Campaign:
        asked = self.asked(verb.value, campaign.campaign_id, number=number)
        return await self.campaigns.move(asked, campaign_id=campaign.campaign_id, verb=verb, now=at(seconds))

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
    ) -> TakenBatch:
        asked = self.asked("ClaimDueInvitations", campaign.campaign_id, limit, number=number)
        return await self.invitations.take(
            asked,
            campaign_id=campaign.campaign_id,
            limit=limit,
            lease=timedelta(seconds=lease),
            now=at(seconds),
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
    ) -> ShownInvitation:
        asked = self.asked(
            "RecordInvitationEvent", token, campaign.campaign_id, method.value, event.value, number=number
        )
        return await self.invitations.record(
            asked,
            account_token=token,
            campaign_id=campaign.campaign_id,
            method=method,
            event=event,
            now=at(seconds),
        )

    async def offer(
        self, token: str, method: ReverificationMethod = ReverificationMethod.AT_LOGIN, *, seconds: float = 0
    ) -> ShownInvitation:
        """Ask whether to invite an account on an occasion."""
        return await self.invitations.get(
            relying_party=PARTY, account_token=token, method=method, now=at(seconds)
        )

    async def status(self, token: str, *, seconds: float = 0) -> Status:
        return await self.claims.status.get(relying_party=PARTY, account_token=token, now=at(seconds))


def tokens(batch: TakenBatch) -> list[str]:
    return [shown.account_token for shown in batch.shown]
