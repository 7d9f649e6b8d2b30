"""`idvault mock-registry`: a stand-in for the national registry, with synthetic people and organisations."""

import asyncio
import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from idvault.core import process
from idvault.processes.cli import running
from idvault_dev.mock_registry import server
from idvault_dev.mock_registry.population import PopulationError
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage

_DAY_CAP = 10**9
_LOOPBACK = ("127.0.0.1", "localhost")
_SECRET_KEY = re.compile(r"[0-9a-fA-F]{32}")

Population = Annotated[
    Path, typer.Option(help="The JSON file of the synthetic people; created if it is missing.")
]
SecretKey = Annotated[
    Path, typer.Option(help="The file with the secret key that callers sign with, 32 hex digits.")
]
Listen = Annotated[str, typer.Option(help="Where the registry's interface listens.")]
AdminListen = Annotated[str, typer.Option(help="Where the admin port listens; loopback only.")]
AppId = Annotated[str, typer.Option(help="The appId of the only accepted caller.")]
BizId = Annotated[str, typer.Option(help="The bizId of the only accepted caller.")]
Latency = Annotated[int, typer.Option(min=0, help="How long an answer takes in mode normal.")]
DailyCaps = Annotated[
    bool,
    typer.Option(help="Refuse a name or number that was checked too often in one day, as registries do."),
]


def mock_registry(  # noqa: PLR0917 - typer makes an option of each
    population: Population,
    secret_key_file: SecretKey,
    listen: Listen = "127.0.0.1:7490",
    admin_listen: AdminListen = "127.0.0.1:7491",
    app_id: AppId = "development",
    biz_id: BizId = "development",
    latency_ms: Latency = 0,
    daily_caps: DailyCaps = True,
    ready_file: running.ReadyFile = None,
) -> None:
    """Stand in for the national registry: the NPPA V1.9 protocol, with synthetic people.

    It also checks organisations under /enterprise/check and gives notices under /notices, with protocols that
    this project invented.

    The admin port changes its behaviour while it runs: PUT /behaviour, POST /settle, POST /people,
    POST /organizations, POST /notices, GET /counters, POST /reset.
    """
    host, port = running.address(listen, option="--listen")
    admin_port = _admin_port(admin_listen)
    secret_key = _secret_key(secret_key_file)
    options = server.Options() if daily_caps else server.Options(name_cap=_DAY_CAP, number_cap=_DAY_CAP)

    async def program(ready: running.Ready, stop: asyncio.Event) -> None:
        await process.check_free({"--listen": listen, "--admin-listen": admin_listen})
        await server.run(
            host=host,
            port=port,
            admin_port=admin_port,
            app_id=app_id,
            biz_id=biz_id,
            secret_key=secret_key,
            population_path=population,
            latency_ms=latency_ms,
            ready=lambda at: ready(asdict(at)),
            stop=stop,
            options=options,
        )

    try:
        running.run(program, ready_file=ready_file)
    except PopulationError as error:
        raise CommandError(ExitCode.REFUSED, str(error), reason="POPULATION", field="--population") from error


def _admin_port(listen: str) -> int:
    """Return the port, which must be on loopback because it controls the registry's answers."""
    host, port = running.address(listen, option="--admin-listen")
    if host not in _LOOPBACK:
        text = "--admin-listen must be 127.0.0.1:PORT"
        raise wrong_usage(text, field="--admin-listen")
    return port


def _secret_key(path: Path) -> str:
    key = path.read_bytes().strip().decode("ascii", "replace")
    if not _SECRET_KEY.fullmatch(key):
        text = "--secret-key-file must hold exactly 32 hex digits"
        raise wrong_usage(text, field="--secret-key-file")
    return key
