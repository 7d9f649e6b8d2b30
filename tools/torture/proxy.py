"""A TCP proxy before PostgreSQL that cuts a connection at a chosen packet, before or in the middle of it.

A packet is whatever one read returns; requests and answers are counted together. After a cut neither side
receives another byte, and data that was not passed on is lost.
"""

import asyncio
import threading
from concurrent.futures import Future
from contextlib import suppress
from types import TracebackType
from typing import Self

from sqlalchemy.engine import make_url

_MOST = 65_536
_START = 10.0


class CuttingProxy:
    """Listens on a separate port and in a separate thread for the duration of its block."""

    def __init__(self, url: str) -> None:
        self._target = make_url(url)
        self._lock = threading.Lock()
        self._left: int | None = None
        self._half = False
        self._passed = 0
        self._cuts = 0
        self._port: Future[int] = Future()
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._open: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, daemon=True, name="proxy")

    def __enter__(self) -> Self:
        self._thread.start()
        self._port.result(_START)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()

    def through(self, url: str) -> str:
        """Return a database's address through the proxy."""
        way = make_url(url).set(host="127.0.0.1", port=self._port.result(), query={})
        return way.render_as_string(hide_password=False)

    def cut_at(self, packet: int, *, half: bool) -> None:
        """Cut once at the packet with this number, counted from now; half: after half of it has passed."""
        with self._lock:
            self._left, self._half = packet, half

    def let_pass(self) -> None:
        """Stop cutting."""
        with self._lock:
            self._left = None

    @property
    def cuts(self) -> int:
        with self._lock:
            return self._cuts

    @property
    def passed(self) -> int:
        with self._lock:
            return self._passed

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._listen())

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._port.set_result(server.sockets[0].getsockname()[1])
        await self._closing.wait()
        server.close()
        await asyncio.gather(*self._open)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, onwards = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        ways = (self._pump(reader, onwards), self._pump(there, writer), self._closing.wait())
        tasks = [asyncio.ensure_future(way) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.transport.abort()
        onwards.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        folder = self._target.query.get("host")
        if isinstance(folder, str) and folder.startswith("/"):
            port = self._target.query.get("port", str(self._target.port or 5432))
            return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{port}")
        return await asyncio.open_connection(self._target.host, self._target.port or 5432)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(_MOST):
                if self._is_cut_here():
                    # The passed half must arrive, so that "in the middle" is not "before".
                    sink.write(data[: len(data) // 2] if self._half else b"")
                    await sink.drain()
                    return
                sink.write(data)
                await sink.drain()

    def _is_cut_here(self) -> bool:
        with self._lock:
            self._passed += 1
            if self._left is None:
                return False
            self._left -= 1
            if self._left > 0:
                return False
            self._left = None
            self._cuts += 1
            return True
