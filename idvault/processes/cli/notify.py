"""`idvault notify`: who is told that something waits, by `notify.toml`, and what did not arrive."""

import asyncio
import json
from base64 import b64encode
from typing import Annotated

import typer

from idvault.core import config
from idvault.core.config import Settings
from idvault.processes.bootstrap import notification
from idvault.processes.bootstrap.base import ENTROPY
from idvault.processes.cli import running
from idvault.processes.notifier import file
from idvault.processes.notifier.file import NotifyFileError
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage

app = typer.Typer(help="Who is told that something waits, and what did not arrive.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The recipient's name in notify.toml.")]
_SECRET_SIZE = 32


@app.callback()
def notify() -> None:
    """Who is told that something waits, and what did not arrive.

    The recipients and the mail server are in notify.toml, beside the worker's key file (IDVAULT_KEYS).
    """


def _settings() -> Settings:
    return config.load(config.Process.NOTIFY)


def _unusable(error: NotifyFileError) -> CommandError:
    return CommandError(ExitCode.WRONG_USAGE, f"{file.NAME}: {error}", reason="NOTIFY_FILE", field=file.NAME)


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the recipients, and how many messages to each wait or were given up; addresses are not shown."""
    try:
        found = asyncio.run(notification.recipient_states(_settings()))
    except NotifyFileError as error:
        raise _unusable(error) from error
    for each in found:
        one = each.recipient
        way = "email" if one.email else "webhook"
        if context.find_root().obj:
            row: dict[str, object] = {"name": one.name, "for": one.audience.value, "of": one.of or None}
            row |= {"way": way, "on": one.is_on, "unsent": each.unsent, "dead": each.dead}
            row |= {"failure": each.failure}
            typer.echo(json.dumps(row))
            continue
        of = f" of {one.of}" if one.of else ""
        often = f", every {int(one.digest.total_seconds() // 60)} min" if one.digest else ""
        off = "" if one.is_on else ", off"
        typer.echo(f"{one.name}: {one.audience.value}{of} by {way}{often}{off}")
        if each.unsent or each.dead:
            why = f" ({each.failure})" if each.failure else ""
            typer.echo(f"  {each.unsent} not arrived{why}, {each.dead} given up")
    if not context.find_root().obj:
        typer.echo(f"notify: {len(found)} recipients")


@app.command()
def test(name: Name) -> None:
    """Send a test to a recipient now, and say whether its server took it."""
    try:
        failure = asyncio.run(notification.send_test(_settings(), name, now=running.real_clock()))
    except NotifyFileError as error:
        raise _unusable(error) from error
    except LookupError:
        raise wrong_usage(f"{file.NAME} has no recipient of this name", field="NAME") from None
    if failure:
        text = f"the test did not arrive: {failure}"
        raise CommandError(ExitCode.UNREACHABLE, text, reason=failure.partition("_")[0])
    typer.echo(f"notify: {name} has a test")


@app.command()
def dead(context: typer.Context) -> None:
    """List the messages that were given up after three days, with the cause of the last failure."""
    found = asyncio.run(notification.dead_messages(_settings()))
    for each in found:
        since = each.dead_at.isoformat(timespec="seconds") if each.dead_at else ""
        if context.find_root().obj:
            row = {"message_id": each.message_id, "recipient": each.recipient, "dead_time": since}
            typer.echo(json.dumps(row | {"failure": each.failure, "waiting": dict(each.body)}))
        else:
            typer.echo(f"{each.message_id} to {each.recipient}: {each.failure}, since {since}")
    if not context.find_root().obj:
        typer.echo(f"notify: {len(found)} given up")


@app.command()
def retry() -> None:
    """Let every message that was given up be tried for three more days."""
    count = asyncio.run(notification.retry_dead(_settings(), now=running.real_clock()))
    typer.echo(f"notify: {count} are tried again")


@app.command()
def forget() -> None:
    """Delete every message that was given up; after 30 days they go by themselves."""
    count = asyncio.run(notification.forget_dead(_settings(), now=running.real_clock()))
    typer.echo(f"notify: {count} forgotten")


@app.command()
def secret() -> None:
    """Print a new secret for a webhook, for notify.toml and for the receiver."""
    typer.echo(file.SYMMETRIC + b64encode(ENTROPY.random(_SECRET_SIZE)).decode())
