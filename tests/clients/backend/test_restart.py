"""A client that meets a restart of the vault repeats its calls within their deadline, reads included."""

import asyncio
import threading
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

import idvault_client
from idvault_client import Consent, Tls, Unavailable, resident_id
from tests.clients.vault_server import (
    NAME,
    NUMBER,
    REQUEST_ID,
    TOKEN,
    Hang,
    Refuse,
    VaultServer,
    running,
    status,
    verification,
)

LONG = 60.0
READ, VERIFY = "/idvault.v1.StatusService/GetStatus", "/idvault.v1.VerificationService/VerifyIndividual"


async def both(kind: str, tls: Tls, port: int, *, seconds: float = LONG) -> list[Any]:
    """Read a status and verify a person at the same time, with one of both clients."""
    target, document = f"127.0.0.1:{port}", resident_id(NUMBER)
    consent = Consent("terms-3", datetime(2026, 3, 1, tzinfo=UTC))
    more: dict[str, Any] = {"consent": consent, "request_id": REQUEST_ID}
    given: dict[str, Any] = {"tls": tls, "server_name": "localhost", "timeout": seconds}
    if kind == "aio":
        async with idvault_client.aio.connect(target, **given) as awaited:
            calls = awaited.get_status(TOKEN), awaited.verify_individual(NAME, document, **more)
            return [*await asyncio.gather(*calls, return_exceptions=True)]
    with idvault_client.connect(target, **given) as vault:
        read = asyncio.to_thread(vault.get_status, TOKEN)
        verify = asyncio.to_thread(vault.verify_individual, NAME, document, **more)
        return [*await asyncio.gather(read, verify, return_exceptions=True)]


@pytest.mark.parametrize("kind", ["sync", "aio"])
async def test_calls_in_flight(
    kind: str, server_certificate: Tls, tls: Tls, port: int, lost: threading.Semaphore
) -> None:
    """A read and a sign-up are under way when the vault ends; both have their answer from the next one."""
    with running(server_certificate, port=port) as first:
        first.outcomes = [Hang()]
        calls = asyncio.create_task(both(kind, tls, port))
        for _ in range(2):
            assert await asyncio.to_thread(first.arrived.acquire, timeout=LONG)
    for _ in range(2):  # nothing listens, and both calls have tried as often as gRPC does by itself
        assert await asyncio.to_thread(lost.acquire, timeout=LONG)
    answers: dict[str, Message] = {READ: status(), VERIFY: verification()}
    with running(server_certificate, port=port, by_path=answers) as second:
        read, verified = await calls
    assert (read.is_verified, verified.succeeded) == (True, True)
    assert sorted(asked.body for asked in second.asked) == sorted({asked.body for asked in first.asked})


async def test_a_vault_that_stays_away(tls: Tls, port: int, lost: threading.Semaphore) -> None:
    """At the deadline the error still says what was found first, and has the request id to repeat."""
    # Long enough for a starved machine to find out; the second try waits until then in any case.
    clients = [both(kind, tls, port, seconds=5.0) for kind in ("sync", "aio")]
    for read, verified in await asyncio.gather(*clients):
        for failure in (read, verified):
            assert isinstance(failure, Unavailable)
            assert "nothing listens" in str(failure)
        assert verified.request_id == REQUEST_ID
        assert lost.acquire(blocking=False)


async def test_a_word_of_the_vault_is_final(server: VaultServer, tls: Tls, lost: threading.Semaphore) -> None:
    """A vault that says why it cannot answer is not asked beyond gRPC's attempts."""
    server.outcomes = [Refuse(grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")]
    port = int(server.target.rpartition(":")[2])
    for failure in await both("aio", tls, port):
        assert failure.reason == "STORE_UNAVAILABLE"
    assert not lost.acquire(blocking=False)
