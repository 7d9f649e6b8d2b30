"""The operator's settings as the policies of flows, for the edge and the worker."""

from idvault.core.config import Settings
from idvault.core.policy import TipOffPolicy


def tip_off_policy(settings: Settings) -> TipOffPolicy:
    """Return the operator's settings of reports."""
    return TipOffPolicy(
        settings.zone,
        retention_days=settings.tip_off_retention_days,
        reports_per_day=settings.tip_offs_per_day,
    )
