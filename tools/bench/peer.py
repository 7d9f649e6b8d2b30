"""The figures of Databunker OSS, measured on 25 November 2026; not measured by this program."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Peer:
    """CPU microseconds of the peer's own process and of its PostgreSQL, for a read and for a new record."""

    name: str
    read_us: float
    read_database_us: float
    read_sqlite_us: float
    create_us: float
    create_database_us: float
    conditions: str
    caution: str


PEER = Peer(
    name="Databunker OSS 0.8.36",
    read_us=239,
    read_database_us=370,
    read_sqlite_us=226,
    create_us=437,
    create_database_us=637,
    conditions="two cores of a virtual Zen 4 host on 25 November 2026: plain HTTP, 64 connections, audit "
    "on, fsync on",
    caution="It verifies nobody, seals to nobody and keeps no provable log, but it is what one would pick "
    "instead.",
)
