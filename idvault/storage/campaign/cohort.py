"""Cohorts as a condition: which legacy accounts a campaign is for (domain.campaign.covers)."""

from datetime import date

from sqlalchemy import String, or_

from idvault.domain.campaign.campaign import Campaign
from idvault.storage.base.statement import param
from idvault.storage.campaign.tables import legacy_accounts

_LABEL = param("label", String(64))
# Rows are found by their relying party alone: no other part of a cohort has an index that being optional
# could spoil.
IN_COHORT = (
    (legacy_accounts.c.relying_party == param("party"))
    & or_(_LABEL == "", legacy_accounts.c.label == _LABEL)
    & (legacy_accounts.c.create_date >= param("created_from"))
    & (legacy_accounts.c.create_date < param("created_before"))
)


def parameters(campaign: Campaign) -> dict[str, object]:
    """Return the parameters of IN_COHORT; no account was opened on the last day of the calendar."""
    cohort = campaign.plan.cohort
    return {
        "party": campaign.relying_party,
        "label": cohort.label,
        "created_from": cohort.created_from or date.min,
        "created_before": cohort.created_before or date.max,
    }
