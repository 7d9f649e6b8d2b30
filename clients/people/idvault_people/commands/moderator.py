"""`idvault-people moderator`: a moderator's key, and the pages that use it."""

import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from idvault_client.commands import connection
from idvault_client.commands.output import AsJson, show
from idvault_client.errors import PreconditionFailed
from idvault_people import fingerprint as fingerprints
from idvault_people.commands import (
    contest,
    disavowal,
    measure,
    narrowing,
    order,
    referring,
    reinstatement,
    taking,
    template,
)
from idvault_people.commands.moderator_options import Moderator, PassphraseFile, chosen, read_passphrase
from idvault_people.commands.output import reporting
from idvault_people.moderation import key_folder
from idvault_verify import durable_file
from idvault_verify import moderator as rules
from idvault_verify.attest import expiry
from idvault_verify.attest.people import roster_chain
from idvault_verify.error import Reason

_HELP = "A moderator: a member of a platform's staff with a key, who signs on their own machine."
app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.callback(help=_HELP)(connection.options)
app.add_typer(contest.app, name="contest", short_help='List and decide verifications that were "not me".')
app.add_typer(
    reinstatement.app, name="reinstatement", short_help="List and decide appeals against withdrawals."
)
taking.app.command(short_help="Take a report on.")(referring.assign)
taking.app.command("refer", short_help="Refer a report to an authority.")(referring.refer)
app.add_typer(taking.app, name="report", short_help="Take down a report by telephone, or refer one.")
app.add_typer(disavowal.app, name="disavowal", short_help="Decide about disowned accounts.")
app.add_typer(measure.app, name="measure", short_help="Impose and reverse measures on content.")
app.add_typer(order.app, name="order", short_help="Check and answer orders of authorities.")
app.add_typer(template.app, name="template", short_help="Keep what the form of a sanction begins with.")
app.add_typer(narrowing.app, name="narrowing", short_help="Free a person of a revoked account's sanctions.")


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
            folder, relying_party=platform, password=chosen(passphrase_file), now=datetime.now(UTC)
        )
        fingerprint, file = key_folder.fingerprint(made), folder / key_folder.REGISTRATION
        if as_json:
            show({"registration": str(file), "fingerprint": fingerprint}, as_json=True)
            return
        typer.echo(f"key fingerprint: {fingerprint}")
        typer.echo(
            "next: two moderators: idvault-people moderator … countersign registration.json --as FOLDER"
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
        fingerprint = fingerprints.of_moderator(found.public_key)
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


@app.command("desk", short_help="Open the moderators' pages on this machine.")
def serve(
    context: typer.Context,
    moderator: Moderator,
    roster: Annotated[
        Path | None,
        typer.Option(
            "--roster", metavar="FILE", help="The published roster, to check orders that authorities signed."
        ),
    ] = None,
    passphrase_file: PassphraseFile = None,
    json_option: AsJson = False,
) -> None:
    """Open the moderators' pages in a browser on this machine: reports, sanctions, appeals, public accounts.

    What you decide is signed here; your key never leaves this machine. Open the file that is printed: it
    leads this machine's browser into the pages, once. They end with Ctrl-C or with the button on each page.
    """
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        # Not above: every other command starts without loading a web server.
        from idvault_people.console import server  # noqa: PLC0415
        from idvault_people.moderation import own_history, pages, saved_view, workplace  # noqa: PLC0415

        key = key_folder.enter(moderator, password=read_passphrase(passphrase_file), vault=vault)
        if vault.sanctions.get_moderator(key.moderator_id).revoke_time is not None:
            raise PreconditionFailed(Reason.MODERATOR_REVOKED, "FAILED_PRECONDITION")

        def ready(file: Path) -> None:
            if as_json:
                show({"file": str(file)}, as_json=True)
            else:
                typer.echo(f"desk: open {file} in a browser")
            sys.stdout.flush()

        versions = None if roster is None else partial(roster_chain.load_all, roster)
        history = own_history.OwnHistory(moderator / own_history.FILE)
        views = saved_view.SavedViews(file=moderator / saved_view.FILE)
        ends = expiry.end_of_first(context.obj.certificate())
        place = workplace.Workplace(
            vault=vault, key=key, roster=versions, history=history, views=views, ends=ends
        )
        server.serve(pages.console(place), folder=moderator, ready=ready)
