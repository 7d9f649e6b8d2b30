"""`idvault-people operator console`: pages about the vault, and what the operator decides."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from idvault_people.commands.console import Newest, NoBrowser, tell_ready
from idvault_people.commands.session import MemberOptions, as_json, now, open_session
from idvault_people.opens import identity as identities
from idvault_verify import small_file
from idvault_verify.attest import certificate
from idvault_verify.commands.errors import wrong_usage

_DEFAULT = "idvault"
VaultWords = Annotated[
    str,
    typer.Option(
        "--vault",
        metavar="COMMAND",
        help="How `idvault` is run with the settings of the vault's worker: here, or by ssh on its host.",
    ),
]
Certificates = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="DIR",
        help="A folder with the callers' certificates, such as that of `idvault setup`; may be repeated. "
        "It tells their last days.",
    ),
]


def console(
    context: typer.Context,
    vault: VaultWords = _DEFAULT,
    certificates: Certificates = None,
    no_browser: NoBrowser = False,
) -> None:
    """See the vault's state, and decide about platforms, with pages in your browser, until Ctrl-C.

    The pages are served on loopback under a random name. The command writes console.html to your folder, for
    you alone; open that file in a browser. What the pages show is told by the commands `overview`, `doctor`
    and `keys list` of the vault, and by its custody edge under your certificate.
    """
    given: MemberOptions = context.obj
    try:
        words = shlex.split(vault)
    except ValueError as error:
        raise wrong_usage("--vault must be a command", field="--vault") from error
    if not words:
        raise wrong_usage("--vault must be a command", field="--vault")
    with open_session("operator", given, needs_vault=False) as session:
        # Not above: every other command starts without loading a web server.
        from idvault_people.console import server  # noqa: PLC0415
        from idvault_people.console.operator import console as pages  # noqa: PLC0415
        from idvault_people.console.operator import last_visit, vault_commands  # noqa: PLC0415
        from idvault_people.console.operator.certificates import NAME, KnownCertificates  # noqa: PLC0415
        from idvault_people.console.operator.doctor_runs import DoctorRuns  # noqa: PLC0415
        from idvault_people.console.operator.last_visit import LastVisit  # noqa: PLC0415
        from idvault_people.console.operator.session import OperatorSession  # noqa: PLC0415
        from idvault_people.console.operator.vault_commands import VaultCommands  # noqa: PLC0415

        folder, newest = given.folder(), Newest(session)
        own = certificate.read(small_file.read(folder / identities.CERTIFICATE))
        commands = VaultCommands(run=vault_commands.runner(words))
        made = OperatorSession(
            operator=lambda: newest().operator(),
            name=session.identity.name,
            commands=commands,
            doctor=DoctorRuns(commands=commands, now=now),
            certificates=KnownCertificates(own=folder / NAME, others=tuple(certificates or ())),
            last_visit=LastVisit(path=folder / last_visit.NAME),
            trust_domain=own.trust_domain,
            ends=own.not_after,
            now=now,
        )
        ready = tell_ready(context, no_browser=no_browser)
        server.serve(pages.console(made), folder=folder, ready=ready)
    if not as_json(context):
        typer.echo("console: ended")
