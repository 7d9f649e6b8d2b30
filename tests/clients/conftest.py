"""A scripted server under mutual TLS, and both clients behind one interface."""

import socket
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from idvault_client import Tls, refusals
from tests.clients.vault_server import Authority, VaultServer, running
from tests.support import retries
from tests.support.both_clients import AskClient, connected


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority trusted by the server and its clients."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """A certificate of an untrusted authority."""
    return Authority(tmp_path_factory.mktemp("stranger")).issue("stranger")


@pytest.fixture(scope="session")
def tls(authority: Authority) -> Tls:
    """A platform's certificate."""
    return authority.issue("platform-a")


@pytest.fixture(scope="session")
def server_certificate(authority: Authority) -> Tls:
    """The server's certificate, for localhost only."""
    return authority.issue("server", dns="localhost")


@pytest.fixture
def server(server_certificate: Tls) -> Iterator[VaultServer]:
    """A running server without a script."""
    with running(server_certificate) as vault:
        yield vault


@pytest.fixture(params=["sync", "aio"])
async def ask(request: pytest.FixtureRequest, server: VaultServer, tls: Tls) -> AsyncIterator[AskClient]:
    """One of both clients, connected to the server."""
    async with connected(request.param, server.target, tls, server_name="localhost") as made:
        yield made


@pytest.fixture
def port() -> Iterator[int]:
    """A port that stays ours while nothing listens on it."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.fixture
def lost(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Counts the calls that have used up gRPC's own attempts."""
    counted, whole = threading.Semaphore(0), refusals.connection_lost

    def count(answer: Any, *, answered: bool) -> bool:
        found = whole(answer, answered=answered)
        if found:
            counted.release()
        return found

    monkeypatch.setattr(refusals, "connection_lost", count)
    return counted


@pytest.fixture(autouse=True)
def _quick_retries(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for gRPC's own attempts where a vault is away."""
    retries.make_quick(request, monkeypatch)
