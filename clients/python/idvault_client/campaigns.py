"""The types that a backend needs for campaigns; `Vault.campaigns` makes the calls."""

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
from idvault_verify.campaign import (
    Campaign,
    CampaignState,
    Cohort,
    InvitationEvent,
    InvitationState,
    QuietHours,
)
from idvault_verify.campaign import CampaignPlan as Plan
from idvault_verify.campaign import ImportResult as Outcome
from idvault_verify.campaign import ReverificationMethod as Method

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
