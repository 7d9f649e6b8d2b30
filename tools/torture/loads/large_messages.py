"""Messages of a megabyte and messages just within a method's limit, many at once, most of which never end.

Whatever the server's windows let pass is sent; the last byte is not, so that the server must hold the rest. A
call that the server ends is begun again. Small methods get large messages, too: gRPC knows one limit for all.
Every third connection never acknowledges the server's settings, so that its windows are not in force.
"""

import asyncio
import logging
import time
from contextlib import suppress
from itertools import cycle

from tools.torture.http2 import wire
from tools.torture.http2.wire import Connection
from tools.torture.loads import Target

_CONNECTIONS = 36
_CALLS = 100
_MEGABYTE = 1024 * 1024
_METHODS = (
    ("/idvault.v1.StatusService/GetStatus", _MEGABYTE - 16),
    ("/idvault.v1.CampaignService/ImportLegacyAccounts", _MEGABYTE - 16),
    ("/idvault.v1.StatusService/GetStatus", 64 * 1024 - 16),
    ("/grpc.health.v1.Health/Check", _MEGABYTE - 16),
    ("/idvault.v1.StatusService/WatchStatuses", _MEGABYTE - 16),
)
_PATIENCE = 1.0
# One copy for all calls: the attacker's own memory stays small.
_ZEROS = bytes(_MEGABYTE)


def run(target: Target, *, seconds: float) -> str:
    """Send from every connection until the time is over."""
    # The edge ends connections that are written to.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    return asyncio.run(_run(target, time.monotonic() + seconds))


async def _run(target: Target, end: float) -> str:
    sent = await asyncio.gather(
        *(_connection(target, end, place % 3 > 0) for place in range(target.times(_CONNECTIONS)))
    )
    begun, total = sum(each[0] for each in sent), sum(each[1] for each in sent)
    return f"{begun} calls begun over {len(sent)} connections, {total // _MEGABYTE} MiB let pass"


async def _connection(target: Target, end: float, acknowledges: bool) -> tuple[int, int]:
    """Call over one connection, and over another one if it ends; return calls and bytes."""
    begun = total = 0
    while time.monotonic() < end:
        try:
            connection = await Connection.open(target.edge, target.tls, acknowledges=acknowledges)
        except OSError:
            await asyncio.sleep(0.2)
            continue
        kinds = cycle(_METHODS)
        try:
            calls = [_calls(connection, *next(kinds), end) for _ in range(_CALLS)]
            for number, size in await asyncio.gather(*calls):
                begun, total = begun + number, total + size
        finally:
            await connection.close()
    return begun, total


async def _calls(connection: Connection, path: str, size: int, end: float) -> tuple[int, int]:
    begun = total = 0
    while time.monotonic() < end and not connection.closed.is_set():
        stream = connection.begin(path)
        begun += 1
        head = wire.message(b"", length=size)
        with suppress(ConnectionError):
            total += await connection.send_data(stream, head, patience=_PATIENCE)
            total += await connection.send_data(stream, _ZEROS[: size - 1], patience=_PATIENCE)
        await connection.until_ended(stream, patience=end - time.monotonic())
    return begun, total
