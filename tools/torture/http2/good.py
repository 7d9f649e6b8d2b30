"""A good client during an attack: it reads a status repeatedly, sometimes over a new connection."""

import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import grpc

from idvault_client import transport
from idvault_client.transport import Tls

_PATH = "/idvault.v1.StatusService/GetStatus"
_TIMEOUT = 10.0
_PAUSE = 0.02
_CALLS_A_CONNECTION = 20


@dataclass(slots=True)
class Served:
    """The good client's results: seconds of each answer, and the error of each failed call."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def slowest(self) -> float:
        return max(self.seconds, default=0.0)


class GoodClient:
    """Calls from a separate thread for the duration of the block."""

    def __init__(self, address: str, tls: Tls, body: bytes) -> None:
        """Set the server, the caller, and a valid GetStatus request."""
        self._address = address
        self._tls = tls
        self._body = body
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.served = Served()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._stop.is_set():
            # Without this option gRPC would reuse the previous channel's connection.
            options = [
                *transport.options("localhost"),
                ("grpc.use_local_subchannel_pool", 1),
                ("grpc.enable_retries", 0),
            ]
            with grpc.secure_channel(self._address, self._tls.credentials(), options=options) as channel:
                method: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(_PATH)
                for _ in range(_CALLS_A_CONNECTION):
                    if not self._stop.wait(_PAUSE):
                        self._once(method)

    def _once(self, method: "grpc.UnaryUnaryMultiCallable[bytes, bytes]") -> None:
        begin = time.monotonic()
        try:
            method(self._body, timeout=_TIMEOUT)
        except grpc.RpcError as error:
            details = getattr(error, "details", lambda: "")()
            self.served.failures.append(f"{getattr(error, 'code', lambda: '')()} {details}")
        else:
            self.served.seconds.append(time.monotonic() - begin)
