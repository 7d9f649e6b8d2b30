"""How a command reaches the vault: the options before it."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from idvault_client import testing
from idvault_client.backend.blocking.vault import Vault, connect
from idvault_client.transport import DEFAULT_TIMEOUT, Tls
from idvault_verify import small_file


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """How to reach the vault: by a ready file, or by target and PEM files."""

    ready_file: Path | None
    platform: str
    target: str | None
    tls: Tls | None
    server_name: str | None
    timeout: float
    as_json: bool

    def open(self) -> Vault:
        """Return the client; raises OSError or ValueError if a file cannot be read or is not valid."""
        if self.ready_file is not None:
            return testing.connect(self.ready_file, platform=self.platform, timeout=self.timeout)
        if self.target is None or self.tls is None:
            raise typer.BadParameter("give --ready-file, or --target with --ca, --certificate and --key")
        return connect(self.target, tls=self.tls, timeout=self.timeout, server_name=self.server_name)

    def certificate(self) -> bytes:
        """Return the platform's certificate; raises as `open` does."""
        tls = self.tls
        if self.ready_file is not None:
            tls = testing.endpoint(self.ready_file, platform=self.platform).tls
        if tls is None:
            raise typer.BadParameter("give --ready-file, or --target with --ca, --certificate and --key")
        return small_file.read(Path(tls.certificate))


def _print_version(context: typer.Context, asked: bool) -> None:
    if asked:
        typer.echo(f"{context.command_path} {version('idvault-client')}")
        raise typer.Exit


def options(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    ready_file: Annotated[
        Path | None,
        typer.Option(
            help="The file written by `idvault dev --ready-file`; replaces --target and the PEM options."
        ),
    ] = None,
    platform: Annotated[
        str, typer.Option(help="The platform in the ready file to call as.")
    ] = testing.DEVELOPMENT_PLATFORM,
    target: Annotated[str | None, typer.Option(help="The vault's address, HOST:PORT.")] = None,
    ca: Annotated[
        Path | None, typer.Option(help="PEM file of the authority that signed the server's certificate.")
    ] = None,
    certificate: Annotated[Path | None, typer.Option(help="PEM file of your certificate.")] = None,
    key: Annotated[Path | None, typer.Option(help="PEM file of your private key.")] = None,
    server_name: Annotated[
        str | None, typer.Option(help="The name in the server's certificate, if not HOST.")
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds a call may take, retries included.", min=0.1)] = (
        DEFAULT_TIMEOUT
    ),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit."),
    ] = False,
) -> None:
    """Keep how to reach the vault, and how to answer, for the command."""
    tls = Tls(ca, certificate, key) if ca and certificate and key else None
    # A program that takes --json anywhere has told it already.
    as_json = as_json or context.obj is True
    context.obj = ConnectionOptions(ready_file, platform, target, tls, server_name, timeout, as_json)
