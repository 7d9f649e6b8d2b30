"""SessionService over a real channel and a real database, called by both clients."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import idvault_client
from idvault.core.db.database import Database
from idvault_client import AccessDenied, InvalidFields
from idvault_client.backend.rpc import rpc
from idvault_client.sessions import ContestState, SessionState
from idvault_verify import secret
from idvault_verify.v1 import session_pb2 as pb
from tests.support.both_clients import AskClient, connected
from tests.support.session_edge import SERVICE, SessionEdge, served
from tests.support.session_world import BASE_URL, RETURN_URL, TERMS, SessionWorld, browser_key
from tools.support.builders import TOKEN
from tools.support.databases import Databases
from tools.support.sanction_world import key_of

TERMS_OF: dict[str, Any] = {"return_url": RETURN_URL, "policy_version": "terms-3", "policy_text": TERMS}


@pytest.fixture
async def world(sqlite_databases: Databases) -> AsyncIterator[SessionWorld]:
    """Return the flows with a new database."""
    database = Database(url=sqlite_databases.main_url)
    made = SessionWorld(database)
    await made.prepare()
    yield made
    await made.claims.verification.drain()
    await database.close()


@pytest.fixture
async def edge(world: SessionWorld, tmp_path: Path) -> AsyncIterator[SessionEdge]:
    """Serve the flows."""
    async with served(world, tmp_path) as made:
        yield made


@pytest.fixture(params=["sync", "aio"])
async def ask(request: pytest.FixtureRequest, edge: SessionEdge) -> AsyncIterator[AskClient]:
    """The sessions of one of the two clients."""
    async with connected(request.param, edge.target, edge.platform, part="sessions") as made:
        yield made


async def page_of(edge: SessionEdge, method: str, message: Any, *, tls: idvault_client.Tls) -> pb.SessionPage:
    """Call a method of the pages."""
    async with idvault_client.aio.connect(edge.target, tls=tls) as client:
        return await client.run(rpc(SERVICE, method, message, pb.SessionPage.FromString))


async def redeem(edge: SessionEdge, url: str) -> pb.SessionPage:
    message = pb.RedeemSessionRequest(
        request_id=str(uuid4()), link_code=url.rpartition("/")[2], browser_key=browser_key()
    )
    return await page_of(edge, "RedeemSession", message, tls=edge.web)


async def test_a_backend_makes_binds_and_reads_a_session(ask: AskClient, edge: SessionEdge) -> None:
    """The link is only in the first answer, and the way on only in that of `bind`."""
    request_id = uuid4()
    made = await ask("create", **TERMS_OF, request_id=request_id)
    assert await ask("create", **TERMS_OF, request_id=request_id) == made
    assert made.url.startswith(f"{BASE_URL}/v/")
    assert made.url not in repr(made)
    assert (made.state, made.finished, made.verification) == (SessionState.NEW, False, None)
    await redeem(edge, made.url)
    code = secret.bind_code(browser_key(), session_id=made.session_id)
    bound = await ask("bind", made.session_id, code)
    assert (bound.state, bound.continue_url) == (SessionState.BOUND, f"{BASE_URL}/s/{made.session_id}")
    found = await ask("get", made.session_id)
    assert (found.state, found.succeeded, found.url) == (SessionState.BOUND, False, "")


async def test_ids_and_codes_are_named(edge: SessionEdge) -> None:
    """What is no session's id, and no browser's code, is refused by its field before a look-up."""
    async with idvault_client.aio.connect(edge.target, tls=edge.platform) as client:
        sessions = client.sessions
        for call, field, code in (
            (sessions.get(""), "session_id", "REQUIRED"),
            (sessions.get("x"), "session_id", "CHARACTER"),
            (sessions.bind("0" * 32, "short"), "bind_code", "LENGTH"),
        ):
            with pytest.raises(InvalidFields) as wrong:
                await call
            assert dict(wrong.value.items()) == {field: code}


async def test_the_web_process_reads_nothing_else(edge: SessionEdge) -> None:
    """With the role web, no session can be made, confirmed or read as its platform."""
    async with idvault_client.aio.connect(edge.target, tls=edge.web) as client:
        for refused in (
            client.sessions.create(**TERMS_OF),
            client.sessions.create_identity(TOKEN, return_url=RETURN_URL),
            client.sessions.bind("0" * 32, "0" * 26),
            client.sessions.get("0" * 32),
            client.sessions.contest(TOKEN, "0" * 32, "x"),
            client.sessions.get_contest("0" * 32),
            client.sessions.list_contests(),
            client.sessions.decide_contest("0" * 32, ContestState.UPHELD, "x", key=key_of(1).of("1" * 32)),
        ):
            with pytest.raises(AccessDenied):
                await refused


async def test_a_form_names_its_wrong_fields(edge: SessionEdge, world: SessionWorld) -> None:
    """A missing document type, a name with a symbol, an organisation without a name."""
    session_id = await world.agreed()
    of_organization = dict.fromkeys(
        ("organization_name", "document.number", "representative_document.type"), "REQUIRED"
    )
    for kind, name, expected in (
        (0, "金丝雀", {"document.type": "REQUIRED"}),
        (9, "金丝雀", {"document.type": "CHARACTER"}),
        (1, "☃", {"real_name": "CHARACTER", "document.number": "REQUIRED"}),
        (4, "", of_organization),
    ):
        message = pb.SubmitIdentityRequest(
            request_id=str(uuid4()),
            session_id=session_id,
            browser_key=browser_key(),
            attempt=1,
            real_name=name,
        )
        message.document.type = kind  # type: ignore[assignment]
        with pytest.raises(InvalidFields) as wrong:
            await page_of(edge, "SubmitIdentity", message, tls=edge.web)
        assert dict(wrong.value.items()) == expected
