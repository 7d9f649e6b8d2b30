"""The types that a backend needs for erasures; `Vault.erasures` makes the calls."""

from idvault_client.backend.blocking.erasure import ErasureClient as Erasures
from idvault_client.backend.erasure import AioErasureClient as AioErasures
from idvault_client.backend.erasure import ErasurePage, ListedErasure
from idvault_verify.erasure import ErasureOrigin, ErasureState
from idvault_verify.offline.erasure import ErasureError, ErasureReceipt, ProvedErasure, check, parse

__all__ = [
    "AioErasures",
    "ErasureError",
    "ErasureOrigin",
    "ErasurePage",
    "ErasureReceipt",
    "ErasureState",
    "Erasures",
    "ListedErasure",
    "ProvedErasure",
    "check",
    "parse",
]
