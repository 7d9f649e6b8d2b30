"""The client for asyncio: `connect` and `Vault` as in `idvault_client`, awaited."""

from idvault_client.backend.vault import AioVault as Vault
from idvault_client.backend.vault import connect

__all__ = ["Vault", "connect"]
