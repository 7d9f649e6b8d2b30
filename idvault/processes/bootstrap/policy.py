"""The operator's settings as policies, for the edge and the worker."""

from idvault.core.config import Settings
from idvault.core.policy import OperatorPolicy, PublicAccountLimits, TipOffPolicy
from idvault_verify.registry import pace


def operator_policy(settings: Settings) -> OperatorPolicy:
    """Return the operator's settings of accounts and claims."""
    return OperatorPolicy(
        accounts_per_person=settings.accounts_per_person,
        verification_days=settings.verification_days,
        registry_calls_per_second=pace(settings.registry_calls_per_second),
        zone=settings.zone,
        credentials_per_day=settings.credentials_per_day,
        rejected_days=settings.rejected_account_days,
        public_accounts=PublicAccountLimits(
            individual=settings.public_accounts_per_individual,
            organization=settings.public_accounts_per_organization,
            days=settings.public_account_days,
        ),
    )


def tip_off_policy(settings: Settings) -> TipOffPolicy:
    """Return the operator's settings of reports."""
    return TipOffPolicy(
        settings.zone,
        retention_days=settings.tip_off_retention_days,
        reports_per_day=settings.tip_offs_per_day,
    )
