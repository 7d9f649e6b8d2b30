"""Builds and runs `idvault serve`: the platform edge, the custody edge, or both."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial

from idvault.core import capacity, certificate_files, tuning
from idvault.core.certificate_files import CertificateReplacer, Pem
from idvault.core.config import Settings
from idvault.core.edge.access import Access, Directory, Pin
from idvault.core.edge.server import GrpcServer
from idvault.core.telemetry.watching import cancel
from idvault.people.acts import RosterHolder
from idvault.platform import store as platform_store
from idvault.processes.bootstrap.base import Base, Clock, Ready, open_base
from idvault.processes.bootstrap.edge import edge_files, tls_of
from idvault.processes.bootstrap.health import open_port, watch_health
from idvault.processes.bootstrap.roster import follow_rosters, read_rosters
from idvault.processes.bootstrap.witness import check_witnessed, open_witnesses, stopped, watch_cosigned
from idvault_verify.attest.certificate import ed25519_keys

# With the other waits of a stop, below the 10 s that an operator's Ctrl-C allows.
_GRACE = 5.0
# For load balancers; a development vault has none.
_LINGER = 0.5


async def serve(
    settings: Settings, *, edge: str | None, ready: Ready, stop: asyncio.Event, clock: Clock
) -> None:
    """Run the platform edge, the custody edge or (edge None) both on two ports, until stop is set.

    Raises ConfigError, ListenError, OSError and domain errors only before it is ready.
    """
    tuning.allow_files(len(settings.addresses) * capacity.edge(settings.memory).files)
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(open_base(settings, clock, process="serve"))
        metrics_url = open_port(stack, base)
        pem = edge_files(settings).read(now=base.real_now())
        own = set(ed25519_keys(pem.certificate))
        rosters = await read_rosters(base, keys=own)
        # Before anything is written: a restored old copy must not grow into a second history.
        witnesses = open_witnesses(stack, base)
        watch = await check_witnessed(base, rosters.current, witnesses=witnesses)
        await rosters.adopt_file(now=clock())
        access = await _access(stack, base, rosters)
        watch_cosigned(stack, base, lambda: rosters.current)
        servers: list[GrpcServer] = []
        addresses: dict[str, str] = {}
        if edge in ("platform", None):
            # Imported here, so that an edge starts without importing the other one.
            from idvault.processes.bootstrap.platform_edge import build_platform_edge  # noqa: PLC0415

            servers.append(await build_platform_edge(stack, base, rosters, access))
            addresses["grpc"] = await _start(stack, servers[-1], settings.addresses[0])
        if edge in ("custody", None):
            from idvault.processes.bootstrap.custody_edge import build_custody_edge  # noqa: PLC0415

            servers.append(await build_custody_edge(stack, base, rosters, access, alone=edge is not None))
            addresses["grpc_custody"] = await _start(stack, servers[-1], settings.addresses[-1])
        await _follow_certificates(stack, base, servers, rosters, current=pem, own=own)
        watch_health(stack, base, lambda: rosters.current, tell=partial(_tell, servers))
        ready({**addresses, "metrics": metrics_url})
        try:
            await stopped(stop, watch)
        finally:
            base.metrics.health.stop()
            # All at once, so that a second edge does not make the stop longer.
            linger = 0.0 if settings.development else _LINGER
            await asyncio.gather(*(server.stop(grace=_GRACE, linger=linger) for server in servers))


async def _access(stack: AsyncExitStack, base: Base, rosters: RosterHolder) -> Access:
    directory = Directory(
        platforms=lambda: base.main.read("platform.all", platform_store.keys),
        people=lambda: _pins(rosters),
        clock=base.real_now,
    )
    await directory.load()
    follow_rosters(stack, base, rosters, directory.load)
    stack.push_async_callback(cancel, asyncio.create_task(directory.run()))
    return Access(directory=directory, trust_domain=base.settings.trust_domain)


async def _follow_certificates(
    stack: AsyncExitStack,
    base: Base,
    servers: list[GrpcServer],
    rosters: RosterHolder,
    *,
    current: Pem,
    own: set[bytes],
) -> None:
    """Replace the servers' certificate with what the files hold. own: keys that no witness may have."""

    def accept(found: Pem) -> None:
        keys = ed25519_keys(found.certificate)
        if not base.settings.development:
            rosters.current.check_apart(origin="", keys=keys)
        own.update(keys)

    async def use(found: Pem) -> None:
        for server in servers:
            server.replace_certificate(tls_of(found))

    replacer = CertificateReplacer(files=edge_files(base.settings), current=current, accept=accept, use=use)
    await stack.enter_async_context(certificate_files.following([replacer], clock=base.real_now))


async def _tell(servers: list[GrpcServer], ready: bool) -> None:
    for server in servers:
        await server.follow(ready=ready)


async def _start(stack: AsyncExitStack, server: GrpcServer, address: str) -> str:
    await server.start()
    stack.push_async_callback(server.stop, grace=_GRACE)
    return f"{address.rpartition(':')[0]}:{server.port}"


def _pins(rosters: RosterHolder) -> list[Pin]:
    return [Pin(found.name, found.role, found.actor_id, found.spki) for found in rosters.current.people]
