"""The operator's settings that the flows use."""

from dataclasses import dataclass, field
from datetime import tzinfo

from idvault_verify.public_account import PublicAccountKind


@dataclass(frozen=True, slots=True)
class PublicAccountLimits:
    """The operator's settings. days: how long an approval or a renewal lasts."""

    individual: int = 1
    organization: int = 5
    days: int = 365

    def of(self, kind: PublicAccountKind) -> int:
        """Return how many public accounts an owner of a kind may have."""
        return self.individual if kind is PublicAccountKind.INDIVIDUAL else self.organization


CREDENTIAL_DAYS = 30


@dataclass(frozen=True, slots=True)
class OperatorPolicy:
    """accounts_per_person: the limit K per person. verification_days: how long a verification is valid.

    registry_calls_per_second: the shared cap on checks. zone: the deployment's time zone, which decides the
    current day. credentials_per_day: how many new status credentials a relying party may get.
    public_accounts: limits per owner, and how long a term is.
    """

    accounts_per_person: int
    verification_days: int
    registry_calls_per_second: float
    zone: tzinfo
    credentials_per_day: int = 100_000
    public_accounts: PublicAccountLimits = field(default_factory=PublicAccountLimits)


@dataclass(frozen=True, slots=True)
class TipOffPolicy:
    """zone: the time zone that decides deadlines. reports_per_day: of one reporter."""

    zone: tzinfo
    reports_per_day: int = 20
