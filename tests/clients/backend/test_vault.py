"""Both clients against a server with scripted answers."""

import asyncio
import inspect
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pkgutil import iter_modules
from typing import Any
from uuid import UUID

import grpc
import pytest

import idvault_client
import idvault_verify.v1
from idvault.core.edge.access import roles_of
from idvault_client import (
    Consent,
    DeadlineExceeded,
    FailureReason,
    InvalidFields,
    State,
    Tls,
    Unavailable,
    VaultError,
    resident_id,
    transport,
)
from idvault_client.backend.claim import Verification
from idvault_client.backend.status import Status
from idvault_client.campaigns import Batch, Invitation, LegacyAccount
from idvault_verify.v1 import common_pb2, status_pb2, verification_pb2
from tests.clients.vault_server import (
    NAME,
    NUMBER,
    REQUEST_ID,
    TOKEN,
    Authority,
    Hang,
    Refuse,
    VaultServer,
    status,
    verification,
)
from tests.support.both_clients import AskClient, connected
from tools.support import unsent
from tools.support.organizations import credit_code
from tools.support.sandbox import Person

CONSENT = Consent("terms-3", datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
DOWN = Refuse(grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")


async def verify(ask: AskClient, request_id: str | None = REQUEST_ID) -> Verification:
    """Verify the synthetic person."""
    answer = await ask("verify_individual", NAME, resident_id(NUMBER), consent=CONSENT, request_id=request_id)
    assert isinstance(answer, Verification)
    return answer


async def test_failed(ask: AskClient, server: VaultServer) -> None:
    """A mismatch is an answer with a text for the form."""
    server.outcomes = [verification("FAILED", failure="MISMATCH", account="REJECTED")]
    v = await verify(ask)
    assert v.failed
    assert not v.status.is_verified
    assert v.failure_reason is FailureReason.MISMATCH
    assert v.failure_reason.text("zh") == "姓名（名称）与证件号码不一致，请核对后重新提交。"


async def test_pending(ask: AskClient, server: VaultServer) -> None:
    """A pending claim says how long to wait, and is looked up by its id alone."""
    server.outcomes = [verification("PENDING", retry_after=7, account="PENDING")]
    v = await ask("get_verification", UUID(REQUEST_ID))
    assert v.pending
    assert v.retry_after == timedelta(seconds=7)
    assert v.status.state is State.PENDING
    asked = verification_pb2.GetVerificationRequest.FromString(server.asked[0].body)
    assert asked == verification_pb2.GetVerificationRequest(request_id=REQUEST_ID)


async def test_pending_without_a_wait(ask: AskClient, server: VaultServer) -> None:
    """A pending claim always has a wait greater than zero."""
    server.outcomes = [verification("PENDING", account="PENDING")]
    assert (await ask("get_verification", REQUEST_ID)).retry_after == timedelta(seconds=5)


async def test_default_deadline(ask: AskClient, server: VaultServer) -> None:
    """A call without a timeout has the default deadline."""
    server.outcomes, begun = [status()], time.monotonic()
    await ask("get_status", TOKEN)
    left = server.asked[0].seconds_left
    assert transport.DEFAULT_TIMEOUT - (time.monotonic() - begun) - 0.1 < left <= transport.DEFAULT_TIMEOUT


@pytest.mark.parametrize("kind", ["sync", "aio"])
async def test_deadline_ends_a_call(kind: str, server: VaultServer, tls: Tls) -> None:
    """A server that never answers raises DeadlineExceeded, with the request id to repeat."""
    server.outcomes = [Hang()]
    async with connected(kind, server.target, tls, server_name="localhost", timeout=0.5) as ask:
        # On a slow machine the deadline may pass before the server is asked.
        while not server.asked:
            with pytest.raises(DeadlineExceeded) as caught:
                await ask("verify_individual", NAME, resident_id(NUMBER), consent=CONSENT)
    assert UUID(caught.value.request_id).version == 4
    assert _id_of(server.asked[-1].body) == caught.value.request_id


async def test_retry_sends_the_same_bytes(ask: AskClient, server: VaultServer) -> None:
    """After Unavailable, or from an edge that stops, the call is repeated with the same id and bytes."""
    stopping = Refuse(grpc.StatusCode.CANCELLED)
    server.outcomes = [DOWN, stopping, lambda body: verification(request_id=_id_of(body))]
    v = await verify(ask, request_id=None)
    assert v.succeeded
    assert len(server.asked) == 3
    assert len({asked.body for asked in server.asked}) == 1
    assert _id_of(server.asked[0].body) == v.request_id


def _id_of(body: bytes) -> str:
    return verification_pb2.VerifyIndividualRequest.FromString(body).request_id


async def test_retries_end(ask: AskClient, server: VaultServer) -> None:
    """A server that stays unavailable is given up, and the error has reason and request id."""
    server.outcomes = [DOWN]
    with pytest.raises(Unavailable) as caught:
        await verify(ask)
    assert (caught.value.reason, caught.value.code) == ("STORE_UNAVAILABLE", "UNAVAILABLE")
    assert caught.value.request_id == REQUEST_ID
    attempts = transport.SERVICE_CONFIG["methodConfig"][0]["retryPolicy"]["maxAttempts"]  # type: ignore[index]
    assert len(server.asked) == attempts


def test_every_service_of_a_platform_is_retried() -> None:
    """Its methods are idempotent, so a new service that is left out is a mistake."""
    names = [each.name for each in iter_modules(idvault_verify.v1.__path__) if each.name.endswith("_pb2")]
    of_platforms = {
        service.name
        for name in names
        for service in import_module(f"idvault_verify.v1.{name}").DESCRIPTOR.services_by_name.values()
        if any("platform" in roles_of(method) for method in service.methods)
    }
    assert of_platforms == set(transport.PLATFORM_SERVICES)


async def test_refusals_are_not_retried(ask: AskClient, server: VaultServer) -> None:
    """Only unavailability is retried."""
    server.outcomes = [Refuse(grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_ATTEMPTS")]
    with pytest.raises(idvault_client.TooManyAttempts):
        await verify(ask)
    assert len(server.asked) == 1


@pytest.mark.parametrize("count", [1, 1000, 1001, 2500])
async def test_batches(ask: AskClient, server: VaultServer, count: int) -> None:
    """More than 1,000 accounts are read in several calls, in order, and returned as one answer."""
    tokens = [f"acct_{number:026d}" for number in range(count)]

    def answer(body: bytes) -> status_pb2.BatchGetStatusesResponse:
        asked = status_pb2.BatchGetStatusesRequest.FromString(body).account_tokens
        return status_pb2.BatchGetStatusesResponse(
            statuses=[status(token) for token in asked if not token.endswith("7")],
            unknown_account_tokens=[token for token in asked if token.endswith("7")],
        )

    server.outcomes = [answer]
    found = await ask("batch_get_statuses", [*tokens, *tokens])
    assert [each.account_token for each in found.statuses] == [t for t in tokens if not t.endswith("7")]
    assert list(found.unknown_account_tokens) == [token for token in tokens if token.endswith("7")]
    assert found.by_token[tokens[0]].is_verified
    assert len(server.asked) == -(-count // 1000)


async def test_empty_batch(ask: AskClient, server: VaultServer) -> None:
    """Without accounts there is no call."""
    found = await ask("batch_get_statuses", [])
    assert (found.statuses, found.unknown_account_tokens, server.asked) == ((), (), [])


async def test_batch_of_one_text(ask: AskClient) -> None:
    """A single token given as a string is refused."""
    with pytest.raises(TypeError, match="several tokens"):
        await ask("batch_get_statuses", TOKEN)


@pytest.mark.parametrize(
    ("state", "standing", "badge"),
    [
        ("VERIFIED", "GOOD", True),
        ("VERIFIED", "RENEWAL_SUSPENDED", True),
        ("VERIFIED", "CLOSED", False),
        ("VERIFIED", "UNSPECIFIED", False),
        ("EXPIRED", "GOOD", False),
        ("UNVERIFIED", "GOOD", False),
        ("ERASED", "GOOD", False),
    ],
)
async def test_badge(ask: AskClient, server: VaultServer, state: str, standing: str, badge: bool) -> None:
    """Only a verified account that is not closed has the badge."""
    server.outcomes = [status(state=state, standing=standing)]
    found = await ask("get_status", TOKEN)
    assert isinstance(found, Status)
    assert found.is_verified is badge


async def test_values_of_a_newer_server(ask: AskClient, server: VaultServer) -> None:
    """Unknown values never give a badge and never end a claim."""
    newer = verification()
    newer.state = 99  # type: ignore[assignment]
    newer.failure_reason = 99  # type: ignore[assignment]
    newer.status.state = 99  # type: ignore[assignment]
    server.outcomes = [newer]
    v = await ask("get_verification", REQUEST_ID)
    assert (v.state, v.pending, v.status.state, v.status.is_verified) == (None, True, None, False)
    assert v.failure_reason.text("en")


@pytest.mark.parametrize("answer", [b"\xff\xff", b"", common_pb2.AccountStatus(verify_date=TOKEN)])
async def test_broken_answer(
    ask: AskClient, server: VaultServer, answer: bytes | common_pb2.AccountStatus
) -> None:
    """An answer that breaks the contract raises a VaultError without its content."""
    server.outcomes = [answer]
    with pytest.raises(VaultError) as caught:
        await ask("get_status", TOKEN)
    assert (caught.value.reason, caught.value.code) == (None, "INTERNAL")
    assert caught.value.__context__ is None
    assert TOKEN not in str(caught.value)


async def test_nothing_personal_leaves(ask: AskClient, server: VaultServer) -> None:
    """Even if a server echoes the input, an error shows no name or number and chains no exception."""
    echo = f"{NAME} {NUMBER}"
    server.outcomes = [
        Refuse(grpc.StatusCode.INVALID_ARGUMENT, echo, [(echo, NUMBER), ("real_name", echo)], text=echo)
    ]
    with pytest.raises(InvalidFields) as caught:
        await verify(ask)
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    for shown in (str(error), repr(error), repr(error.__dict__), repr(error.args), error.text("zh")):
        assert NAME not in shown
        assert NUMBER not in shown


@pytest.mark.parametrize(
    ("name", "number", "field"), [("\ud800" + NAME, NUMBER, "real_name"), (NAME, "\udfff", "document.number")]
)
async def test_text_that_is_no_text(
    ask: AskClient, server: VaultServer, name: str, number: str, field: str
) -> None:
    """A lone surrogate is refused before it is sent, without the surrounding text."""
    with pytest.raises(InvalidFields) as caught:
        await ask("verify_individual", name, resident_id(number), consent=CONSENT)
    assert dict(caught.value) == {field: "CHARACTER"}
    assert caught.value.__context__ is None
    assert server.asked == []


async def test_value_of_another_type(ask: AskClient) -> None:
    """A number that is not a string is refused without showing it."""
    with pytest.raises(TypeError, match=r"^document\.number must be a str$"):
        await ask("verify_individual", NAME, resident_id(110000190101010001), consent=CONSENT)  # type: ignore[arg-type]


def test_repr_shows_no_person() -> None:
    """The repr of documents, calls, imported accounts and invitations shows no values."""
    assert credit_code() not in repr(idvault_client.unified_social_credit_code(credit_code()))
    assert "user-1" not in repr(LegacyAccount("user-1", "2012-05-01"))
    invitation = Invitation(TOKEN, None, None, None, True, 1, "", "0" * 26, None, None, None)
    assert "0" * 26 not in repr(Batch((invitation,), None))
    call = unsent.verification(Person(NAME, NUMBER), consent=CONSENT)
    for shown in (repr(resident_id(NUMBER)), repr(call)):
        assert NAME not in shown
        assert NUMBER not in shown
        assert NAME.encode().hex() not in shown.lower()


def test_documents_have_their_type() -> None:
    """Each kind of document is sent with its type."""
    made = (
        resident_id(NUMBER),
        idvault_client.residence_permit("810000199408230021"),
        idvault_client.foreign_permanent_resident("911398199012310021"),
    )
    kinds = [document.type.value for document in made]
    assert kinds == ["RESIDENT_ID", "RESIDENCE_PERMIT", "FOREIGN_PERMANENT_RESIDENT"]


def test_consent_needs_a_zone() -> None:
    """A consent time without a time zone is refused."""
    with pytest.raises(ValueError, match="time zone"):
        Consent("terms-3", datetime(2026, 3, 1))


def test_both_clients_are_opened_alike() -> None:
    """With the same parameters."""
    parameters = inspect.signature(idvault_client.connect).parameters
    assert parameters == inspect.signature(idvault_client.aio.connect).parameters


def test_nobody_listens(tls: Tls) -> None:
    """A target where nothing listens is Unavailable, and the error says so in our own words."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        target = f"127.0.0.1:{bound.getsockname()[1]}"
        vault = idvault_client.connect(target, tls=tls, timeout=1.5)
        with vault, pytest.raises(Unavailable) as caught:
            vault.get_status(TOKEN)
    assert "nothing listens" in str(caught.value)


def test_server_name_is_checked(server: VaultServer, tls: Tls) -> None:
    """A server whose certificate has another name is refused."""
    server.outcomes = [status()]
    with idvault_client.connect(server.target, tls=tls) as vault, pytest.raises(Unavailable) as caught:
        vault.get_status(TOKEN)
    assert "server_name" in str(caught.value)
    assert server.asked == []


def test_strange_authority(server: VaultServer, tls: Tls, stranger: Tls) -> None:
    """A server of another authority is refused."""
    mine = Tls(stranger.ca, tls.certificate, tls.key)
    with (
        idvault_client.connect(server.target, tls=mine, server_name="localhost") as vault,
        pytest.raises(Unavailable) as caught,
    ):
        vault.get_status(TOKEN)
    assert "given ca" in str(caught.value)
    assert server.asked == []


def test_strange_certificate(server: VaultServer, tls: Tls, stranger: Tls) -> None:
    """A client certificate that the server refuses raises Unavailable."""
    mine = Tls(tls.ca, stranger.certificate, stranger.key)
    with (
        idvault_client.connect(server.target, tls=mine, server_name="localhost", timeout=1.5) as vault,
        pytest.raises(Unavailable),
    ):
        vault.get_status(TOKEN)
    assert server.asked == []


def test_missing_certificate(authority: Authority, tls: Tls) -> None:
    """A missing file raises an error at once."""
    with pytest.raises(FileNotFoundError):
        idvault_client.connect("127.0.0.1:1", tls=Tls(tls.ca, tls.certificate, "no such file"))


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_a_call_always_has_a_deadline(tls: Tls, timeout: float) -> None:
    """An invalid timeout is refused."""
    with pytest.raises(ValueError, match="positive"):
        idvault_client.connect("127.0.0.1:1", tls=tls, timeout=timeout)


def test_each_client_has_a_connection_of_its_own(server: VaultServer, tls: Tls) -> None:
    """A connection carries only so many calls at a time; who needs more opens another client."""
    server.outcomes = [status()]
    with (
        idvault_client.connect(server.target, tls=tls, server_name="localhost") as one,
        idvault_client.connect(server.target, tls=tls, server_name="localhost") as other,
    ):
        one.get_status(TOKEN)
        other.get_status(TOKEN)
    assert len({asked.connection for asked in server.asked}) == 2


async def test_more_calls_than_a_connection_carries_wait(
    server: VaultServer, tls: Tls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For their turn, and no longer than their timeout: the error says what helps."""
    monkeypatch.setattr(transport, "AT_ONCE", 1)
    server.outcomes = [status()]
    given: dict[str, Any] = {"tls": tls, "server_name": "localhost", "timeout": 60}
    async with idvault_client.aio.connect(server.target, **given) as vault:
        await vault._places.acquire()  # as a call that runs
        monkeypatch.setattr(vault, "_timeout", 0.05)
        with pytest.raises(DeadlineExceeded, match="open another one beside it"):
            await vault.get_status(TOKEN)
        monkeypatch.setattr(vault, "_timeout", 60)
        waiting = asyncio.create_task(vault.get_status(TOKEN))
        await asyncio.sleep(0)
        assert server.asked == []
        vault._places.release()
        assert (await waiting).account_token == TOKEN
        assert (await vault.get_status(TOKEN)).account_token == TOKEN


def test_more_calls_of_the_blocking_client_wait(
    server: VaultServer, tls: Tls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of the other one do."""
    monkeypatch.setattr(transport, "AT_ONCE", 1)
    server.outcomes = [status()]
    given: dict[str, Any] = {"tls": tls, "server_name": "localhost", "timeout": 60}
    with idvault_client.connect(server.target, **given) as vault:
        vault._places.acquire()  # as a call that runs
        monkeypatch.setattr(vault, "_timeout", 0.05)
        with pytest.raises(DeadlineExceeded, match="open another one beside it"):
            vault.get_status(TOKEN)
        assert server.asked == []
        monkeypatch.setattr(vault, "_timeout", 60)
        threading.Timer(0.1, vault._places.release).start()
        assert vault.get_status(TOKEN).account_token == TOKEN
        assert vault.get_status(TOKEN).account_token == TOKEN


async def test_closed_connection(ask: AskClient) -> None:
    """A call on a closed connection raises Unavailable with the cause."""
    await ask("close")
    with pytest.raises(Unavailable, match="closed"):
        await ask("get_status", TOKEN)


async def test_close_ends_a_running_call(server: VaultServer, tls: Tls) -> None:
    """Closing the async client ends its calls with Unavailable, not as a cancelled task."""
    server.outcomes = [Hang()]
    vault = idvault_client.aio.connect(server.target, tls=tls, server_name="localhost")
    call = asyncio.create_task(vault.get_status(TOKEN))
    await asyncio.to_thread(server.arrived.acquire, True, 5)
    await vault.close()
    with pytest.raises(Unavailable):
        await call


def _peers(server: VaultServer) -> list[bytes]:
    return [each.peer for each in server.asked]


async def test_another_certificate(server: VaultServer, authority: Authority, tls: Tls) -> None:
    """A running call ends as it would have; the next one shows the new certificate."""
    release = threading.Event()

    def late(_body: bytes) -> common_pb2.AccountStatus:
        release.wait()
        return status()

    server.outcomes = [late, status()]
    later = authority.issue("later")
    async with idvault_client.aio.connect(server.target, tls=tls, server_name="localhost") as vault:
        running = asyncio.create_task(vault.get_status(TOKEN))
        await asyncio.to_thread(server.arrived.acquire)
        with pytest.raises(OSError, match="gone"):
            await vault.use_certificate(Tls("gone", "gone", "gone"))
        changing = asyncio.create_task(vault.use_certificate(later))
        await asyncio.sleep(0)  # so that it has begun
        assert (await vault.get_status(TOKEN)).is_verified
        release.set()
        assert (await running).is_verified
        await changing
    with idvault_client.connect(server.target, tls=tls, server_name="localhost") as blocking:
        blocking.get_status(TOKEN)
        blocking.use_certificate(later)
        blocking.get_status(TOKEN)
    former, new = _peers(server)[:2]
    assert former != new
    assert _peers(server) == [former, new, former, new]


async def test_cancelling_passes(server: VaultServer, tls: Tls) -> None:
    """Cancelling a task raises CancelledError."""
    server.outcomes = [Hang()]
    async with idvault_client.aio.connect(server.target, tls=tls, server_name="localhost") as vault:
        call = asyncio.create_task(vault.get_status(TOKEN))
        await asyncio.to_thread(server.arrived.acquire, True, 5)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
