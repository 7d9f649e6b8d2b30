"""`idvault roster`: installs the roster that the custodians have signed."""

from pathlib import Path
from typing import Annotated

import typer

from idvault.core import config
from idvault_verify import durable_file, small_file
from idvault_verify.attest.people import roster, roster_chain, roster_signature

_READABLE = 0o644
app = typer.Typer(help="The signed file of roster members and quorums.", no_args_is_help=True)


@app.callback()
def rosters() -> None:
    """The signed file of roster members and quorums."""


@app.command(short_help="Verify a roster and install it.")
def publish(file: Annotated[Path, typer.Argument(help="The roster file.")]) -> None:
    """Verify a roster against the published one and install it as IDVAULT_ROSTER.

    Running processes load it within a second. Earlier versions stay beside it, as roster.1.json and so on.
    """
    place = config.load(config.Process.ROSTER).roster
    found = roster.parse(small_file.read(file))
    before = roster_chain.load(place) if place.exists() else None
    if before is None or before.digest() != found.digest():
        roster_signature.verify(found, previous=before)
        found.check_in_force()
        if before is not None:
            former = roster_chain.former_path(place, version=before.version)
            durable_file.replace(former, before.to_bytes(), mode=_READABLE)
        durable_file.replace(place, found.to_bytes(), mode=_READABLE)
    typer.echo(found.summary())
