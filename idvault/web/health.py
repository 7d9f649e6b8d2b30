"""Whether the hosted pages are ready: without an edge that serves, every page says that the vault is away."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from idvault.core.config import Settings
from idvault.core.telemetry.vitals import Vitals
from idvault.web import edge
from idvault.web.edge import EdgeConnections
from idvault_client import Tls
from idvault_client.backend.rpc import Rpc
from idvault_client.errors import VaultError
from idvault_verify.attest import expiry

_PATIENCE = 5.0
_CERTIFICATES = ("web_tls_certificate", "tls_certificate", "tls_ca")
# grpc.health.v1: a HealthCheckResponse has one field, and 1 is SERVING. The stubs belong to the edge.
_SERVING = b"\x08\x01"
_CHECK = Rpc("/grpc.health.v1.Health/Check", b"", lambda answer: answer == _SERVING)


async def look(vault: EdgeConnections, *, patience: float = _PATIENCE) -> Mapping[str, str]:
    """Return why the pages are not ready, by check."""
    try:
        async with asyncio.timeout(patience):
            # Over all connections: with one broken, looks in turn would go back and forth.
            answers = await vault.everywhere(_CHECK)
    except TimeoutError:
        return {"edge": "the platform edge does not answer"}
    except VaultError as error:
        return {"edge": f"the platform edge does not answer{error.hint and f': {error.hint}'}"}
    return {} if all(answers) else {"edge": "the platform edge is not ready"}


async def ask_edge(settings: Settings) -> str:
    """Return why the edge that these settings name cannot be used, "" if it can."""
    # The client waits for a connection until its call's end, and only then says why there is none.
    async with connected(settings, timeout=_PATIENCE / 2) as vault:
        return (await look(vault)).get("edge", "")


def connected(settings: Settings, *, timeout: float) -> EdgeConnections:
    """Return a client of the edge that these settings name; raises OSError if a file cannot be read."""
    tls = Tls(settings.tls_ca, settings.tls_certificate, settings.tls_key)
    name = settings.web_server_name or None
    return edge.connect(settings.web_target, tls=tls, timeout=timeout, server_name=name)


async def read_certificates(vitals: Vitals, settings: Settings) -> None:
    """Set for how long the certificates of these settings are valid."""
    files = {name: path for name in _CERTIFICATES if (path := getattr(settings, name)).name}
    vitals.certificates(await asyncio.to_thread(expiry.seconds_left, files, now=datetime.now(UTC)))
