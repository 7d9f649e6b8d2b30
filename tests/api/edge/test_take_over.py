"""One edge takes over from another on the same address, and the client's calls meet no error."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import grpc

from idvault_client.transport import options
from tools.support.authority import Authority
from tools.support.edge import GET_STATUS, Edge, call, requests, running

CALLS, CALLERS, TAKE_OVERS = 2_000, 8, 2


class Callers:
    """Callers with a connection each, which share a number of calls and count those that succeed."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._left = iter(range(CALLS))
        self._body = requests()[GET_STATUS].SerializeToString()
        self.done = 0
        self.reached = {CALLS // (TAKE_OVERS + 1) * n: asyncio.Event() for n in range(1, TAKE_OVERS + 1)}

    async def run(self) -> None:
        await asyncio.gather(*(self._one() for _ in range(CALLERS)))

    async def _one(self) -> None:
        mine, authority = self._edge.platform_a, self._edge.authority
        credentials = grpc.ssl_channel_credentials(authority.ca, mine.key, mine.certificate)
        chosen = [*options(None), ("grpc.use_local_subchannel_pool", 1)]
        target = f"localhost:{self._edge.server.port}"
        async with grpc.aio.secure_channel(target, credentials, chosen) as channel:
            for _ in self._left:
                assert await call(channel, GET_STATUS, self._body, seconds=30.0)
                self.done += 1
                if self.done in self.reached:
                    self.reached[self.done].set()


async def test_no_call_fails_while_edges_take_over(tmp_path: Path, authority: Authority) -> None:
    """Of 2,000 calls by the client's rules, with two take-overs among them, none fails."""
    async with AsyncExitStack() as stack:
        edge = first = await stack.enter_async_context(running(tmp_path, authority, acceptors=4))
        callers = Callers(first)
        calling = asyncio.create_task(callers.run())
        for number, reached in callers.reached.items():
            waiting = asyncio.create_task(reached.wait())
            await asyncio.wait({calling, waiting}, return_when=asyncio.FIRST_COMPLETED)
            assert waiting.done(), f"{callers.done} calls of {number}"
            folder = tmp_path / str(number)
            folder.mkdir()
            address = f"127.0.0.1:{first.server.port}"
            successor = running(folder, authority, acceptors=4, listen=address, platforms=first.platforms)
            following = await stack.enter_async_context(successor)
            await edge.server.stop(grace=10.0, linger=0.0)
            edge = following
        await calling
        assert callers.done == CALLS
        # The last edge served the last calls.
        assert edge.statuses.asked
