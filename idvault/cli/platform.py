"""`idvault platform`: registers the certificate keys of platforms and monitors."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from idvault import config
from idvault.bootstrap import operator
from idvault.cli import running

app = typer.Typer(help="Platforms and monitors, and their pinned certificate keys.", no_args_is_help=True)


class Role(StrEnum):
    """The roles that are registered with the vault and not in the roster."""

    PLATFORM = "platform"
    MONITOR = "monitor"


Name = Annotated[
    str, typer.Argument(help="The name, as the certificate has it in spiffe://DOMAIN/ROLE/NAME.")
]
Certificate = Annotated[Path, typer.Option(help="The PEM file of the client certificate.")]
ForRole = Annotated[
    Role, typer.Option(help="platform: an IM backend. monitor: a program that watches the log.")
]


@app.callback()
def platforms() -> None:
    """Platforms and monitors, and their pinned certificate keys."""


@app.command()
def register(name: Name, certificate: Certificate, role: ForRole = Role.PLATFORM) -> None:
    """Allow the holder of a certificate's key to call as NAME, and write a log entry.

    A name may have several keys, so that keys can be replaced. A repeat changes nothing; a revoked key stays
    revoked.
    """
    from idvault import config  # noqa: PLC0415 - `--help` and the people's commands need no service

    settings = config.load(config.Process.PLATFORMS)
    pem = certificate.read_bytes()
    asyncio.run(
        operator.register_platform(
            settings, name=name, role=role.value, certificate_pem=pem, now=running.real_clock()
        )
    )
    typer.echo(f"platform: {name} registered")


@app.command()
def revoke(name: Name, certificate: Certificate, role: ForRole = Role.PLATFORM) -> None:
    """Revoke a certificate's key of NAME: new calls are refused within seconds."""
    settings = config.load(config.Process.PLATFORMS)
    pem = certificate.read_bytes()
    asyncio.run(
        operator.revoke_platform(
            settings, name=name, role=role.value, certificate_pem=pem, now=running.real_clock()
        )
    )
    typer.echo(f"platform: {name} revoked")
