"""The hosted pages in this process, in front of a real edge and a real database."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from idvault.core.db.database import Database
from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.core.telemetry.traces import Traces
from idvault.web.app import Pages
from idvault.web.edge import EdgeConnections, connect
from idvault.web.limits import Buckets, InquiryLimits, ReportLimits
from idvault.web.server import LARGE_FORMS, options, whole
from idvault_client import aio
from idvault_verify.session import Proof
from tests.support import closing
from tests.support.contact_world import ContactWorld
from tests.support.session_edge import SERVICE, WEB, SessionEdge, served
from tests.support.session_world import BASE_URL, RETURN_URL, TERMS, SessionWorld
from tests.support.tip_off_world import TipOffWorld, key_files
from tests.web.browser import Browser
from tools.support.browser import SHARED
from tools.support.builders import ZONE
from tools.support.databases import Databases
from tools.support.edge import clock
from tools.support.fakes.provider import FakeProofProvider
from tools.support.in_process import InProcessChannel
from tools.support.sanction_world import ACTOR


@dataclass
class Site:
    """Pages, their edge, and browsers that visit them. tip_offs: the same platform's reports.

    folder: where keys are.
    """

    world: SessionWorld
    tip_offs: TipOffWorld
    edge: SessionEdge
    platform: aio.Vault
    pages: Pages
    server: TestServer
    folder: Path
    browsers: list[TestClient[web.Request, web.Application]] = field(default_factory=list)

    async def browser(self, **headers: str) -> Browser:
        """Return a browser without cookies."""
        client = TestClient(self.server, cookie_jar=CookieJar(unsafe=True, treat_as_secure_origin=[]))
        self.browsers.append(client)
        return Browser(client, headers)

    async def sends_codes(self) -> ContactWorld:
        """Let a worker offer codes, before the first visit; return it."""
        made = ContactWorld(self.tip_offs, self.folder, clock=lambda _: clock())
        await made.rotate()
        assert await made.offer()
        return made

    async def link(self, **changes: Any) -> Any:
        """Let the platform make a session."""
        given: dict[str, Any] = {"return_url": RETURN_URL, "policy_version": "terms-3", "policy_text": TERMS}
        return await self.platform.sessions.create(**{**given, **changes})


NO_LIMITS = InquiryLimits(narrow=Buckets(burst=10**9, per_second=0), wide=Buckets(burst=10**9, per_second=0))


def limits_of(**bursts: float) -> ReportLimits:
    """Return limits of reports with so much in some buckets for ever, and more than enough in the others."""
    names = [each.name for each in fields(ReportLimits)]
    return ReportLimits(**{name: Buckets(burst=bursts.get(name, 10**9), per_second=0) for name in names})


def direct(services: list[Service]) -> EdgeConnections:
    """Return what calls methods in this process, for tests that send the pages thousands of forms."""
    caller = Caller(WEB, "web", ACTOR)
    channel = InProcessChannel(services=lambda: services, caller=caller, now=clock)
    return EdgeConnections([aio.Vault(cast(grpc.aio.Channel, channel), timeout=60)])


@asynccontextmanager
async def site_of(
    world: SessionWorld,
    folder: Path,
    *,
    reports: ReportLimits | None = None,
    inquiries: InquiryLimits | None = None,
    silence: float = 30,
    calls_methods: bool = False,
    traces: Traces | None = None,
    **changes: Any,
) -> AsyncIterator[Site]:
    """Serve the pages of a world. reports: limits of reports, in place of the usual ones. silence: as served.

    inquiries: limits of proofs on the operator's page, in place of none. calls_methods: the pages call the
    edge's methods without a network. traces: of the edge's calls. changes: of the pages.
    """
    tip_offs = TipOffWorld(world.database, key_files(folder), sanctions=world.moderation)
    services = [Service(SERVICE, world.servicer), world.inquiries, tip_offs.form_service]
    async with (
        served(world, folder, services=services[2:], traces=traces) as edge,
        direct(services) if calls_methods else connect(edge.target, tls=edge.web, timeout=60) as vault,
        aio.connect(edge.target, tls=edge.platform, timeout=60) as platform,
    ):
        pages = Pages(
            vault=vault,
            base_url=BASE_URL,
            large_forms=LARGE_FORMS,
            **changes,
        )
        server = TestServer(
            whole(
                pages,
                zone=ZONE,
                limits_of_reports=reports,
                limits_of_inquiries=inquiries or NO_LIMITS,
            )
        )
        await server.start_server(**options(silence=silence))
        site = Site(world, tip_offs, edge, platform, pages, server, folder)
        try:
            yield site
        finally:
            for each in site.browsers:
                await each.session.close()
            await closing.close(server)


@pytest.fixture(scope="session", autouse=True)
def _one_browser() -> Iterator[None]:
    """End the browser that the journeys share."""
    yield
    SHARED.close()


@pytest.fixture
async def world(sqlite_databases: Databases) -> AsyncIterator[SessionWorld]:
    """Return the flows with a new database."""
    database = Database(url=sqlite_databases.main_url)
    made = SessionWorld(database, provider=FakeProofProvider(datetime.now(UTC)))
    made.accepted = frozenset(Proof)
    await made.prepare()
    yield made
    await made.claims.verification.drain()
    await database.close()


@pytest.fixture
async def site(world: SessionWorld, tmp_path: Path) -> AsyncIterator[Site]:
    """Serve the pages."""
    async with site_of(world, tmp_path) as made:
        yield made
