"""`idvault-client moderator init` and `idvault-client desk`: a moderator's key, and the pages that use it."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from idvault_client.commands.output import AsJson, reporting, show
from idvault_client.errors import PreconditionFailed
from idvault_people.moderation import key_folder
from idvault_verify import durable_file
from idvault_verify import moderator as rules
from idvault_verify.error import Reason

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
    platform: Annotated[str, typer.Option(help="Your platform, as its certificate names it.")],
    passphrase_file: PassphraseFile = None,
    json_option: AsJson = False,
) -> None:
    """Create a moderator's key in FOLDER, encrypted under a passphrase, and the file that registers it.

    Run it on the moderator's own machine: the private key never leaves the folder. The vault is not asked.
    Two moderators of your platform countersign the file `registration.json` within seven days; while there
    are fewer than two, the vault's operator takes it. Repeat the command if it was interrupted, or for a new
    file.
    """
    with reporting(context, json_option) as as_json:
        made = key_folder.create(
            folder, relying_party=platform, password=_chosen(passphrase_file), now=datetime.now(UTC)
        )
        fingerprint, file = key_folder.fingerprint(made), folder / key_folder.REGISTRATION
        if as_json:
            show({"registration": str(file), "fingerprint": fingerprint}, as_json=True)
            return
        typer.echo(f"key fingerprint: {fingerprint}")
        typer.echo(
            "next: two moderators: idvault-client … moderator countersign registration.json --as FOLDER"
        )
        typer.echo(f"moderator: {file} waits for two countersignatures")


@app.command("countersign")
def countersign(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The new moderator's registration.json.")],
    moderator: Annotated[Path, typer.Option("--as", metavar="MODERATOR", help="Your own folder.")],
    passphrase_file: PassphraseFile = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask whether the fingerprint was compared.")
    ] = False,
    json_option: AsJson = False,
) -> None:
    """Sign that the key in FILE is another person's; the second moderator who signs registers it.

    Compare the fingerprint with the one that the new moderator's machine has shown, in person or by
    telephone.
    """
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        key = key_folder.load(moderator, password=read_passphrase(passphrase_file))
        found = key_folder.read_registration(file)
        fingerprint = key_folder.fingerprint_of(found.public_key)
        if not as_json:
            typer.echo(f"key fingerprint: {fingerprint}")
        if not yes and sys.stdin.isatty():
            typer.confirm("Is this the key of another person, and did you compare?", abort=True)
        signed = key_folder.countersign(found, key, now=datetime.now(UTC))
        durable_file.replace(file, signed.to_bytes(), mode=0o644)
        made = len(signed.countersignatures)
        if made < rules.FEWEST:
            if as_json:
                show({"countersignatures": made, "fingerprint": fingerprint}, as_json=True)
            else:
                typer.echo(f"moderator: {made} of {rules.FEWEST} countersignatures")
            return
        moderator_id = vault.sanctions.register_moderator(signed).moderator_id
        if as_json:
            show({"moderator_id": moderator_id, "fingerprint": fingerprint}, as_json=True)
        else:
            typer.echo(f"moderator: {moderator_id} registered")


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
            from idvault_people.console import server  # noqa: PLC0415
            from idvault_people.moderation import pages, workplace  # noqa: PLC0415
        except ModuleNotFoundError as error:
            if error.name is None or error.name.startswith("idvault"):
                raise
            raise ValueError(_NOT_INSTALLED) from error
        key = key_folder.enter(moderator, password=read_passphrase(passphrase_file), vault=vault)
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


def read_passphrase(file: Path | None) -> bytes:
    """Return a passphrase from a file, or from the terminal."""
    if file is not None:
        return file.read_bytes().removesuffix(b"\n").removesuffix(b"\r")
    _check_terminal()
    return str(typer.prompt("Passphrase", hide_input=True)).encode()


def _chosen(file: Path | None) -> bytes:
    if file is not None:
        return read_passphrase(file)
    _check_terminal()
    return str(typer.prompt("New passphrase", hide_input=True, confirmation_prompt=True)).encode()


def _check_terminal() -> None:
    if not sys.stdin.isatty():
        raise typer.BadParameter("--passphrase-file is missing, and there is no terminal to ask on")
