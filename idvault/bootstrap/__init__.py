"""The only room that knows every other: it builds each process out of ports, adapters and flows."""

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
