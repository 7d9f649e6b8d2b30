"""Runs the mock registry: a public port that can be closed and reopened, and an admin port on loopback."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from idvault.registry.nppa import Credentials
from idvault_dev.mock_registry import notices, organization, population
from idvault_dev.mock_registry.admin import Admin
from idvault_dev.mock_registry.behaviour import Behaviour
from idvault_dev.mock_registry.counting import Counters, DayCaps
from idvault_dev.mock_registry.enterprise import EnterpriseLedger
from idvault_dev.mock_registry.ledger import Ledger
from idvault_dev.mock_registry.notices import NoticeLedger
from idvault_dev.mock_registry.wire import Callers, Memory, Wire

_LOOPBACK = "127.0.0.1"
_GRACE = 0.1


@dataclass(frozen=True, slots=True)
class Options:
    """Settings that a test can change; the defaults are the real interface's.

    keep_unheard: whether the result of a check whose answer was lost can be queried. former_secret_key:
    accepted beside the current one. allowed_addresses: None allows all. Caps: calls per second (check, query)
    and checks per day (name, number).
    """

    keep_unheard: bool = True
    former_secret_key: str | None = None
    allowed_addresses: frozenset[str] | None = None
    check_cap: int = 100
    query_cap: int = 300
    name_cap: int = 500
    number_cap: int = 1000


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the mock registry listens. notice_key: with which it signs notices, as the setting has it."""

    base_url: str
    admin_url: str
    notice_key: str


class Port:
    """A port that can be closed, which also cuts its connections, and reopened under the same number."""

    def __init__(
        self, *, handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], host: str, port: int
    ) -> None:
        """Set up without opening; port 0 takes a free one when first opened."""
        self._handler = handler
        self._host = host
        self._runner: web.ServerRunner | None = None
        self._lock = asyncio.Lock()
        self.number = port

    async def listen(self, wanted: bool) -> None:
        """Open or close the port; does nothing if it already is."""
        async with self._lock:
            if wanted and self._runner is None:
                await self._open()
            elif not wanted and self._runner is not None:
                runner, self._runner = self._runner, None
                await runner.cleanup()

    async def _open(self) -> None:
        # A caller that disconnects cancels its handler, so that hanging ones do not pile up.
        server = web.Server(self._handler, handler_cancellation=True, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=_GRACE)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self.number, reuse_address=True).start()
        except OSError:
            await runner.cleanup()
            raise
        self.number = runner.addresses[0][1]
        self._runner = runner


async def run(
    *,
    host: str,
    port: int,
    admin_port: int,
    app_id: str,
    biz_id: str,
    secret_key: str,
    population_path: Path,
    latency_ms: int,
    ready: Callable[[Addresses], None],
    stop: asyncio.Event,
    options: Options | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Serve until stop is set; ready receives the addresses once both ports listen. Port 0 takes a free one.

    Creates the population file if it is missing. Raises OSError if a port is taken, PopulationError if the
    file is damaged, and NppaWireError if a secret key is not 32 hex digits.
    """
    options = options or Options()
    memory = _memory(population_path, options, secret_key)
    behaviour = Behaviour(latency_ms=latency_ms)
    keys = [secret_key] + ([options.former_secret_key] if options.former_secret_key else [])
    wire = Wire(
        memory=memory,
        behaviour=behaviour,
        callers=Callers(tuple(Credentials(app_id, biz_id, key) for key in keys), options.allowed_addresses),
        check_cap=options.check_cap,
        query_cap=options.query_cap,
        clock=clock,
    )
    public = Port(handler=wire.handle, host=host, port=port)
    admin = Admin(memory=memory, behaviour=behaviour, lift_bans=wire.reset, listen=public.listen, clock=clock)
    await _serve(public, admin, host=host, admin_port=admin_port, ready=ready, stop=stop)


def _memory(path: Path, options: Options, secret_key: str) -> Memory:
    if not path.exists():
        population.save(path, people=population.generate(), organizations=organization.generate())
    counters, caps = Counters(), DayCaps(name=options.name_cap, number=options.number_cap)
    return Memory(
        counters,
        Ledger(people=population.load(path), keep_unheard=options.keep_unheard, caps=caps, counters=counters),
        EnterpriseLedger(
            organizations=organization.load(path),
            keep_unheard=options.keep_unheard,
            caps=caps,
            counters=counters,
        ),
        NoticeLedger(key=notices.key_of(secret_key), file=path),
    )


async def _serve(
    public: Port,
    admin: Admin,
    *,
    host: str,
    admin_port: int,
    ready: Callable[[Addresses], None],
    stop: asyncio.Event,
) -> None:
    runner = web.AppRunner(admin.application(), access_log=None, shutdown_timeout=_GRACE)
    await runner.setup()
    try:
        await public.listen(True)
        await web.TCPSite(runner, _LOOPBACK, admin_port, reuse_address=True).start()
        admin_url = f"http://{_LOOPBACK}:{runner.addresses[0][1]}"
        ready(Addresses(f"http://{host}:{public.number}", admin_url, admin.memory.notices.public_key))
        await stop.wait()
    finally:
        await runner.cleanup()
        await public.listen(False)
