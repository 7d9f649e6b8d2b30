"""A mock registry on free loopback ports, and helpers to talk to it. All people are synthetic."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from idvault.registry.nppa import Credentials, NppaRegistry
from idvault_dev.mock_registry import server
from idvault_dev.mock_registry.server import Addresses, Options
from idvault_verify.claim import Identity
from idvault_verify.document import Document, DocumentType

SECRET_KEY = "2836e95fcd10e04b0069bb1ee659955b"
CREDENTIALS = Credentials("test-appId", "test-bizId", SECRET_KEY)
FIXTURE = ("某一一", "110000190101010001")


def ai(number: int) -> str:
    """Return an id of 32 hex digits."""
    return f"{number:032x}"


def identity(name: str, number: str) -> Identity:
    """Return a resident's identity."""
    return Identity(name, Document(DocumentType.RESIDENT_ID, number))


def real_time() -> datetime:
    """Return the current real time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Running:
    """A running mock registry, its adapter, and an HTTP client."""

    addresses: Addresses
    adapter: NppaRegistry
    http: aiohttp.ClientSession
    population: Path

    async def behave(self, mode: str, **more: object) -> None:
        async with self.http.put(
            f"{self.addresses.admin_url}/behaviour", json={"mode": mode, **more}
        ) as answer:
            assert answer.status == 200, await answer.text()

    async def admin(self, method: str, path: str, content: object = None) -> tuple[int, Any]:
        """Call the admin port; return the HTTP status and the JSON."""
        async with self.http.request(method, self.addresses.admin_url + path, json=content) as answer:
            return answer.status, await answer.json()

    async def counters(self) -> dict[str, int]:
        _status, counters = await self.admin("GET", "/counters")
        assert isinstance(counters, dict)
        return counters


@asynccontextmanager
async def running(folder: Path, *, options: Options | None = None) -> AsyncIterator[Running]:
    """Run a mock registry without latency until the block ends."""
    stop, listening = asyncio.Event(), asyncio.Queue[Addresses]()
    task = asyncio.create_task(
        server.run(
            host="127.0.0.1",
            port=0,
            admin_port=0,
            app_id=CREDENTIALS.app_id,
            biz_id=CREDENTIALS.biz_id,
            secret_key=SECRET_KEY,
            population_path=folder / "population.json",
            latency_ms=0,
            ready=listening.put_nowait,
            stop=stop,
            options=options,
        )
    )
    addresses = await listening.get()
    adapter = adapter_for(addresses)
    async with aiohttp.ClientSession() as http:
        try:
            yield Running(addresses, adapter, http, folder / "population.json")
        finally:
            await adapter.close()
            stop.set()
            await task


def adapter_for(addresses: Addresses, *, credentials: Credentials = CREDENTIALS) -> NppaRegistry:
    return NppaRegistry(
        check_base=addresses.base_url,
        query_base=addresses.base_url,
        credentials=credentials,
        clock=real_time,
        development=True,
    )
