"""What a platform used in a month, for `Vault.get_usage`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UsageFigure:
    """How often something was used. what: calls/SERVICE/METHOD, claims/OUTCOME, registry/charged, others."""

    what: str
    count: int


@dataclass(frozen=True, slots=True)
class PlatformUsage:
    """A month, as YYYY-MM in the operator's time zone."""

    month: str
    figures: tuple[UsageFigure, ...]

    def count(self, what: str) -> int:
        """Return a figure, 0 for what was not used."""
        return next((each.count for each in self.figures if each.what == what), 0)
