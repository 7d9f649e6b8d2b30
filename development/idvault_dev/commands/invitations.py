"""The invitation to try in `idvault dev`: a legacy account of the example platform, invited by a link."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta

from idvault_client import aio
from idvault_client.campaigns import Cohort, Invitation, InvitationEvent, LegacyAccount, Method, Plan
from idvault_dev.example_texts import text
from idvault_verify.clock import ClockReading

_OPENED = "2014-05-01"
_DAILY = 1_000
_ENFORCED_AFTER = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class _InvitingCampaign:
    """A campaign, until when it runs, and the label of its accounts."""

    campaign_id: str
    enforced: date
    label: str


@dataclass(kw_only=True, eq=False, repr=False)
class ExampleInvitations:
    """Invites another account at each visit, in one campaign for each language. clock: the vault's."""

    vault: aio.Vault
    clock: Callable[[], ClockReading]
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _running: dict[str, _InvitingCampaign] = field(default_factory=dict)

    async def invite(self, language: str) -> Invitation:
        """Return a new invitation with its code, whose delivery is recorded; raises VaultError."""
        running = await self._campaign(language)
        campaign_id = running.campaign_id
        account = LegacyAccount(os.urandom(16).hex(), _OPENED)
        await self.vault.campaigns.import_legacy_accounts(running.label, [account])
        # Of two visits at once each may get the other's account: both are the same to try.
        [made] = (await self.vault.campaigns.claim_due_invitations(campaign_id, limit=1)).invitations
        await self.vault.campaigns.record_invitation_event(
            made.account_token, campaign_id, method=Method.HOSTED_LINK, event=InvitationEvent.SHOWN
        )
        return made

    async def _campaign(self, language: str) -> _InvitingCampaign:
        """Return the running campaign; a new one at the first visit, and once its date has come."""
        today = self.clock().today(UTC)
        async with self._lock:
            running = self._running.get(language)
            if running is None or running.enforced <= today:
                # A label of its own: the state folder may have accounts of an earlier start.
                label = f"example-{os.urandom(4).hex()}"
                enforced = today + _ENFORCED_AFTER
                plan = Plan(
                    "Verify your account",
                    Cohort(label=label),
                    (Method.HOSTED_LINK,),
                    daily_limit=_DAILY,
                    incentive_text=text("incentive", language),
                    enforcement_date=enforced,
                )
                campaign_id = (await self.vault.campaigns.create(plan)).campaign_id
                await self.vault.campaigns.start(campaign_id)
                running = self._running[language] = _InvitingCampaign(campaign_id, enforced, label)
        return running
