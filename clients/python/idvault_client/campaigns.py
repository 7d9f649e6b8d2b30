"""The types that a backend needs for campaigns; `Vault.campaigns` makes the calls."""

from idvault.domain.campaign.campaign import (
    Campaign,
    CampaignState,
    Cohort,
    QuietHours,
)
from idvault.domain.campaign.campaign import (
    CampaignPlan as Plan,
)
from idvault.domain.campaign.campaign import (
    ReverificationMethod as Method,
)
from idvault.domain.campaign.invitation import InvitationEvent, InvitationState
from idvault.domain.campaign.legacy_account import ImportResult as Outcome
from idvault_client.backend.campaign.client import AioCampaignClient as AioCampaigns
from idvault_client.backend.campaign.client import CampaignClient as Campaigns
from idvault_client.backend.campaign.values import (
    CampaignPage,
    CampaignProgress,
    ImportedRow,
    Invitation,
    LegacyAccount,
)
from idvault_client.backend.campaign.values import InvitationBatch as Batch

__all__ = [
    "AioCampaigns",
    "Batch",
    "Campaign",
    "CampaignPage",
    "CampaignProgress",
    "CampaignState",
    "Campaigns",
    "Cohort",
    "ImportedRow",
    "Invitation",
    "InvitationEvent",
    "InvitationState",
    "LegacyAccount",
    "Method",
    "Outcome",
    "Plan",
    "QuietHours",
]
