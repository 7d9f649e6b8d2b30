"""How much a process takes on at once, by the memory that it declares (IDVAULT_MEMORY).

What one connection, call or message costs was measured (docs/operations.md, "Memory"); the sums of `bound`
are below the declared memory, and `scripts/torture memory` measures what processes really take.
"""

from dataclasses import dataclass, replace

MIB = 1024 * 1024
DEFAULT_MEMORY = 1024
"""MiB: the limit of each process in the units and manifests of `deploy/`."""
LEAST_MEMORY = DEFAULT_MEMORY
BASE = 192
"""MiB of a process at rest: the program, its keys, its connections to the databases."""
LOOKAHEAD = 4 * 1024
"""How many bytes of a message gRPC may take of each call before the edge asks for the message."""
# The same from a client that has not acknowledged the edge's settings, for five seconds at most.
_UNHEARD = 64 * 1024
SPARE_FILES = 512
"""File descriptors for all but the connections of the port: databases, files, gRPC's own."""
DECODED = 4
"""How many times its bytes a message takes while its call runs: the bytes and what is made of them."""
_CALL = 25 * 1024
_PENDING = 12 * 1024
_CONNECTION = 80 * 1024
_SILENT = 2 * 1024
# TLS, the application's protocol, and a form that is coming.
_SPOKEN = 256 * 1024


@dataclass(frozen=True, slots=True)
class EdgeCapacity:
    """What one edge takes on. Every number is shared by its callers (core.share).

    message_bytes: of the messages that are received or whose calls run. waiting: calls without a message.
    calls, streams: running. health_streams: of grpc.health.v1. connections: open, with and without a
    handshake; each acceptor has its part, and the kernel gives some more than others. refused: calls beyond a
    share that have not been told so. pending: calls that gRPC has not handed over.
    """

    message_bytes: int
    waiting: int
    calls: int
    streams: int
    health_streams: int
    connections: int
    refused: int
    pending: int

    @property
    def files(self) -> int:
        """How many file descriptors the process may need."""
        return self.connections + SPARE_FILES

    def bound(self) -> int:
        """Return how many MiB all of it takes at the same time, with the process at rest.

        Not counted: what clients that acknowledge no settings send of pending and refused calls in the first
        seconds.
        """
        calls = self.waiting + self.calls + self.streams + self.health_streams + self.refused
        held = calls * _CALL + self.waiting * _UNHEARD + self.message_bytes * DECODED
        unasked = (self.pending + self.refused) * LOOKAHEAD
        core = self.connections * _CONNECTION + self.pending * _PENDING
        return BASE + (held + unasked + core) // MIB


@dataclass(frozen=True, slots=True)
class PortCapacity:
    """How many connections an HTTP port holds. silent: that have not sent a byte; spoken: all others.

    for_address: of both kinds together, of one address.
    """

    silent: int
    spoken: int
    for_address: int = 256

    def bound(self) -> int:
        """Return how many MiB all of it takes at the same time, with the process at rest."""
        return BASE + (self.silent * _SILENT + self.spoken * _SPOKEN) // MIB

    @property
    def files(self) -> int:
        """How many file descriptors the process may need."""
        return self.silent + self.spoken + SPARE_FILES

    def within(self, files: int) -> "PortCapacity":
        """Return the same with as many silent connections as a limit of descriptors leaves room for."""
        spoken = min(self.spoken, max(1, (files - SPARE_FILES) // 2))
        left = max(1, files - SPARE_FILES - spoken)
        return replace(self, silent=min(self.silent, left), spoken=spoken)


def edge(memory: int = DEFAULT_MEMORY, *, edges: int = 1) -> EdgeCapacity:
    """Return what an edge takes on. memory: MiB of its process. edges: how many the process serves."""
    spare = max(memory, LEAST_MEMORY) // edges
    return EdgeCapacity(
        message_bytes=spare * MIB // 24,
        waiting=spare,
        calls=3 * spare,
        streams=3 * spare // 2,
        health_streams=spare // 2,
        connections=9 * spare // 4,
        refused=2 * spare,
        pending=12 * spare,
    )


def port(memory: int = DEFAULT_MEMORY) -> PortCapacity:
    """Return what the hosted pages or a witness hold. memory: MiB of the process."""
    spare = max(memory, LEAST_MEMORY)
    return PortCapacity(silent=24 * spare, spoken=2 * spare)
