"""Cohorts as an SQL condition: which legacy accounts a campaign is for (domain.campaign.covers)."""

from datetime import date

from sqlalchemy import String, or_

from idvault.campaign.rules import Campaign
from idvault.core.db.statement import param
from idvault.core.tables.campaign import legacy_accounts

_LABEL = param("label", String(64))
# Only the relying party is looked up by index. The other parts have no index, so making them optional costs
# nothing.
IN_COHORT = (
    (legacy_accounts.c.relying_party == param("party"))
    & or_(_LABEL == "", legacy_accounts.c.label == _LABEL)
    & (legacy_accounts.c.create_date >= param("created_from"))
    & (legacy_accounts.c.create_date < param("created_before"))
)


def parameters(campaign: Campaign) -> dict[str, object]:
    """Return the parameters of IN_COHORT; date.min and date.max stand for a missing limit."""
    cohort = campaign.plan.cohort
    return {
        "party": campaign.relying_party,
        "label": cohort.label,
        "created_from": cohort.created_from or date.min,
        "created_before": cohort.created_before or date.max,
    }
