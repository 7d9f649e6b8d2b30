"""The platforms that take reports from the public, read once a minute for all visitors.

A visitor causes no call: a flood of visits to one platform's form, or to names that do not exist, takes
nothing from another platform.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from idvault.web import calls
from idvault.web.edge import EdgeConnections
from idvault_client.errors import NotFound, VaultError
from idvault_verify.error import Reason

_FRESH = 60.0


@dataclass(kw_only=True, eq=False, repr=False)
class Forms:
    """The titles of platforms by name. proves_contact: whether codes are sent to reporters' addresses."""

    vault: EdgeConnections
    clock: Callable[[], float]
    proves_contact: bool = False
    _titles: Mapping[str, str] | None = None
    _until: float = 0.0
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def all(self) -> Mapping[str, str]:
        """Return all; an old list while the vault cannot be reached, VaultError before the first one."""
        async with self._reading:
            if self._titles is None or self.clock() >= self._until:
                await self._read()
            return self._titles or {}

    async def title(self, platform: str) -> str:
        """Return a platform's title; raises NotFound (PLATFORM_NOT_FOUND)."""
        title = (await self.all()).get(platform)
        if title is None:
            raise NotFound(Reason.PLATFORM_NOT_FOUND, "NOT_FOUND")
        return title

    async def _read(self) -> None:
        titles: dict[str, str] = {}
        token, proves = "", False
        try:
            while True:
                found, token, proves = await self.vault.run(calls.tip_off_forms(token))
                titles |= found
                if not token:
                    break
        except VaultError:
            if self._titles is None:
                raise
        else:
            self._titles, self.proves_contact = titles, proves
        self._until = self.clock() + _FRESH
