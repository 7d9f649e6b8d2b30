"""Promise 11: each method on each edge with each role and kind of certificate, over real TLS."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import ServiceDescriptor

from idvault.core.edge.access import Access, Directory, Pin
from idvault.core.edge.certificates import Tls
from idvault.core.edge.server import GrpcServer, Service
from idvault.core.telemetry.logs import Logs
from idvault.core.telemetry.metrics import Metrics
from idvault_verify.error import NotFoundError, Reason
from tests.test_proto_contract import SERVICES, SERVICES_OF, WHO_MAY_CALL
from tools.support.authority import TRUST_DOMAIN, Authority, Issued, spiffe
from tools.support.edge import FakePlatforms, clock, platform, refused
from tools.support.sampling import sampled

ROLES = (
    "platform", "auditor", "custodian", "operator", "authority", "monitor", "web", "moderator", "registry",
)  # fmt: skip
DAY = timedelta(days=1)
# The result for each kind of certificate, for every method and role.
NO_CONNECTION = ("UNAVAILABLE", "")
DENIED = ("PERMISSION_DENIED", "ACCESS_DENIED")
REACHED = ("NOT_FOUND", "REQUEST_NOT_FOUND")
NOT_SERVED = ("UNIMPLEMENTED", "")
ALL = [f"{service.name}.{method.name}" for service in SERVICES for method in service.methods]
ONE_OF_EACH = [f"{service.name}.{service.methods[0].name}" for service in SERVICES]
WRONG = {
    "no certificate": NO_CONNECTION,
    "wrong authority": NO_CONNECTION,
    "expired": NO_CONNECTION,
    "not yet valid": NO_CONNECTION,
    "revoked": DENIED,
    "two names": DENIED,
    "no name": DENIED,
    "other key": DENIED,
    "unknown name": DENIED,
    "other trust domain": DENIED,
    "name in capitals": DENIED,
    "name of another role": DENIED,
}


class Reached:
    """Answers each method of a service with REQUEST_NOT_FOUND, and records that it was reached."""

    def __init__(self, descriptor: ServiceDescriptor, reached: list[str]) -> None:
        for method in descriptor.methods:
            answer = self._stream if method.server_streaming else self._one
            setattr(self, method.name, answer(method.full_name, reached))

    @staticmethod
    def _one(name: str, reached: list[str]) -> Any:
        async def answer(_request: Any, **_facts: Any) -> Any:
            reached.append(name)
            raise NotFoundError(Reason.REQUEST_NOT_FOUND)

        return answer

    @staticmethod
    def _stream(name: str, reached: list[str]) -> Any:
        async def answer(_request: Any, **_facts: Any) -> AsyncGenerator[Any, None]:
            reached.append(name)
            if reached:
                raise NotFoundError(Reason.REQUEST_NOT_FOUND)
            yield None

        return answer


class Gate:
    """One edge with every method it serves, and the registered callers."""

    def __init__(self, authority: Authority, services: list[ServiceDescriptor], log: Path) -> None:
        self.authority = authority
        self.reached: list[str] = []
        self.platforms = FakePlatforms()
        self.people: list[Pin] = []
        self.directory = Directory(
            platforms=self.platforms, people=lambda: self.people, clock=lambda: datetime.now(UTC)
        )
        issued = authority.server()
        self.logs = Logs(process="serve-0", path=log)
        self.server = GrpcServer(
            listen="127.0.0.1:0",
            tls=Tls(issued.certificate, issued.key, authority.ca),
            services=[Service(found, Reached(found, self.reached)) for found in services],
            access=Access(directory=self.directory, trust_domain=TRUST_DOMAIN),
            metrics=Metrics(),
            access_log=self.logs.access,
            clock=clock,
        )

    async def register(self, issued: Issued, role: str, *, revoked: bool = False) -> None:
        """Register a key as "somebody" in a role, as platforms and people are registered; or take it away."""
        self.platforms.platforms, self.people[:] = [], []
        if role not in ("platform", "monitor"):
            self.people += [] if revoked else [Pin("somebody", role, "33" * 16, issued.spki)]
        else:
            made = platform(issued, name="somebody", role=role)
            self.platforms.platforms = [made]
            if revoked:
                await self.platforms.revoke(name=made.name, spki=made.spki, now=clock())
        await self.directory.load()

    async def answers(self, certificate: Issued | None, methods: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Call methods one by one with a certificate; return code and reason of each."""
        credentials = grpc.ssl_channel_credentials(
            self.authority.ca,
            certificate.key if certificate else None,
            certificate.certificate if certificate else None,
        )
        options = (("grpc.enable_retries", 0), ("grpc.use_local_subchannel_pool", 1))
        async with grpc.aio.secure_channel(f"localhost:{self.server.port}", credentials, options) as channel:
            told = [await refused(channel, _path(name), b"") for name in methods]
        assert not [each for each in told if "somebody" in each.raw]
        return {name: (each.code.name, each.reason) for name, each in zip(methods, told, strict=True)}


def _path(name: str) -> str:
    service, _, method = name.partition(".")
    return f"/idvault.v1.{service}/{method}"


@asynccontextmanager
async def gate(edge: str, folder: Path) -> AsyncIterator[Gate]:
    """Serve an edge during the block."""
    served = [service for service in SERVICES if service.name in SERVICES_OF[edge]]
    made = Gate(Authority(), served, folder / "serve.jsonl")
    await made.server.start()
    try:
        yield made
    finally:
        await made.server.stop(grace=1.0, linger=0.0)
        made.logs.close()


def written(edge: str, role: str) -> dict[str, tuple[str, str]]:
    """Return the table's row for a valid certificate."""
    return {
        name: (REACHED if f"ROLE_{role.upper()}" in roles else DENIED)
        if name.partition(".")[0] in SERVICES_OF[edge]
        else NOT_SERVED
        for name, roles in WHO_MAY_CALL.items()
    }


def _wrong(kind: str, role: str, authority: Authority, right: Issued) -> Issued | None:
    name = spiffe(role, "somebody")
    other = ROLES[(ROLES.index(role) + 1) % len(ROLES)]
    made: dict[str, Callable[[], Issued | None]] = {
        "no certificate": lambda: None,
        "wrong authority": lambda: Authority().client(name),
        "expired": lambda: authority.client(name, starts=-2 * DAY, ends=-DAY),
        "not yet valid": lambda: authority.client(name, starts=DAY / 2, ends=DAY),
        "two names": lambda: authority.client(name, spiffe(other, "somebody")),
        "no name": lambda: authority.client(others=("somebody.test",)),
        "other key": lambda: authority.client(name),
        "unknown name": lambda: authority.client(spiffe(role, "nobody")),
        "other trust domain": lambda: authority.client(spiffe(role, "somebody", "elsewhere.test")),
        "name in capitals": lambda: authority.client(spiffe(role, "Somebody")),
        "name of another role": lambda: authority.client(spiffe(other, "somebody")),
    }
    return made.get(kind, lambda: right)()


@pytest.mark.parametrize("edge", SERVICES_OF)
@pytest.mark.parametrize("role", ROLES)
async def test_the_table_is_what_happens(edge: str, role: str, tmp_path: Path) -> None:
    """With a valid certificate each method answers as in the table; an invalid one reaches no method."""
    async with gate(edge, tmp_path) as at:
        right = at.authority.client(spiffe(role, "somebody"))
        await at.register(right, role)
        expected = written(edge, role)
        assert await at.answers(right, ALL) == expected
        assert len(at.reached) == sum(answer == REACHED for answer in expected.values())
        at.reached.clear()
        for turn, (kind, outcome) in enumerate(WRONG.items()):
            certificate = _wrong(kind, role, at.authority, right)
            # An invalid certificate may have a valid name, or even a valid key.
            pinned = (
                certificate if kind in ("two names", "no name", "other trust domain", "revoked") else None
            )
            await at.register(pinned or right, role, revoked=kind == "revoked")
            # Without a connection no method is named, and what an edge does not serve has no method to reach:
            # there, one method of each service is enough.
            served = (
                set() if outcome == NO_CONNECTION else {name for name in ALL if expected[name] != NOT_SERVED}
            )
            tried = sampled(sorted(served), 3, turn=turn, kind=lambda name: name.partition(".")[0])
            methods = [name for name in ALL if name in tried or name in ONE_OF_EACH]
            told = {
                name: NOT_SERVED if expected[name] == NOT_SERVED and outcome == DENIED else outcome
                for name in methods
            }
            assert await at.answers(certificate, methods) == told, kind
        assert not at.reached


def test_every_method_is_served_by_one_edge() -> None:
    """The table of edges has every service exactly once."""
    assert sorted(name for names in SERVICES_OF.values() for name in names) == sorted(
        service.name for service in SERVICES
    )
