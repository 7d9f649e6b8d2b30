"""SessionService over a real channel and a real database, called by both clients."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import idvault_client
from idvault.core.db.database import Database
from idvault_client import AccessDenied, InvalidFields, NotFound, PreconditionFailed, RequestIdReused
from idvault_client.backend.rpc import rpc
from idvault_client.sessions import ContestState, SessionPurpose, SessionState
from idvault_verify import secret
from idvault_verify.v1 import contest_pb2, identity_pb2
from idvault_verify.v1 import session_pb2 as pb
from tests.support.both_clients import AskClient, connected
from tests.support.session_edge import SERVICE, SessionEdge, served
from tests.support.session_world import BASE_URL, RETURN_URL, TERMS, SessionWorld, browser_key
from tools.support.builders import TOKEN
from tools.support.databases import Databases
from tools.support.flow_world import command
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


async def test_a_backend_makes_an_identity_session(
    ask: AskClient, edge: SessionEdge, world: SessionWorld
) -> None:
    """For an account of its own, in a language; the platform sees states of the session and nothing else."""
    token = await world.moderation.account()
    request_id = uuid4()
    made = await ask("create_identity", token, return_url=RETURN_URL, request_id=request_id)
    assert await ask("create_identity", token, return_url=RETURN_URL, request_id=request_id) == made
    await redeem(edge, made.url)
    await ask("bind", made.session_id, secret.bind_code(browser_key(), session_id=made.session_id))
    found = await ask("get", made.session_id)
    assert (found.state, found.verification) == (SessionState.BOUND, None)
    with pytest.raises(NotFound):
        await ask("create_identity", TOKEN, return_url=RETURN_URL)
    with pytest.raises(InvalidFields):
        await ask("create_identity", token, return_url="https://evil.example/")


async def test_a_backend_files_and_decides_contests(ask: AskClient, world: SessionWorld) -> None:
    """Both clients: file, list, read with the text, decide; the text is in no repr."""
    claim = await world.claims.verify(command())
    filed = await ask("contest", claim.account.account_token, claim.claim_id, "not me (synthetic)")
    assert (filed.state, filed.verification_id, filed.text) == (ContestState.FILED, claim.claim_id, "")
    page = await ask("list_contests", account_token=filed.account_token, state=ContestState.FILED)
    assert page.contests == (filed,)
    found = await ask("get_contest", filed.contest_id)
    assert found.text == "not me (synthetic)"
    assert "synthetic" not in repr(found)
    key = await world.moderation.moderator(1)
    decided = await ask("decide_contest", filed.contest_id, ContestState.REJECTED, "it was you", key=key)
    assert (decided.state, decided.reason) == (ContestState.REJECTED, "it was you")
    assert decided.decide_time is not None
    with pytest.raises(PreconditionFailed):
        await ask("decide_contest", filed.contest_id, ContestState.UPHELD, "again", key=key)


async def test_refusals_have_their_reasons(ask: AskClient, edge: SessionEdge) -> None:
    """Unknown sessions, wrong codes, wrong fields and a request id with another body."""
    made = await ask("create", **TERMS_OF, request_id=(request_id := uuid4()))
    with pytest.raises(RequestIdReused):
        await ask("create", **{**TERMS_OF, "policy_version": "terms-4"}, request_id=request_id)
    with pytest.raises(InvalidFields) as wrong:
        await ask("create", **{**TERMS_OF, "return_url": "https://evil.example/"})
    assert dict(wrong.value.items()) == {"return_url": "CHARACTER"}
    with pytest.raises(InvalidFields):
        await ask("create", **TERMS_OF, purpose=SessionPurpose.RENEWAL)
    await redeem(edge, made.url)
    for session_id, code in ((made.session_id, "0" * 26), ("0" * 32, "0" * 26)):
        with pytest.raises(NotFound) as missing:
            await ask("bind", session_id, code)
        assert missing.value.reason == "SESSION_NOT_FOUND"
    with pytest.raises(InvalidFields):
        await ask("bind", made.session_id, "short")
    for session_id in ("", "x"):
        with pytest.raises(InvalidFields):
            await ask("get", session_id)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("GetSessionLink", pb.GetSessionLinkRequest(link_code="0" * 26)),
        ("RedeemSession", pb.RedeemSessionRequest()),
        ("GetSessionPage", pb.GetSessionPageRequest()),
        ("AgreeToTerms", pb.AgreeToTermsRequest()),
        ("AnswerInvitation", pb.AnswerInvitationRequest()),
        ("SubmitIdentity", pb.SubmitIdentityRequest()),
        ("GetIdentity", identity_pb2.GetIdentityRequest()),
        ("GetIdentityHistory", identity_pb2.GetIdentityHistoryRequest()),
        ("GetIdentityReceipt", identity_pb2.GetIdentityReceiptRequest()),
        ("AppealFromSession", identity_pb2.AppealFromSessionRequest()),
        ("ContestFromSession", contest_pb2.ContestFromSessionRequest()),
    ],
)
async def test_a_platform_cannot_act_for_a_browser(edge: SessionEdge, method: str, message: Any) -> None:
    """The methods of the pages are for the role web only."""
    with pytest.raises(AccessDenied):
        await page_of(edge, method, message, tls=edge.platform)


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
    for kind, name, expected in (
        (0, "金丝雀", {"document.type": "REQUIRED"}),
        (9, "金丝雀", {"document.type": "CHARACTER"}),
        (1, "☃", {"real_name": "CHARACTER", "document.number": "REQUIRED"}),
        (4, "", {"organization_name": "REQUIRED", "document.number": "REQUIRED"}),
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
