"""A closed loop of one caller: as many calls in flight as it likes, whatever their answers."""

import selectors
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass

from tools.support.http2_client import Connection
from tools.torture.loads import Target

_STREAMS = 90
"""How many calls one connection has in flight, which is below what the edge allows."""


@dataclass(kw_only=True)
class Flood:
    """Calls of one method. bodies: the requests, one after another; it may end. at_once: calls in flight."""

    target: Target
    path: str
    bodies: Iterator[bytes]
    at_once: int
    answered: int = 0
    refused: int = 0

    def run(self, *, seconds: float) -> None:
        """Call until the time is over, and leave the calls that still run."""
        end = time.monotonic() + seconds
        with ExitStack() as stack:
            opened = [
                stack.enter_context(
                    closing(Connection(self.target.edge, self.target.tls, self.path, strict=False))
                )
                for _ in range(-(-self.at_once // _STREAMS))
            ]
            with selectors.DefaultSelector() as selector:
                for connection in opened:
                    selector.register(connection, selectors.EVENT_READ)
                for number in range(self.at_once):
                    self._call(opened[number % len(opened)])
                for connection in opened:
                    connection.send()
                while (left := end - time.monotonic()) > 0:
                    self._turn(selector, left)

    def _turn(self, selector: selectors.BaseSelector, seconds: float) -> None:
        for key, _ in selector.select(seconds):
            connection = key.fileobj
            if not isinstance(connection, Connection):
                raise TypeError("only connections are registered")
            connection.receive()
            left = connection.send()
            selector.modify(connection, selectors.EVENT_READ | (selectors.EVENT_WRITE if left else 0))

    def _call(self, connection: Connection) -> None:
        body = next(self.bodies, None)
        if body is None:
            return

        def done(answer: bytes) -> None:
            self.answered += 1
            self.refused += not answer
            self._call(connection)

        connection.call(body, done)

    def __str__(self) -> str:
        return f"{self.at_once} calls at once, {self.answered} answers, {self.refused} of them refusals"
