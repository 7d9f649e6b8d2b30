"""`idvault platform`: whose certificates may call as platforms and monitors."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from idvault import bootstrap, config
from idvault.cli import running
from idvault.config import Process

app = typer.Typer(help="Platforms and monitors, and their pinned certificate keys.", no_args_is_help=True)


class Role(StrEnum):
    """Who is registered with the vault itself, not in the roster."""

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
    """Let the holder of a certificate's key call as NAME, from now on and with an entry in the log.

    A name may have several keys while it changes them. Repeating it changes nothing; a revoked key stays so.
    """
    settings = config.load(Process.PLATFORMS)
    pem = certificate.read_bytes()
    asyncio.run(
        bootstrap.register_platform(
            settings, name=name, role=role.value, certificate_pem=pem, now=running.real_clock()
        )
    )
    typer.echo(f"platform: {name} registered")


@app.command()
def revoke(name: Name, certificate: Certificate, role: ForRole = Role.PLATFORM) -> None:
    """Take a certificate's key away from NAME: new calls are refused within seconds."""
    settings = config.load(Process.PLATFORMS)
    pem = certificate.read_bytes()
    asyncio.run(
        bootstrap.revoke_platform(
            settings, name=name, role=role.value, certificate_pem=pem, now=running.real_clock()
        )
    )
    typer.echo(f"platform: {name} revoked")
