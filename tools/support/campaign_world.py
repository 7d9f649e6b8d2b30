"""Campaigns over a real database: what a platform with imported accounts does, as short calls."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, cast

from idvault.campaign import acts
from idvault.campaign.invitation import acts as invitation_acts
from idvault.campaign.invitation.acts import ShownInvitation, TakenBatch
from idvault.campaign.legacy_account import acts as legacy_account_acts
from idvault.campaign.legacy_account.acts import RowResult
from idvault.campaign.legacy_account.rules import LegacyRow
from idvault.campaign.ports import InvitationCoder
from idvault.campaign.rules import Verb
from idvault.core.db.database import Database
from idvault.core.policy import OperatorPolicy
from idvault.core.request import Asked
from idvault.processes.bootstrap.vault import vault_of
from idvault_verify.account import Status
from idvault_verify.campaign import Campaign, CampaignPlan, Cohort, InvitationEvent, ReverificationMethod
from idvault_verify.clock import ClockReading
from idvault_verify.error import Violation
from tools.support import builders
from tools.support.fakes.campaign import FakeCoder, FakeReferencer, OpenGuard
from tools.support.fakes.flaky import Flaky
from tools.support.fakes.sealing import CountingEntropy, FakeFingerprinter
from tools.support.flow_world import PARTY, World, at, request_id

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
        self.guard = OpenGuard()
        self.coder: InvitationCoder = FakeCoder()
        self.main = Flaky(database)
        self.vault = vault_of(
            cast(Database, self.main), guard=self.guard, fingerprinter=FakeFingerprinter(), entropy=entropy
        )
        self._number = 10_000 * (life + 1)

    def asked(self, method: str, *fields: str | int, number: int | None = None, party: str = PARTY) -> Asked:
        """Return a new request, or the request of a number."""
        self._number += 1
        return Asked(party, "b" * 32, request_id(number or self._number), method, builders.content(*fields))

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
        rows: list[LegacyRow | Violation] = [LegacyRow(reference, created) for reference in references]
        fields = (label, *references, created.isoformat())
        return await legacy_account_acts.import_chunk(
            self.vault,
            self.asked("ImportLegacyAccounts", *fields, number=number, party=party),
            now or at(0),
            referencer=FakeReferencer(),
            label=label,
            rows=[*rows, *wrong],
        )

    async def members(self, count: int, **options: Any) -> list[str]:
        names = [f"user-{place}" for place in range(count)]
        return [row.account_token for row in await self.bring(*names, **options)]

    async def create(self, *, number: int | None = None, seconds: float = 0, **changes: Any) -> Campaign:
        made = plan(**changes)
        asked = self.asked("CreateCampaign", repr(made), number=number)
        fields, zone = (repr(made),), self.policy.zone
        return await acts.create(self.vault, asked, at(seconds), plan=made, fields=fields, zone=zone)

    async def move(
        self, campaign: Campaign, verb: Verb, *, number: int | None = None, seconds: float = 0
    ) -> Campaign:
        asked = self.asked(verb.value, campaign.campaign_id, number=number)
        return await acts.move(self.vault, asked, at(seconds), campaign.campaign_id, verb)

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
        return await invitation_acts.take(
            self.vault,
            asked,
            at(seconds),
            campaign_id=campaign.campaign_id,
            limit=limit,
            lease=timedelta(seconds=lease),
            coder=self.coder,
            policy=self.policy,
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
        return await invitation_acts.record(
            self.vault,
            asked,
            at(seconds),
            account_token=token,
            campaign_id=campaign.campaign_id,
            method=method,
            event=event,
            zone=self.policy.zone,
        )

    async def offer(
        self, token: str, method: ReverificationMethod = ReverificationMethod.AT_LOGIN, *, seconds: float = 0
    ) -> ShownInvitation:
        """Ask whether to invite an account on an occasion."""
        return await invitation_acts.get(
            self.vault, PARTY, token, method=method, now=at(seconds), policy=self.policy
        )

    async def enforce(self, now: ClockReading, *, limit: int = 100) -> int:
        return await invitation_acts.enforce(self.vault, now, limit=limit, zone=self.policy.zone)

    async def lift(self, now: ClockReading, *, limit: int = 100) -> int:
        return await invitation_acts.lift_all(self.vault, now, limit=limit)

    async def status(self, token: str, *, seconds: float = 0) -> Status:
        return await self.claims.status.get(relying_party=PARTY, account_token=token, now=at(seconds))


def tokens(batch: TakenBatch) -> list[str]:
    return [shown.account_token for shown in batch.shown]
