"""Builds each process from ports, adapters and flows; the only package that may import all others."""

from idvault.bootstrap.operator import (
    init_keys,
    register_platform,
    revoke_platform,
    rotate_key,
    upgrade_databases,
)
from idvault.bootstrap.serve import serve
from idvault.bootstrap.work import work

__all__ = [
    "init_keys",
    "register_platform",
    "revoke_platform",
    "rotate_key",
    "serve",
    "upgrade_databases",
    "work",
]
