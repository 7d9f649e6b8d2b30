"""`idvault auditor connect`, `idvault custodian connect`: pins a vault in an identity folder."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from idvault.cli.people import session as desk
from idvault.cli.people.next_step import NextStep
from idvault.cli.people.session import MemberOptions
from idvault.process import split_address


def connect(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    target: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where the custody edge listens.")],
    ca: Annotated[Path, typer.Option(help="PEM file of the authority of the vault's certificate.")],
    log_key: Annotated[
        str, typer.Option(metavar="VKEY", help="The log's public key, NAME+ID+KEY, known from elsewhere.")
    ],
    roster: Annotated[
        Path,
        typer.Option(
            metavar="FILE", help="The published roster, with its former versions beside it; read it before."
        ),
    ],
    server_name: Annotated[
        str, typer.Option(metavar="NAME", help="The name in the vault's certificate, if not HOST.")
    ] = "",
) -> None:
    """Say which vault to ask, and pin what is believed from then on: the roster and the log's key.

    A repeat may give another address. Another log key, or a roster that contradicts the pinned one, is
    refused.
    """
    from idvault.attest import roster_chain  # noqa: PLC0415 - `--help` needs no cryptography
    from idvault_client.people import identity_folder as home  # noqa: PLC0415

    given: MemberOptions = context.obj
    folder = given.folder()
    split_address(target)
    with desk.told(NextStep(str(context.parent.info_name if context.parent else ""), folder)):
        pinned = home.pin(
            folder,
            target=target,
            server_name=server_name,
            ca=ca.read_bytes(),
            log_key=log_key,
            versions=roster_chain.load_all(roster),
        )
    typer.echo(f"roster: version {pinned.versions[-1].version} pinned, {pinned.versions[-1].digest()}")


def development(document: Mapping[str, Any], names: Iterable[str]) -> None:
    """Connect people of a development machine to it, by the content of its ready file."""
    from idvault.attest import roster_chain  # noqa: PLC0415 - production's commands load no more than they need
    from idvault_client.people import identity_folder as home  # noqa: PLC0415

    versions = roster_chain.load_all(Path(document["roster"]))
    for name in names:
        folder = Path(document["identities"][name])
        # Whoever has met a version since that the file does not have yet, keeps it.
        newer = home.load(folder).versions[len(versions) :] if (folder / home.CONNECTION).exists() else ()
        home.pin(
            folder,
            target=document["grpc_custody"],
            server_name=document["server_name"],
            ca=Path(document["ca"]).read_bytes(),
            log_key=document["log"]["public_key"],
            versions=(*versions, *newer),
        )
