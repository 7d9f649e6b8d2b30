"""P2, P3 and P4: the cost of reading statuses, compared with an echo over the same transport in the same run.

Costs are CPU microseconds of the server per call. With one core for the server, calls per second are the
inverse, whatever the client.
"""

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import grpc

from idvault_verify.v1 import status_pb2
from tools.bench import bare_database, load
from tools.bench.goal import Measured, Options, at_least, at_most, figure
from tools.bench.peer import PEER
from tools.bench.place import ALONE, CALLS, STATUS, Place, imported, reading
from tools.support import durable
from tools.support.databases import Databases

_BATCH = 1_000
_FEED_IMPORTS = 9
"""How often as many accounts again are imported: a feed is read once and then followed, so it has many."""
_LOOK_UP = "SELECT * FROM accounts WHERE account_token = $1"
_SHARE_OF_PEER = 0.8


def measure_postgres(options: Options) -> Measured:
    with durable.postgres() as databases, reading(databases, options.checkout) as place:
        rounds = [_round(place) for _ in range(options.rounds)]
    cpu = {name: [one[name] for one in rounds] for name in rounds[0]}
    return Measured(
        checks=(
            at_least(1.0, "GetStatus per E1", "x", (one["E1"] / one["read"] for one in rounds)),
            at_least(1.5, "GetStatus per E0", "x", (one["E0"] / one["read"] for one in rounds)),
            at_most(
                1.2, "p50 at 1 in flight / (E1 + look-up)", "x",
                (one["read, alone"] / (one["E1, alone"] + one["look-up"]) for one in rounds),
            ),
            at_most(round(PEER.read_us * _SHARE_OF_PEER), "CPU of a GetStatus (P2b)", "us", cpu["read"]),
        ),
        figures=(
            figure("E0, CPU of a call", "us", cpu["E0"]),
            figure("E1, CPU of a call", "us", cpu["E1"]),
            figure("GetStatus, CPU of a call", "us", cpu["read"]),
            figure("PostgreSQL, CPU of a GetStatus", "us", cpu["database"]),
            figure("GetStatus, p50 at 1 in flight", "us p50", cpu["read, alone"]),
            figure("E1, p50 at 1 in flight", "us p50", cpu["E1, alone"]),
            figure("bare prepared look-up, p50", "us p50", cpu["look-up"]),
            figure("GetStatus, calls with one core", "a second", cpu["per second"]),
        ),
    )  # fmt: skip


def _round(place: Place) -> dict[str, float]:
    e0 = place.echo("E0").cpu_us
    postmaster = asyncio.run(bare_database.postmaster(place.databases))
    with bare_database.cpu_of(postmaster) as used:
        read = place.read()
    return {
        "E0": e0,
        "read": read.cpu_us,
        "database": used.seconds / CALLS * 1e6,
        "per second": read.per_second,
        "read, alone": place.read(calls=ALONE, at_once=1).median_us,
        "E1": place.echo("E1").cpu_us,
        "E1, alone": place.echo("E1", calls=ALONE, at_once=1).median_us,
        "look-up": asyncio.run(_look_up(place.databases, place.tokens[0])),
    }


def measure_sqlite(options: Options) -> Measured:
    with (
        tempfile.TemporaryDirectory(prefix="idvault-bench-") as folder,
        durable.durable("sqlite", Path(folder)) as databases,
        reading(databases, options.checkout) as place,
    ):
        rounds = [(place.read(), place.echo("E1")) for _ in range(options.rounds)]
    return Measured(
        checks=(at_least(0.75, "GetStatus per E1", "x", (e1.cpu_us / read.cpu_us for read, e1 in rounds)),),
        figures=(
            figure("E1, CPU of a call", "us", (e1.cpu_us for _, e1 in rounds)),
            figure("GetStatus, CPU of a call", "us", (read.cpu_us for read, _ in rounds)),
            figure("GetStatus, calls with one core", "a second", (read.per_second for read, _ in rounds)),
        ),
    )


def measure_batch(options: Options) -> Measured:
    """Measure P4: the cost per status in a batch and in the feed."""
    with durable.postgres() as databases, reading(databases, options.checkout) as place:
        for number in range(_FEED_IMPORTS):
            imported(place.vault, f"feed-{number}")
        batch = status_pb2.BatchGetStatusesRequest(account_tokens=place.tokens[:_BATCH]).SerializeToString()
        rounds = []
        for _ in range(options.rounds):
            echo = place.echo("E1").cpu_us
            many = load.run(
                place.target, STATUS + "BatchGetStatuses", [batch], calls=150, at_once=4, warm_up=8
            )  # fmt: skip
            rounds.append((echo, many.cpu_us / _BATCH, asyncio.run(_watch(place, times=10))))
    return Measured(
        checks=(
            at_most(1 / 80, "CPU per status of a batch / E1 call", "x", (many / e for e, many, _ in rounds)),
            at_most(
                1 / 300, "CPU per status of the feed / E1 call", "x", (feed / e for e, _, feed in rounds)
            ),
        ),
        figures=(
            figure("E1, CPU of a call", "us", (echo for echo, _, _ in rounds)),
            figure("CPU per status of a batch", "us", (many for _, many, _ in rounds)),
            figure("CPU per status of the feed", "us", (feed for _, _, feed in rounds)),
        ),
    )


async def _watch(place: Place, *, times: int) -> float:
    """Read the whole feed several times; return the CPU microseconds per status beyond an idle server's."""
    idle = place.vault.idle()
    before, begun, seen = place.target.cpu(), time.perf_counter(), 0
    async with place.vault.channel() as channel:
        method: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(
            STATUS + "WatchStatuses"
        )
        for _ in range(times):
            call = method(status_pb2.WatchStatusesRequest().SerializeToString())
            async for body in call:
                message = status_pb2.WatchStatusesResponse.FromString(body)
                seen += len(message.statuses)
                if message.caught_up:
                    break
            call.cancel()
    used = place.target.cpu() - before - idle * (time.perf_counter() - begun)
    return used / seen * 1e6


async def _look_up(databases: Databases, token: str) -> float:
    """Return the median microseconds of a prepared look-up on a separate connection."""
    connection: Any = await bare_database.connect(databases.main_url)
    try:
        statement = await connection.prepare(_LOOK_UP)
        times = []
        for _ in range(1_000):
            begun = time.perf_counter()
            await statement.fetchrow(token)
            times.append(time.perf_counter() - begun)
        return median(times) * 1e6
    finally:
        await connection.close()
