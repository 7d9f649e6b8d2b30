"""`idvault-people auditor connect` and the other roles': pins a vault in an identity folder."""

from pathlib import Path
from typing import Annotated

import typer

from idvault_people import identity_folder
from idvault_people.commands import membership, passphrase
from idvault_people.commands.next_step import NextStep
from idvault_people.commands.session import MemberOptions, explained
from idvault_people.opens import identity as identities
from idvault_verify import small_file
from idvault_verify.address import split_address
from idvault_verify.attest.people import roster_chain


def connect(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    target: Annotated[str, typer.Option(metavar="HOST:PORT", help="The address of the custody edge.")],
    ca: Annotated[
        Path, typer.Option(help="The PEM file of the authority that signed the vault's certificate.")
    ],
    log_key: Annotated[
        str,
        typer.Option(
            metavar="VKEY", help="The log's public key, NAME+ID+KEY, from a source other than the vault."
        ),
    ],
    roster: Annotated[
        Path,
        typer.Option(
            metavar="FILE", help="The published roster, with its earlier versions beside it; read it first."
        ),
    ],
    server_name: Annotated[
        str, typer.Option(metavar="NAME", help="The name in the vault's certificate, if not HOST.")
    ] = "",
) -> None:
    """Connect to a vault, and pin its roster and log key.

    Run it again to change the address. It refuses another log key, or a roster that contradicts the pinned
    one. It warns you if the roster does not have you, or has other keys than yours.
    """
    given: MemberOptions = context.obj
    folder = given.folder()
    split_address(target)
    with explained(NextStep(str(context.parent.info_name if context.parent else ""), folder)):
        pinned = identity_folder.pin(
            folder,
            target=target,
            server_name=server_name,
            ca=small_file.read(ca),
            log_key=log_key,
            versions=roster_chain.load_all(roster),
        )
    if (folder / identities.PUBLIC).exists():
        with passphrase.identity_errors():
            own = identities.public_entry(folder)
        for text in membership.problems(pinned.versions[-1], own):
            typer.echo(f"warning: {text}", err=True)
    typer.echo(f"roster: version {pinned.versions[-1].version} pinned, {pinned.versions[-1].digest()}")
