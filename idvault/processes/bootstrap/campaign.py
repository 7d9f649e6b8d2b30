"""Builds campaigns: the service of the platform edge."""

from dataclasses import dataclass
from typing import Any

from idvault.account.ports import StatusStore
from idvault.campaign.acts import CampaignFlow
from idvault.campaign.api import CampaignServicer
from idvault.campaign.invitation.acts import InvitationFlow
from idvault.campaign.invitation.ports import InvitationCoder, InvitationStore
from idvault.campaign.invitation.store import SqlInvitationStore
from idvault.campaign.legacy_account.acts import ImportCommand, LegacyAccountFlow, RowResult
from idvault.campaign.legacy_account.ports import LegacyAccountStore, Referencer
from idvault.campaign.legacy_account.store import SqlLegacyAccountStore
from idvault.campaign.ports import CampaignStore
from idvault.campaign.store.store import SqlCampaignStore
from idvault.core.edge.server import Service
from idvault.core.entropy import Entropy
from idvault.core.policy import OperatorPolicy
from idvault.core.request import Fingerprinter
from idvault.core.telemetry.metrics import Metrics
from idvault.log.acts.guard import LogGuard
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.processes.bootstrap.request_key import fingerprinter_of, request_keys
from idvault.sealing.invitation import CurrentInvitationCoder
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.reference import KeyedReferencer
from idvault.status.store import SqlStatusStore
from idvault.v1 import campaign_pb2
from idvault.verify.clock import ClockReading


@dataclass(kw_only=True, eq=False, repr=False)
class _CountedImports:
    """An import flow that counts its rows (campaign.api.LegacyAccounts)."""

    inner: LegacyAccountFlow
    metrics: Metrics

    async def import_chunk(self, command: ImportCommand, *, now: ClockReading) -> list[RowResult]:
        """Import a chunk, and count each row by its result."""
        results = await self.inner.import_chunk(command, now=now)
        for row in results:
            self.metrics.legacy_account(outcome=row.result.value)
        return results


@dataclass(frozen=True, slots=True)
class CampaignFlows:
    """The flows of campaigns over one set of ports; production and tests differ only in the ports."""

    legacy: LegacyAccountFlow
    campaigns: CampaignFlow
    invitations: InvitationFlow


def wire_campaigns(
    *,
    legacy_store: LegacyAccountStore,
    store: CampaignStore,
    invitation_store: InvitationStore,
    accounts: StatusStore,
    referencer: Referencer,
    coder: InvitationCoder,
    fingerprinter: Fingerprinter,
    guard: LogGuard,
    entropy: Entropy,
    policy: OperatorPolicy,
) -> CampaignFlows:
    """Connect the flows to their ports."""
    common: dict[str, Any] = {"fingerprinter": fingerprinter, "guard": guard, "entropy": entropy}
    return CampaignFlows(
        LegacyAccountFlow(**common, store=legacy_store, referencer=referencer),
        CampaignFlow(**common, store=store, policy=policy),
        InvitationFlow(**common, store=invitation_store, accounts=accounts, coder=coder, policy=policy),
    )


def campaign_flows(
    base: Base, *, keys: LocalKeyProvider, guard: LogGuard, policy: OperatorPolicy
) -> CampaignFlows:
    """Return the flows of the platform edge."""
    return wire_campaigns(
        legacy_store=SqlLegacyAccountStore(database=base.main),
        store=SqlCampaignStore(database=base.main),
        invitation_store=SqlInvitationStore(database=base.main),
        accounts=SqlStatusStore(database=base.main),
        referencer=KeyedReferencer(key=keys.primary(Purpose.REFERENCE)),
        coder=CurrentInvitationCoder(current=lambda: request_keys(keys, Purpose.REQUEST).current),
        fingerprinter=fingerprinter_of(keys, Purpose.REQUEST),
        guard=guard,
        entropy=ENTROPY,
        policy=policy,
    )


def build_campaigns(base: Base, *, flows: CampaignFlows, policy: OperatorPolicy) -> Service:
    """Return CampaignService."""
    return Service(
        campaign_pb2.DESCRIPTOR.services_by_name["CampaignService"],
        CampaignServicer(
            legacy=_CountedImports(inner=flows.legacy, metrics=base.metrics),
            campaigns=flows.campaigns,
            invitations=flows.invitations,
            zone=policy.zone,
        ),
    )
