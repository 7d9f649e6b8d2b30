"""The demo's step with what platforms used: it agrees with what the registry has charged."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from idvault_client import Vault
from tools.demo.step import check
from tools.support.sandbox import Registry, wait_for

_PLATFORMS = ("platform-a", "platform-b")
_CHARGED = "registry/charged"


class UsageSteps:
    """The month of both platforms, beside the registry's own counter, which begins at each start."""

    def __init__(self, vault: Callable[[str], Vault], registry: Callable[[], Registry]) -> None:
        """Set how to call as a platform, and where the registry is."""
        self._vault, self._registry, self._before = vault, registry, 0

    def begin(self) -> None:
        """Remember what was charged when the vault ran before."""
        self._before = self._sum()

    def agree(self) -> None:
        """Compare the sums; the vault stores what it has counted every ten seconds."""
        registry = self._registry()
        agreed = wait_for(lambda: self._sum() - self._before == registry.charged())
        check(agreed and registry.charged() > 0, "the sums should agree")

    def _sum(self) -> int:
        month, found = f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m}", 0
        for platform in _PLATFORMS:
            with self._vault(platform) as vault:
                found += vault.get_usage(month).count(_CHARGED)
        return found
