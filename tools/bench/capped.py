"""P6: a burst of sign-ups far above the registry's cap: how fast they are settled, and what reads notice.

The worker, the registry and the database share the load generator's core. So the worker is measured twice:
without reads, and while reads saturate the edge.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from idvault_client import Consent
from idvault_verify.registry import pace
from tools.bench import bare_database, load
from tools.bench.goal import Measured, Options, at_least, at_most, figure
from tools.bench.place import Place, reading
from tools.bench.sign_up import PATH
from tools.support import durable, sandbox, unsent
from tools.support.databases import Databases

_LATENCY_MS = 300
_CAP = pace(100.0)
_LEAST_WAITING = 1_000
# Those that are settled while the reads are measured, and during the burst itself.
_SPARE = 900
_PER_ROUND = 900
_AT_ONCE = 200
_READS = 8_000
_WINDOW = 4.0
_SUSTAINED = 0.95
_WAITING = "SELECT count(*) FROM jobs WHERE state <> 'DONE'"


@dataclass(frozen=True, slots=True)
class _Round:
    """Reads while claims wait, and how many still waited afterwards.

    settled, settled_beside: claims settled a second, without reads and beside them.
    """

    read: load.Cost
    waiting: int
    settled: float
    settled_beside: float


def measure(options: Options) -> Measured:
    with durable.postgres() as databases, reading(databases, options.checkout) as place:
        before = [place.read(calls=_READS) for _ in range(options.rounds)]
        place.vault.cluster.registry.behave("normal", latency_ms=_LATENCY_MS)
        _burst(place, _LEAST_WAITING + _SPARE + _PER_ROUND * options.rounds)
        during = [_round(place, databases) for _ in range(options.rounds)]
    if (least := min(one.waiting for one in during)) < _LEAST_WAITING:
        raise RuntimeError(f"only {least} claims waited while reads were measured")
    pairs = list(zip(before, during, strict=True))
    return Measured(
        checks=(
            at_least(_SUSTAINED, "settled a second / planned", "x", (one.settled / _CAP for one in during)),
            at_most(
                1.1, "CPU of a read, while claims wait / before", "x",
                (one.read.cpu_us / quiet.cpu_us for quiet, one in pairs),
            ),
            at_least(
                0.9, "reads a second, while claims wait / before", "x",
                (one.read.per_second / quiet.per_second for quiet, one in pairs),
            ),
        ),
        figures=(
            figure("planned under the registry's cap of 100", "a second", (_CAP,)),
            figure("settled", "a second", (one.settled for one in during)),
            figure("settled beside saturating reads", "a second", (one.settled_beside for one in during)),
            figure("claims that still wait", "claims", (float(one.waiting) for one in during)),
            figure("reads before", "reads a second", (quiet.per_second for quiet in before)),
            figure("reads while claims wait", "reads a second", (one.read.per_second for one in during)),
            figure("p50 of a read before", "us p50", (quiet.median_us for quiet in before)),
            figure("p50 of a read while claims wait", "us p50", (one.read.median_us for one in during)),
        ),
    )  # fmt: skip


def _burst(place: Place, count: int) -> None:
    """Claim for new people, many at once; each answer is PENDING or better."""
    people = [sandbox.invent() for _ in range(count)]
    place.vault.cluster.registry.add(*people)
    consent = Consent("terms-1", datetime.now(UTC))
    calls = [unsent.verification(person, consent=consent) for person in people]
    answers: list[bytes] = []
    load.run(
        place.target, PATH, [call.request for call in calls], calls=count, at_once=_AT_ONCE, warm_up=0,
        read=answers.append,
    )  # fmt: skip
    if any(calls[0].result(answer).failed for answer in answers):
        raise RuntimeError("a person whom the registry knows was not verified")


def _round(place: Place, databases: Databases) -> _Round:
    waited, begun = _waiting(databases), time.perf_counter()
    time.sleep(_WINDOW)
    between, middle = _waiting(databases), time.perf_counter()
    read = place.read(calls=_READS)
    waiting, ended = _waiting(databases), time.perf_counter()
    return _Round(
        read, waiting, (waited - between) / (middle - begun), (between - waiting) / (ended - middle)
    )


def _waiting(databases: Databases) -> int:
    async def count() -> int:
        connection: Any = await bare_database.connect(databases.main_url)
        try:
            found: int = await connection.fetchval(_WAITING)
        finally:
            await connection.close()
        return found

    return asyncio.run(count())
