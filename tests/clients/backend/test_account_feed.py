"""`client.statuses` of both clients against a real edge: local answers, resumption, fallback to calls."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any, Protocol

import pytest

import idvault_client
from idvault_client import NotFound, Status, Tls, aio
from idvault_client.backend import feed
from idvault_client.backend.blocking import feed as blocking_feed
from idvault_client.backend.status_cache import MAX_AGE
from idvault_verify.error import Reason, UnavailableError
from tests.support.listening import listening
from tools.support.authority import Authority
from tools.support.edge import OTHER_TOKEN, TOKEN, Edge, running


class Client:
    """One of the two clients, awaited."""

    def __init__(self, vault: idvault_client.Vault | aio.Vault) -> None:
        self._vault = vault

    async def get(self, token: str = TOKEN) -> Status:
        found: Status = await self._do(lambda: self._vault.statuses.get(token))
        return found

    async def wait(self) -> bool:
        caught_up: bool = await self._do(lambda: self._vault.statuses.wait(10))
        return caught_up

    def knows(self, token: str) -> bool:
        """Return whether the feed has brought an account."""
        return self._vault.statuses._cache.get(token, now=time.monotonic()) is not None

    @property
    def age(self) -> float:
        return self._vault.statuses.age

    async def close(self) -> None:
        await self._do(self._vault.close)

    async def _do(self, act: Callable[[], Any]) -> Any:
        if isinstance(self._vault, aio.Vault):
            return await act()
        return await asyncio.to_thread(act)


class Connect(Protocol):
    """Connects one of both clients as platform-a."""

    async def __call__(self, edge: Edge, *, port: int | None = None) -> Client:
        """Return the client of an edge; port: of a relay before it."""
        ...


class Relay:
    """A network between client and vault that can silently drop everything."""

    def __init__(self, port: int) -> None:
        """Set the port that it leads to."""
        self._target = port
        self._open: set[asyncio.StreamReader] = set()
        self._silent: set[asyncio.StreamReader] = set()
        self._serving = listening(self._meet)

    async def __aenter__(self) -> "Relay":
        """Start to accept connections."""
        self.port = await self._serving.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        """End every connection."""
        await self._serving.__aexit__(*error)

    def fall_silent(self) -> None:
        """From now on drop what is sent over the existing connections."""
        self._silent |= self._open

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._open |= {reader, far_reader}
        with closing(far_writer):
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        # Either end may break the connection: that is what the tests are for.
        with suppress(ConnectionError), closing(sink):
            while data := await source.read(65_536):
                if source not in self._silent:
                    sink.write(data)
                    await sink.drain()


@pytest.fixture(scope="session")
def edge_authority() -> Authority:
    """The authority of the edge and of the clients."""
    return Authority()


@pytest.fixture(params=["sync", "aio"])
async def connect(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Connect]:
    """Connects one of both clients as platform-a."""
    opened: list[Client] = []

    async def connected(edge: Edge, *, port: int | None = None) -> Client:
        for name, data in (
            ("ca", edge.authority.ca),
            ("certificate", edge.platform_a.certificate),
            ("key", edge.platform_a.key),
        ):
            (tmp_path / name).write_bytes(data)
        tls = Tls(tmp_path / "ca", tmp_path / "certificate", tmp_path / "key")
        module = aio if request.param == "aio" else idvault_client
        client = Client(module.connect(f"localhost:{port or edge.server.port}", tls=tls))
        opened.append(client)
        return client

    yield connected
    for client in opened:
        await client.close()


@pytest.fixture
async def edge(tmp_path: Path, edge_authority: Authority) -> AsyncIterator[Edge]:
    """A running edge with one account, whose feed reports it."""
    async with running(tmp_path, edge_authority) as edge:
        edge.feeds.feeds["platform-a"] = [TOKEN]
        yield edge


async def until(happens: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(60):
        while not happens():  # noqa: ASYNC110 - what is waited for lies in another thread
            await asyncio.sleep(0.01)


async def test_answers_come_from_the_feed(edge: Edge, connect: Connect) -> None:
    """Once the feed is caught up, no question reaches the vault."""
    client = await connect(edge)
    assert await client.wait()
    for _ in range(100):
        assert (await client.get()).account_token == TOKEN
    assert edge.statuses.asked == []
    assert client.age < MAX_AGE


async def test_what_the_feed_does_not_know_is_asked_for(edge: Edge, connect: Connect) -> None:
    """The vault is asked about an unknown account each time."""
    client = await connect(edge)
    assert await client.wait()
    for _ in range(2):
        with pytest.raises(NotFound):
            await client.get(OTHER_TOKEN)
    assert edge.statuses.asked == [("platform-a", (OTHER_TOKEN,))] * 2


async def test_before_the_feed_is_read_the_vault_answers(edge: Edge, connect: Connect) -> None:
    """The first question does not wait for the feed."""
    edge.feeds.failure = UnavailableError(Reason.STORE_UNAVAILABLE)
    client = await connect(edge)
    assert (await client.get()).account_token == TOKEN
    assert client.age == float("inf")
    edge.feeds.failure = None
    assert await client.wait()


async def test_answers_that_would_be_too_old_are_asked_for(
    edge: Edge, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the store is down the feed is silent, and after the bound the vault is asked."""
    clock = [time.monotonic()]
    for module in (feed, blocking_feed):
        monkeypatch.setattr(module, "monotonic", lambda: clock[0])
    client = await connect(edge)
    assert await client.wait()
    edge.feeds.failure = UnavailableError(Reason.STORE_UNAVAILABLE)
    await edge.feeds.looked(20)
    clock[0] += 9
    assert (await client.get()).account_token == TOKEN
    assert edge.statuses.asked == []
    clock[0] += 2
    assert (await client.get()).account_token == TOKEN
    assert edge.statuses.asked == [("platform-a", (TOKEN,))]


@asynccontextmanager
async def restarted(edge: Edge, folder: Path, *feed: str) -> AsyncIterator[tuple[Edge, float]]:
    """Stop an edge and start another one in its place with another feed; yield the time."""
    await edge.server.stop(grace=1.0, linger=0.0)
    stopped_at = time.monotonic()
    await asyncio.to_thread(folder.mkdir)
    async with running(folder, edge.authority, listen=f"127.0.0.1:{edge.server.port}") as again:
        again.feeds.feeds["platform-a"] = list(feed)
        again.platforms.platforms[:] = edge.platforms.platforms
        await again.directory.load()
        yield again, stopped_at


async def test_a_restarted_server_is_followed_on(edge: Edge, connect: Connect, tmp_path: Path) -> None:
    """After a server restart the client resumes where it was, without missing a change."""
    client = await connect(edge)
    assert await client.wait()
    async with restarted(edge, tmp_path / "again", TOKEN, OTHER_TOKEN) as (again, stopped_at):
        await until(lambda: again.feeds.reads > 0)
        await until(lambda: client.age < time.monotonic() - stopped_at)
        assert (await client.get(OTHER_TOKEN)).account_token == OTHER_TOKEN
        assert (await client.get(TOKEN)).account_token == TOKEN
        assert again.statuses.asked == []
        assert again.feeds.places == [1]
        await client.close()


async def test_a_network_that_falls_silent(
    edge: Edge, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dead connection is given up, and the feed resumes over a new one."""
    monkeypatch.setattr("idvault_client.transport.KEEPALIVE", (1.0, 1.0))
    async with Relay(edge.server.port) as relay:
        client = await connect(edge, port=relay.port)
        assert await client.wait()
        relay.fall_silent()
        edge.feeds.feeds["platform-a"].append(OTHER_TOKEN)
        await until(lambda: client.knows(OTHER_TOKEN))
        assert 0 not in edge.feeds.places[1:]
        assert (await client.get(OTHER_TOKEN)).account_token == OTHER_TOKEN
        assert edge.statuses.asked == []
        await client.close()


async def test_a_feed_that_was_put_back_is_read_anew(edge: Edge, connect: Connect, tmp_path: Path) -> None:
    """A cursor unknown to the vault restarts the feed, and the old state is dropped."""
    edge.feeds.feeds["platform-a"] = [OTHER_TOKEN, TOKEN]
    client = await connect(edge)
    assert await client.wait()
    async with restarted(edge, tmp_path / "again", TOKEN) as (again, stopped_at):
        await until(lambda: again.feeds.places == [0])
        await until(lambda: client.age < time.monotonic() - stopped_at)
        assert (await client.get(TOKEN)).account_token == TOKEN
        with pytest.raises(NotFound):
            await client.get(OTHER_TOKEN)
        await client.close()


async def test_a_closed_client_asks_nobody(edge: Edge, connect: Connect) -> None:
    """After close there is no stream, and every question raises Unavailable."""
    client = await connect(edge)
    assert await client.wait()
    await client.close()
    await edge.feeds.looked_no_more()
    with pytest.raises(idvault_client.VaultError):
        await client.get(OTHER_TOKEN)
