"""The connections of an HTTP port: how many, from which address, and for how long in each phase.

The phases: silent (nothing has come; it costs its socket alone), the TLS handshake, idle (the head of a
request, its body, or between two requests), answering. All but the last make way: for a newer connection of
the same address, if that address has its number; for any newer one, if the port is full. The one that is
longest in its phase goes first. So whoever speaks at once is answered, whatever thousands of others do.
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, cast

from idvault.core.capacity import PortCapacity

_BACKLOG = 4_096
_AT_ONCE = 64
_SWEEP = 1.0
_SHUTDOWN = 2.0
# No descriptor or memory is left: some connections make way, and the next look is soon.
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_PAUSE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How many seconds each phase may last."""

    silent: float = 10.0
    handshake: float = 5.0
    idle: float = 30.0


class _Phase(Enum):
    NEW = auto()
    SILENT = auto()
    HANDSHAKE = auto()
    IDLE = auto()
    ANSWERING = auto()
    GONE = auto()


_MAKES_WAY = (_Phase.SILENT, _Phase.HANDSHAKE, _Phase.IDLE)


class Door:
    """Accepts the connections of one port; opened once."""

    def __init__(
        self, *, takes: PortCapacity, by_address: bool = True, patience: Patience | None = None
    ) -> None:
        """Initialise. by_address: False if all connections are those of our own proxies."""
        self._takes = takes
        self._by_address = by_address
        found = patience or Patience()
        self._patience = {
            _Phase.SILENT: found.silent,
            _Phase.HANDSHAKE: found.handshake,
            _Phase.IDLE: found.idle,
        }
        # In each phase the one that has been in it for longest is the first.
        self._in: dict[_Phase, dict[_DoorConnection, None]] = {phase: {} for phase in _Phase}
        self._of: dict[str, dict[_DoorConnection, None]] = {}
        self._serving: dict[object, _DoorConnection] = {}
        self._closing = True
        self.port = 0

    async def open(
        self, protocol: Callable[[], Any], *, host: str, port: int, context: ssl.SSLContext | None = None
    ) -> None:
        """Listen; raises OSError.

        protocol: makes the application's protocol of one connection. port: 0 for any.
        """
        self._protocol, self._context = protocol, context
        self._loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        [(_, _, _, _, address), *_] = await self._loop.getaddrinfo(
            host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.setblocking(False)
            self._listener.bind(address)
            self._listener.listen(_BACKLOG)
        except OSError:
            self._listener.close()
            raise
        self.port, self._closing = self._listener.getsockname()[1], False
        self._loop.add_reader(self._listener, self._accept)
        self._sweeping = self._loop.call_later(_SWEEP, self._sweep)

    async def close(self) -> None:
        """Accept no more connections, and end those that are not answering; without effect if not open."""
        if self._closing:
            return
        self._closing = True
        self._loop.remove_reader(self._listener)
        self._listener.close()
        self._sweeping.cancel()
        begun = [each.beginning for each in self._in[_Phase.HANDSHAKE] if each.beginning is not None]
        for phase in _MAKES_WAY:
            for connection in list(self._in[phase]):
                connection.abort()
        await asyncio.gather(*begun, return_exceptions=True)

    @contextmanager
    def answering(self, protocol: object) -> Iterator[None]:
        """Mark a connection as answering for the block. protocol: the application's, of any connection."""
        connection = self._serving.get(protocol)
        if connection is None:
            yield
            return
        connection.move(_Phase.ANSWERING)
        try:
            yield
        finally:
            connection.move(_Phase.IDLE)

    def moved(self, connection: "_DoorConnection", phase: _Phase) -> None:
        """Note that a connection has come to the end of those in a phase."""
        self._in[connection.phase].pop(connection, None)
        if phase is _Phase.GONE:
            mine = self._of.get(connection.address, {})
            mine.pop(connection, None)
            if not mine:
                self._of.pop(connection.address, None)
            self._serving.pop(connection.inner, None)
        else:
            self._in[phase][connection] = None

    def serve(self, connection: "_DoorConnection") -> Any:
        """Return the application's protocol for a connection that is open."""
        made = self._protocol()
        self._serving[made] = connection
        return made

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                sock, peer = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    self._rest()
                    return
                continue  # it has gone before it was accepted
            sock.setblocking(False)
            self._admit(sock, network(str(peer[0])) if self._by_address else "")

    def _rest(self) -> None:
        for _ in range(_AT_ONCE):
            self._make_way(_MAKES_WAY)
        self._loop.remove_reader(self._listener)
        self._loop.call_later(_PAUSE, self._resume)

    def _resume(self) -> None:
        if not self._closing:
            self._loop.add_reader(self._listener, self._accept)

    def _admit(self, sock: socket.socket, address: str) -> None:
        mine = self._of.get(address, {})
        if self._by_address and len(mine) >= self._takes.for_address:
            idle = [each for each in mine if each.phase in _MAKES_WAY]
            if not idle:
                sock.close()
                return
            min(idle, key=lambda each: each.since).abort()
        if len(self._in[_Phase.SILENT]) >= self._takes.silent:
            self._make_way((_Phase.SILENT,))
        connection = _DoorConnection(self, sock, address, self._loop.time())
        self._of.setdefault(address, {})[connection] = None
        connection.move(_Phase.SILENT)
        self._loop.add_reader(sock, self._speak, connection)

    def _speak(self, connection: "_DoorConnection") -> None:
        """Open a silent connection whose first byte has come."""
        sock = connection.sock
        try:
            begins = bool(sock.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return
        except OSError:
            begins = False
        spoken = sum(len(self._in[phase]) for phase in (_Phase.HANDSHAKE, _Phase.IDLE, _Phase.ANSWERING))
        if begins and spoken >= self._takes.spoken:
            begins = self._make_way((_Phase.HANDSHAKE, _Phase.IDLE))
        if not begins:
            connection.abort()
            return
        self._loop.remove_reader(sock)
        connection.move(_Phase.HANDSHAKE)
        connection.beginning = self._loop.create_task(self._open(connection))
        # It may be cancelled before it has begun.
        connection.beginning.add_done_callback(lambda task: sock.close() if task.cancelled() else None)

    async def _open(self, connection: "_DoorConnection") -> None:
        limits: dict[str, float] = {}
        if self._context is not None:
            limits = {
                "ssl_handshake_timeout": self._patience[_Phase.HANDSHAKE],
                "ssl_shutdown_timeout": _SHUTDOWN,
            }
        try:
            await self._loop.connect_accepted_socket(
                lambda: connection, connection.sock, ssl=self._context, **limits
            )
        except (OSError, TimeoutError, EOFError):
            connection.move(_Phase.GONE)
            connection.sock.close()

    def _make_way(self, phases: tuple[_Phase, ...]) -> bool:
        """End the connection that has been in these phases for longest; return whether there was one."""
        oldest = [next(iter(self._in[phase])) for phase in phases if self._in[phase]]
        if not oldest:
            return False
        min(oldest, key=lambda each: each.since).abort()
        return True

    def _sweep(self) -> None:
        now = self._loop.time()
        for phase, seconds in self._patience.items():
            for connection in list(self._in[phase]):
                if connection.since + seconds > now:
                    break
                connection.abort()
        self._sweeping = self._loop.call_later(_SWEEP, self._sweep)


class _DoorConnection(asyncio.Protocol):
    """One connection; it passes on to the application's protocol all that comes."""

    def __init__(self, door: Door, sock: socket.socket, address: str, since: float) -> None:
        """Start in no phase."""
        self._door = door
        self.sock = sock
        self.address = address
        self.since = since
        self.phase = _Phase.NEW
        self.beginning: asyncio.Task[None] | None = None
        self.inner: Any = None
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()

    def move(self, phase: _Phase) -> None:
        """Enter a phase; a connection that is gone never comes back."""
        if self.phase is _Phase.GONE:
            return
        self._door.moved(self, phase)
        self.phase, self.since = phase, self._loop.time()

    def abort(self) -> None:
        """End the connection at once, in whatever phase."""
        silent = self.phase is _Phase.SILENT
        self.move(_Phase.GONE)
        if silent:
            self._loop.remove_reader(self.sock)
            self.sock.close()
        elif self._transport is not None:
            self._transport.abort()
        elif self.beginning is not None:
            self.beginning.cancel()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve: the handshake is over."""
        self._transport = cast("asyncio.Transport", transport)
        if self.phase is _Phase.GONE:
            self._transport.abort()
            return
        self.inner = self._door.serve(self)
        self.move(_Phase.IDLE)
        self.inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Pass on what has come."""
        if self.inner is not None:
            self.inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass on that nothing more will come."""
        answer: bool | None = self.inner.eof_received() if self.inner is not None else None
        return answer

    def pause_writing(self) -> None:
        """Pass on that the visitor does not read."""
        self.inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass on that the visitor reads again."""
        self.inner.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        """Note the end, and pass it on."""
        self.move(_Phase.GONE)
        if self.inner is not None:
            self.inner.connection_lost(error)


def network(given: str) -> str:
    """Return what one household has: an IPv4 address, or the /64 in which it picks IPv6 addresses freely."""
    return networks(given)[0]


def networks(given: str) -> tuple[str, str]:
    """Return the same, and the network above it: a /24, or a /48 of IPv6."""
    try:
        found = ip_address(given)
    except ValueError:
        return given, given
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else found
    if mapped is not None:
        return str(mapped), str(IPv4Network((int(mapped) >> 8 << 8, 24)))
    return str(IPv6Network((int(found) >> 64 << 64, 64))), str(IPv6Network((int(found) >> 80 << 80, 48)))
