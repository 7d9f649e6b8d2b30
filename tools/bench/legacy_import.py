"""P8: the cost of an imported row compared with a verified person in the same run on the same server."""

import asyncio
import time
from dataclasses import dataclass
from itertools import islice

import grpc

from idvault_client.backend.campaign import CHUNK_SIZE, ImportedRow, LegacyAccount
from idvault_client.backend.rpc import Rpc
from idvault_verify.campaign import ImportResult
from tools.bench import sign_up
from tools.bench.goal import Measured, Options, at_least, at_most, figure
from tools.bench.vault import MeasuredVault, running
from tools.support import durable, unsent

_PEOPLE = 300  # per round; the registry accepts at most 90 per second
_CHUNKS_AT_ONCE = 4
_TIMEOUT = 30.0
_LEAST_ROWS = 20_000
_SHARE = 0.01
_ROWS_PER_SECOND = 30_000.0


@dataclass(frozen=True, slots=True)
class _Round:
    """CPU microseconds of the edge per row and per call, and durable rows per second."""

    row_cpu: float
    call_cpu: float
    rows_per_second: float


def measure(options: Options) -> Measured:
    """Measure P8; all rounds together have options.accounts rows."""
    rows = max(_LEAST_ROWS, options.accounts // options.rounds)
    with durable.postgres() as databases, running(databases, options.checkout) as measured:
        _import(measured, "warm-up", _LEAST_ROWS)
        rounds = [_round(measured, number, rows) for number in range(options.rounds)]
    return Measured(
        checks=(
            at_most(
                _SHARE, "CPU of a row / VerifyIndividual", "x", (one.row_cpu / one.call_cpu for one in rounds)
            ),
            at_least(
                _ROWS_PER_SECOND, f"durable rows, {rows:,} a round", "a second",
                (one.rows_per_second for one in rounds),
            ),
        ),
        figures=(
            figure("imported row, CPU", "us", (one.row_cpu for one in rounds)),
            figure("VerifyIndividual, CPU", "us", (one.call_cpu for one in rounds)),
        ),
    )  # fmt: skip


def _round(measured: MeasuredVault, number: int, rows: int) -> _Round:
    call_cpu = sign_up.verify(measured, _PEOPLE, idle=measured.idle())
    row_cpu, rows_per_second = _import(measured, f"round-{number}", rows)
    return _Round(row_cpu, call_cpu, rows_per_second)


def _import(measured: MeasuredVault, label: str, count: int) -> tuple[float, float]:
    """Import new accounts; return the edge's CPU microseconds per account, and durable rows per second.

    Requests are built before and answers read after the measurement: that is the platform's work, and here it
    would use the database's core.
    """
    calls = _calls(label, count)
    before, begun = measured.cpu(), time.perf_counter()
    answers = asyncio.run(_import_all(measured, calls))
    seconds, used = time.perf_counter() - begun, measured.cpu() - before
    rows = [row for call, answer in zip(calls, answers, strict=True) for row in call.result(answer)]
    created = sum(row.outcome is ImportResult.CREATED for row in rows)
    if created != count:
        raise RuntimeError(f"{created} of {count} accounts were created")
    return used / count * 1e6, count / seconds


def _calls(label: str, count: int) -> list[Rpc[tuple[ImportedRow, ...]]]:
    rows = (LegacyAccount(f"{label}-{number:08}", "2012-05-01") for number in range(count))
    chunks = iter(lambda: list(islice(rows, CHUNK_SIZE)), [])
    return [unsent.legacy_import(label, chunk) for chunk in chunks]


async def _import_all(measured: MeasuredVault, calls: list[Rpc[tuple[ImportedRow, ...]]]) -> list[bytes]:
    answers: dict[int, bytes] = {}
    waiting = iter(enumerate(calls))

    async def one_after_another(channel: grpc.aio.Channel) -> None:
        for place, call in waiting:
            method: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(call.path)
            answers[place] = await method(call.request, timeout=_TIMEOUT)

    async with measured.channel() as channel:
        await asyncio.gather(*(one_after_another(channel) for _ in range(_CHUNKS_AT_ONCE)))
    return [answers[place] for place in range(len(calls))]
