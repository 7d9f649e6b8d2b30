"""P2, P3 and P4: the cost of reading statuses, compared with an echo over the same transport in the same run.

Costs are CPU microseconds of the server per call. With one core for the server, calls per second are the
inverse, whatever the client.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import grpc
from sqlalchemy.engine import make_url

from idvault.v1 import status_pb2
from idvault_client import Tls
from idvault_client.backend.campaign.values import LegacyAccount
from tests.performance import echo, load
from tests.performance.goal import Check, Measured, Options, middle, spread
from tests.performance.load import Target
from tests.performance.vault import running
from tests.support import durable
from tests.support.checkout import Checkout
from tests.support.databases import Databases

_ACCOUNTS = 2_000
_BATCH = 1_000
_AT_ONCE = 64
_CALLS = 6_000
_ALONE = 400
_STATUS = "/idvault.v1.StatusService/"


@dataclass(frozen=True, slots=True)
class _Place:
    """A vault with accounts, and the echo beside it."""

    target: Target
    tokens: list[str]
    tls: Tls
    server_tls: Tls
    folder: Path
    databases: Databases

    @property
    def requests(self) -> list[bytes]:
        """A different request for each status: reading the same one repeatedly would measure a cache."""
        return [status_pb2.GetStatusRequest(account_token=token).SerializeToString() for token in self.tokens]

    def read(self, *, calls: int = _CALLS, at_once: int = _AT_ONCE) -> load.Cost:
        """Read the statuses of all accounts, one per call."""
        return load.run(self.target, _STATUS + "GetStatus", self.requests, calls=calls, at_once=at_once)

    def echo(self, kind: str, *, calls: int = _CALLS, at_once: int = _AT_ONCE) -> load.Cost:
        """Let an echo answer the same requests."""
        with load.echo_server(kind, self.tls, self.server_tls, self.folder) as target:
            return load.run(target, echo.PATH, self.requests, calls=calls, at_once=at_once)


def measure_postgres(options: Options) -> Measured:
    with durable.postgres() as databases, _vault(databases, options.checkout) as place:
        rounds = [(place.echo("E0"), place.read(), place.echo("E1")) for _ in range(options.rounds)]
        alone = place.read(calls=_ALONE, at_once=1).median_us
        echo = place.echo("E1", calls=_ALONE, at_once=1).median_us
        look_up = asyncio.run(_look_up(databases, place.tokens[0]))
    to_e0 = [e0.cpu_us / read.cpu_us for e0, read, _ in rounds]
    to_e1 = [e1.cpu_us / read.cpu_us for _, read, e1 in rounds]
    return Measured(
        checks=(
            Check("GetStatus per E0", middle(to_e0), 1.5, less=False),
            Check("GetStatus per E1", middle(to_e1), 1.0, less=False),
            Check("p50 at 1 in flight / (E1 + look-up)", alone / (echo + look_up), 1.2, less=True),
        ),
        ceilings={
            "cpu_us_e0": middle([e0.cpu_us for e0, _, _ in rounds]),
            "cpu_us_e1": middle([e1.cpu_us for _, _, e1 in rounds]),
            "cpu_us_get_status": middle([read.cpu_us for _, read, _ in rounds]),
            "p50_us_get_status": alone,
            "p50_us_e1": echo,
            "p50_us_prepared_look_up": look_up,
        },
        spread=max(spread(to_e0), spread(to_e1)),
    )


def measure_sqlite(options: Options) -> Measured:
    with (
        tempfile.TemporaryDirectory(prefix="idvault-bench-") as folder,
        durable.durable("sqlite", Path(folder)) as databases,
        _vault(databases, options.checkout) as place,
    ):
        rounds = [(place.read(), place.echo("E1")) for _ in range(options.rounds)]
    ratios = [e1.cpu_us / read.cpu_us for read, e1 in rounds]
    return Measured(
        checks=(Check("GetStatus per E1", middle(ratios), 0.75, less=False),),
        ceilings={
            "cpu_us_e1": middle([e1.cpu_us for _, e1 in rounds]),
            "cpu_us_get_status": middle([read.cpu_us for read, _ in rounds]),
        },
        spread=spread(ratios),
    )


def measure_batch(options: Options) -> Measured:
    """Measure P4: the cost per status in a batch and in the feed."""
    with durable.postgres() as databases, _vault(databases, options.checkout) as place:
        batch = status_pb2.BatchGetStatusesRequest(account_tokens=place.tokens[:_BATCH]).SerializeToString()
        rounds = []
        for _ in range(options.rounds):
            unary = place.read().cpu_us
            many = load.run(place.target, _STATUS + "BatchGetStatuses", [batch], calls=150, at_once=4)
            rounds.append((unary, many.cpu_us / _BATCH, asyncio.run(_watch(place, times=40))))
    shares = [many / unary for unary, many, _ in rounds]
    fed = [feed / unary for unary, _, feed in rounds]
    return Measured(
        checks=(
            Check("CPU per status of a batch / unary", middle(shares), 1 / 80, less=True),
            Check("CPU per status of the feed / unary", middle(fed), 1 / 300, less=True),
        ),
        ceilings={
            "cpu_us_get_status": middle([unary for unary, _, _ in rounds]),
            "cpu_us_per_status_of_a_batch": middle([many for _, many, _ in rounds]),
            "cpu_us_per_status_of_the_feed": middle([feed for _, _, feed in rounds]),
        },
        spread=max(spread(shares), spread(fed)),
    )


@contextmanager
def _vault(databases: Databases, checkout: Checkout) -> Iterator[_Place]:
    """Run an edge alone on its core, with accounts imported by a platform."""
    with running(databases, checkout) as measured:
        cluster, tls = measured.cluster, measured.cluster.tls()
        certificates = Path(tls.ca).parent
        server_tls = Tls(tls.ca, certificates / "server.pem", certificates / "server.key")
        target = Target(f"127.0.0.1:{cluster.port}", tls, measured.cpu)
        with cluster.vault(timeout=60) as vault:
            rows = [LegacyAccount(f"bench-{number}", "2020-01-01") for number in range(_ACCOUNTS)]
            tokens = [row.account_token for row in vault.campaigns.import_legacy_accounts("bench", rows)]
        yield _Place(
            target, [token for token in tokens if token], tls, server_tls, measured.folder, databases
        )


async def _watch(place: _Place, *, times: int) -> float:
    """Read the whole feed several times, and return the server's CPU microseconds per status."""
    options = [("grpc.ssl_target_name_override", "localhost")]
    before, seen = place.target.cpu(), 0
    async with grpc.aio.secure_channel(
        place.target.address, place.tls.credentials(), options=options
    ) as channel:
        method: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(
            _STATUS + "WatchStatuses"
        )
        for _ in range(times):
            call = method(status_pb2.WatchStatusesRequest().SerializeToString())
            async for body in call:
                message = status_pb2.WatchStatusesResponse.FromString(body)
                seen += len(message.statuses)
                if message.caught_up:
                    break
            call.cancel()
    return (place.target.cpu() - before) / seen * 1e6


async def _look_up(databases: Databases, token: str) -> float:
    """Return the median microseconds of a prepared look-up on a separate connection."""
    url = make_url(databases.main_url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection: Any = await asyncpg.connect(url)
    try:
        statement = await connection.prepare("SELECT * FROM accounts WHERE account_token = $1")
        times = []
        for _ in range(1_000):
            begun = time.perf_counter()
            await statement.fetchrow(token)
            times.append(time.perf_counter() - begun)
        return median(times) * 1e6
    finally:
        await connection.close()
