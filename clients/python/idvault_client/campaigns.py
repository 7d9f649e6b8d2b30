"""The types that a backend needs for campaigns; `Vault.campaigns` makes the calls."""

from idvault.verify.campaign import (
    Campaign,
    CampaignState,
    Cohort,
    InvitationEvent,
    InvitationState,
    QuietHours,
)
from idvault.verify.campaign import CampaignPlan as Plan
from idvault.verify.campaign import ImportResult as Outcome
from idvault.verify.campaign import ReverificationMethod as Method
from idvault_client.backend.blocking.campaign import CampaignClient as Campaigns
from idvault_client.backend.campaign import AioCampaignClient as AioCampaigns
from idvault_client.backend.campaign import (
    CampaignPage,
    CampaignProgress,
    ImportedRow,
    Invitation,
    LegacyAccount,
)
from idvault_client.backend.campaign import InvitationBatch as Batch

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
