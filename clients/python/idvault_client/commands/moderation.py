"""`idvault-client moderator init` and `idvault-client desk`: a moderator's key, and the pages that use it."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from idvault.attest import certificate
from idvault.domain.error import Reason
from idvault_client.commands.output import AsJson, reporting, show
from idvault_client.errors import PreconditionFailed
from idvault_client.moderation import key_folder

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
PassphraseFile = Annotated[
    Path | None,
    typer.Option(help="The file with the passphrase; without it the command asks at the terminal."),
]
_NOT_INSTALLED = "this command needs packages that are not installed: pip install 'idvault[console]'"


@app.callback()
def moderator() -> None:
    """A moderator: a member of your staff with a key, who signs on their own machine."""


@app.command("init")
def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The moderator's own folder.")],
    passphrase_file: PassphraseFile = None,
    json_option: AsJson = False,
) -> None:
    """Create a moderator's key in FOLDER, encrypted under a passphrase, and register it.

    Run it on the moderator's own machine: the private key never leaves the folder. The vault keeps a random
    id and the public key, and no name. Repeat the command if it was interrupted.
    """
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        platform = certificate.read(context.obj.certificate()).name
        made = key_folder.register(
            folder, relying_party=platform, password=_chosen(passphrase_file), vault=vault
        )
        fingerprint = key_folder.fingerprint(made)
        if as_json:
            show({"moderator_id": made.moderator_id, "fingerprint": fingerprint}, as_json=True)
            return
        typer.echo(f"key fingerprint: {fingerprint}")
        typer.echo(f"next: idvault-client … desk --as {folder}")
        typer.echo(f"moderator: {made.moderator_id} registered")


def serve(
    context: typer.Context,
    moderator: Annotated[
        Path, typer.Option("--as", metavar="MODERATOR", help="Your folder, made by `moderator init`.")
    ],
    passphrase_file: PassphraseFile = None,
    json_option: AsJson = False,
) -> None:
    """Open the moderators' pages in a browser on this machine: reports, sanctions, appeals, public accounts.

    What you decide is signed here; your key never leaves this machine. Open the file that is printed: it
    leads this machine's browser into the pages, once. They end with Ctrl-C or with the button on each page.
    """
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        try:
            # Only this command needs the packages of the extra.
            from idvault_client.console import server  # noqa: PLC0415
            from idvault_client.moderation import pages, workplace  # noqa: PLC0415
        except ModuleNotFoundError as error:
            if error.name is None or error.name.startswith("idvault"):
                raise
            raise ValueError(_NOT_INSTALLED) from error
        key = key_folder.load(moderator, password=_read(passphrase_file))
        if vault.sanctions.get_moderator(key.moderator_id).revoke_time is not None:
            raise PreconditionFailed(Reason.MODERATOR_REVOKED, "FAILED_PRECONDITION")

        def ready(file: Path) -> None:
            if as_json:
                show({"file": str(file)}, as_json=True)
            else:
                typer.echo(f"desk: open {file} in a browser")
            sys.stdout.flush()

        place = workplace.Workplace(vault=vault, key=key)
        server.serve(pages.console(place), folder=moderator, ready=ready)


def _read(file: Path | None) -> bytes:
    if file is not None:
        return file.read_bytes().removesuffix(b"\n").removesuffix(b"\r")
    _check_terminal()
    return str(typer.prompt("Passphrase", hide_input=True)).encode()


def _chosen(file: Path | None) -> bytes:
    if file is not None:
        return _read(file)
    _check_terminal()
    return str(typer.prompt("New passphrase", hide_input=True, confirmation_prompt=True)).encode()


def _check_terminal() -> None:
    if not sys.stdin.isatty():
        raise typer.BadParameter("--passphrase-file is missing, and there is no terminal to ask on")
