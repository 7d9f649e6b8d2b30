"""Sockets that say nothing, or begin and stop, at every listening port; from many addresses and from one.

First all of them at the hosted pages, if there are any, then at all ports together. An address of the
loopback network is as good as another visitor's. Of ten sockets eight say nothing, one sends one byte of a
handshake or of a request, and one the beginning of a request's head.
"""

import asyncio
import resource
import socket
import time

from tools.torture.loads import Target

SOCKETS = 20_000
_ADDRESSES = 250
_SPARE = 200
_AT_PAGES = 0.6
_FIRST = (*[b""] * 8, b"\x16", b"GET / HTTP/1.1\r\nHost: x\r\n")


def run(target: Target, *, seconds: float) -> str:
    """Hold as many sockets as there may be, and replace those that are closed, until the time is over."""
    return asyncio.run(_run(target, time.monotonic() + seconds))


async def _run(target: Target, end: float) -> str:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    wanted = min(target.times(SOCKETS), most - _SPARE)
    ports = list(target.ports.values()) or [target.edge]
    pages = [target.ports["web"]] if "web" in target.ports else ports
    now = time.monotonic()
    first = await _hold(pages, wanted, now + (end - now) * _AT_PAGES)
    return f"at the pages {first}; at {len(ports)} ports {await _hold(ports, wanted, end)}"


async def _hold(ports: list[str], wanted: int, end: float) -> str:
    """Hold sockets until the time is over; return how many were opened, and how many stood at most."""
    # A twentieth of them from one address, the others from many.
    held = [_Held(ports[place % len(ports)], place) for place in range(wanted)]
    opened = most = 0
    while time.monotonic() < end:
        for one in held:
            if time.monotonic() >= end:
                break
            opened += one.renew()
        most = max(most, sum(one.stands() for one in held))
        await asyncio.sleep(0.1)
    for one in held:
        one.close()
    return f"{opened} sockets opened, {most} of {wanted} stood at a time"


class _Held:
    """One socket, opened again when the server has closed it."""

    def __init__(self, address: str, place: int) -> None:
        host, _, port = address.rpartition(":")
        self._to = (host, int(port))
        source = 1 if place % 20 == 0 else place % _ADDRESSES
        self._source = f"127.{1 + source % 250}.{1 + source // 250}.1"
        self._first = _FIRST[place % len(_FIRST)]
        self._socket: socket.socket | None = None

    def renew(self) -> bool:
        """Open the socket if it is not open; return whether it was opened."""
        if self._socket is not None and self.stands():
            return False
        self.close()
        made = socket.socket()
        try:
            made.settimeout(0.5)
            made.bind((self._source, 0))
            made.connect(self._to)
            made.setblocking(False)
            made.send(self._first)
        except OSError:
            made.close()
            return False
        self._socket = made
        return True

    def stands(self) -> bool:
        """Whether the server has not closed it."""
        if self._socket is None:
            return False
        try:
            return bool(self._socket.recv(1))
        except BlockingIOError:
            return True
        except OSError:
            return False

    def close(self) -> None:
        """Close the socket at once."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
