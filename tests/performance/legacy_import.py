"""P8: the cost of an imported row compared with a verified person in the same run on the same server."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from uuid import uuid4

import grpc

from idvault.domain.campaign.legacy_account import ImportResult
from idvault_client import Consent, aio, resident_id
from idvault_client.backend.campaign.calls import CHUNK_SIZE, import_legacy_accounts
from idvault_client.backend.campaign.values import ImportedRow, LegacyAccount
from idvault_client.backend.rpc import Rpc
from tests.performance.goal import Check, Measured, Options, middle, spread
from tests.performance.vault import MeasuredVault, running
from tests.support import durable, sandbox

_PEOPLE = 300  # per round; the registry accepts at most 90 per second
_CALLS_AT_ONCE = 16
_CHUNKS_AT_ONCE = 4
_TIMEOUT = 30.0
_LEAST_ROWS = 20_000
_SHARE = 0.1
_ROWS_PER_SECOND = 20_000.0


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
    ratios = [one.row_cpu / one.call_cpu for one in rounds]
    speeds = [one.rows_per_second for one in rounds]
    return Measured(
        checks=(
            Check("CPU per row / CPU per VerifyIndividual", middle(ratios), _SHARE, less=True),
            Check("durable rows per second", middle(speeds), _ROWS_PER_SECOND, less=False),
        ),
        ceilings={
            "accounts": float(rows * options.rounds),
            "cpu_us_per_row": middle([one.row_cpu for one in rounds]),
            "cpu_us_per_verify_individual": middle([one.call_cpu for one in rounds]),
        },
        spread=max(spread(ratios), spread(speeds)),
    )


def _round(measured: MeasuredVault, number: int, rows: int) -> _Round:
    call_cpu = _verify(measured, _PEOPLE)
    row_cpu, rows_per_second = _import(measured, f"round-{number}", rows)
    return _Round(row_cpu, call_cpu, rows_per_second)


def _verify(measured: MeasuredVault, count: int) -> float:
    """Verify new people; return the edge's CPU microseconds per person."""
    people = [sandbox.invent() for _ in range(count)]
    measured.cluster.registry.add(*people)
    idle = measured.idle()
    before, begun = measured.cpu(), time.perf_counter()
    asyncio.run(_verify_all(measured, people))
    used = measured.cpu() - before - idle * (time.perf_counter() - begun)
    return used / count * 1e6


async def _verify_all(measured: MeasuredVault, people: list[sandbox.Person]) -> None:
    consent = Consent("terms-1", datetime.now(UTC))
    waiting = iter(people)

    async def one_after_another(client: aio.Vault) -> None:
        for person in waiting:
            answer = await client.verify_individual(
                person.name, resident_id(person.number), consent=consent, request_id=uuid4()
            )
            if answer.failed:
                raise RuntimeError("a person whom the registry knows was not verified")

    async with measured.client() as client:
        await asyncio.gather(*(one_after_another(client) for _ in range(_CALLS_AT_ONCE)))


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
    return [import_legacy_accounts(label, chunk, request_id=None) for chunk in chunks]


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
