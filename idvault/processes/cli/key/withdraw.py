"""`idvault keys withdraw`: gives up an announced version whose key is lost."""

import asyncio
from typing import Annotated

import typer

from idvault.core import config
from idvault.core.config import Process
from idvault.processes.bootstrap.key import withdrawal as key_withdrawal
from idvault.processes.cli import running
from idvault.processes.cli.key.rewrap import Rewrappable
from idvault.sealing.key_version import KeyKeptError
from idvault_verify.commands.errors import CommandError, ExitCode


def withdraw(
    purpose: Annotated[Rewrappable, typer.Argument(help="The purpose whose newest version is lost.")],
) -> None:
    """Withdraw the newest version of a key that was announced and is lost, so that the one before is used.

    Only if no key file has it: restore or copy that file instead. The file of IDVAULT_KEYS must lack it, and
    nothing may be stored under it, or the command refuses (exit code 4). The log gets an entry. Running
    processes follow within ten seconds; then `keys rotate` makes a new key.
    """
    settings = config.load(Process.REWRAP)
    try:
        version = asyncio.run(
            key_withdrawal.withdraw(settings, purpose=purpose.value, now=running.real_clock())
        )
    except KeyKeptError as error:
        raise CommandError(ExitCode.REFUSED, str(error), reason="KEY_KEPT", field="PURPOSE") from error
    typer.echo(f"keys: version {version} of {purpose.value} is withdrawn")
