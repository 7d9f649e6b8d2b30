"""Both wires of a mock registry behind one interface: each mode is tested on both. All data is synthetic."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from idvault.registry.enterprise import EnterpriseRegistry
from idvault.registry.nppa import Credentials, NppaRegistry
from idvault.registry.ports import CallTurn, Registry, Reserved
from idvault.registry.wrapped import WrappedRegistry
from idvault_dev.mock_registry.server import Options
from idvault_verify.claim import Identity
from idvault_verify.document import Document, DocumentType
from idvault_verify.registry import RegistryAnswer
from tests.support.mock_registry import CREDENTIALS, Running, ai, real_time, running

WIRES = ("nppa", "enterprise")
_PATIENCE = 10.0
_TYPES = {"people": DocumentType.RESIDENT_ID, "organizations": DocumentType.UNIFIED_SOCIAL_CREDIT_CODE}


class Uncapped(WrappedRegistry[Registry]):
    """A registry whose calls need no slot (registry.ports.CappedRegistry)."""

    def turn(self, *, patience: float) -> CallTurn | None:
        return None

    async def check(
        self, *, ai: str, identity: Identity, patience: float, reserved: Reserved | None = None
    ) -> RegistryAnswer:
        return await self.inner.check(ai=ai, identity=identity, patience=patience)

    async def query(self, *, ai: str, patience: float) -> RegistryAnswer:
        return await self.inner.query(ai=ai, patience=patience)

    async def probe(self, *, ai: str, patience: float, reserved: Reserved | None = None) -> RegistryAnswer:
        return await self.inner.probe(ai=ai, patience=patience)


@dataclass(frozen=True)
class RegistrySession:
    """A running mock registry and the adapter of one of its wires."""

    registry: Running
    adapter: Registry
    kind: str

    async def check(self, number: int, who: Identity, *, adapter: Registry | None = None) -> RegistryAnswer:
        """Send a check; the number determines its id."""
        return await (adapter or self.adapter).check(ai=ai(number), identity=who, patience=_PATIENCE)

    async def ask_again(self, number: int, who: Identity) -> RegistryAnswer:
        """Ask for a check's outcome, as settling does: by query or by the same check."""
        if not self.adapter.can_query:
            return await self.check(number, who)
        return await self.adapter.query(ai=ai(number), patience=_PATIENCE)

    def known(self, kind: str = "ordinary", *, index: int = 0, name: str = "name") -> Identity:
        """Return one of the registry's entries of a kind; name: which of its names to use."""
        entries = json.loads(self.registry.population.read_text("utf-8"))[self.kind]
        found = [entry for entry in entries if entry["kind"] == kind][index]
        return Identity(
            found[name],
            Document(_TYPES[self.kind], found["number"]),
            _representative(found) if self.kind == "organizations" else None,
        )

    async def count(self, name: str) -> int:
        return (await self.registry.counters())[name]


def _representative(entry: dict[str, str]) -> Identity:
    document = Document(DocumentType.RESIDENT_ID, entry["representative_number"])
    return Identity(entry["representative_name"], document)


def adapter(
    wire: str, at: str, *, credentials: Credentials = CREDENTIALS, ahead: float = 0
) -> NppaRegistry | EnterpriseRegistry:
    """Return an adapter of a wire; ahead: by how many seconds its clock is fast."""

    def clock() -> datetime:
        return real_time() + timedelta(seconds=ahead)

    if wire == "enterprise":
        return EnterpriseRegistry(base=at, credentials=credentials, clock=clock, development=True)
    return NppaRegistry(check_base=at, query_base=at, credentials=credentials, clock=clock, development=True)


@asynccontextmanager
async def registry_session(
    folder: Path, wire: str, *, options: Options | None = None
) -> AsyncIterator[RegistrySession]:
    """Run a mock registry with an adapter of one wire."""
    async with running(folder, options=options) as registry:
        made = adapter(wire, registry.addresses.base_url)
        try:
            yield RegistrySession(registry, made, "people" if wire == "nppa" else "organizations")
        finally:
            await made.close()
