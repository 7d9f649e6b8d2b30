"""`idvault web`: the hosted pages for people."""

import asyncio

from idvault.core import config, process
from idvault.core.telemetry.logs import Logs
from idvault.processes.cli import running


def web(ready_file: running.ReadyFile = None, clock_file: running.ClockFile = None) -> None:
    """Serve the hosted pages over HTTP until SIGTERM or SIGINT (docs/pages.md).

    It is a client of the platform edge, with a certificate of the role web. It needs no database and no key
    file.
    """
    settings = config.load(config.Process.WEB, clock_file=clock_file)
    clock = running.clock(clock_file)

    async def program(ready: running.Ready, stop: asyncio.Event) -> None:
        from idvault.web import server  # noqa: PLC0415 - imports grpc

        addresses = {"IDVAULT_LISTEN": settings.listen, "IDVAULT_METRICS_LISTEN": settings.metrics_listen}
        await process.check_free(addresses)
        logs = Logs(process="web").install()
        try:
            await server.run(settings, clock=clock, ready=ready, stop=stop)
        finally:
            logs.close()

    running.run(program, ready_file=ready_file, factory=running.fast_loop)
