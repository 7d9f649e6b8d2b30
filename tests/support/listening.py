"""A TCP server of a test; once its block has ended, none of its connections is open."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

Meet = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


class _Server:
    """Accepts connections, and meets each of them in a task of its own."""

    def __init__(self, listener: socket.socket, meet: Meet) -> None:
        """Start to accept."""
        listener.setblocking(False)
        self._listener, self._meet = listener, meet
        self._writers: list[asyncio.StreamWriter] = []
        self._meetings: list[asyncio.Task[None]] = []
        self._accepting = asyncio.create_task(self._accept())

    async def _accept(self) -> None:
        while True:
            taken, _ = await asyncio.get_running_loop().sock_accept(self._listener)
            reader, writer = await asyncio.open_connection(sock=taken)
            self._writers.append(writer)
            self._meetings.append(asyncio.create_task(self._meet(reader, writer)))

    async def end(self) -> None:
        """Accept nobody any more, and end every connection; raises what a meeting raised."""
        asyncio.get_running_loop().remove_reader(self._listener)
        await asyncio.sleep(0)  # one that is accepted by now has a transport, which knows its end
        for task in (self._accepting, *self._meetings):
            task.cancel()
        ends = await asyncio.gather(self._accepting, *self._meetings, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)
        for end in ends:
            if isinstance(end, Exception):
                raise end


@asynccontextmanager
async def listening(meet: Meet) -> AsyncIterator[int]:
    """Serve each connection with a function during the block; yield the port.

    A server of asyncio leaves a connection open that comes while it ends: found later, it fails another test.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = _Server(listener, meet)
        try:
            yield listener.getsockname()[1]
        finally:
            await server.end()


def silent() -> socket.socket:
    """Return a server that takes connections and never says anything; close it."""
    return socket.create_server(("127.0.0.1", 0))
