"""`idvault keys`: the key files of the service's processes, rewrapping, and versions that are lost."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import TaskID

from idvault.core import config
from idvault.core.config import Process, Settings
from idvault.key.acts.rewrap import RewrapProgress
from idvault.processes.bootstrap.key import files as key_files
from idvault.processes.bootstrap.key import rewrap as key_rewrap
from idvault.processes.bootstrap.key.files import ListedKey, SharedPassphraseError
from idvault.processes.bootstrap.key.rewrap import Rewrapped, VersionState
from idvault.processes.cli import running
from idvault.sealing.key_set import Purpose
from idvault.sealing.key_version import KeyKeptError
from idvault.sealing.pkcs11_lock import ModuleError
from idvault_verify import small_file
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage

_Tell = Callable[[str, RewrapProgress], None]


class Rewrappable(StrEnum):
    """The purposes under whose keys something is stored."""

    INDEX = "index"
    REQUEST = "request"
    MODERATION_TEXT = "moderation-text"
    TIP_OFF = "tip-off"
    CASE_TEXT = "case-text"
    SECOND_FACTOR = "second-factor"
    PERSON_REQUEST = "person-request"


def rewrap(
    context: typer.Context,
    purpose: Annotated[
        Rewrappable | None, typer.Argument(help="One purpose; all of the file without it.")
    ] = None,
) -> None:
    """Re-seal what is stored under former versions, and destroy each version that nothing needs any more.

    Run it as the user of the process, with its settings, while it serves. Repeat it after an interruption: it
    continues. A version is destroyed in the file of IDVAULT_KEYS only, and ten minutes after its successor
    came into use at the earliest; run it on every machine that has a copy. Requests and reports end by
    themselves; what is left is said. The exit code is 1 if something could not be opened.
    """
    settings = config.load(Process.REWRAP)
    with _bar(context) as tell:
        done = asyncio.run(
            key_rewrap.rewrap(
                settings, purpose=purpose and purpose.value, now=running.real_clock(), tell=tell
            )
        )
    for one in done:
        typer.echo(json.dumps(_rewrapped_fields(one)) if context.obj else _rewrapped_text(one))
    damaged = sum(one.progress.damaged for one in done)
    if not context.obj:
        count = sum(one.progress.done for one in done)
        destroyed = sum(len(one.ended.destroyed) for one in done)
        typer.echo(f"rewrap: {count} sealed anew, {damaged} not opened, {destroyed} keys destroyed")
    if damaged:
        raise typer.Exit(ExitCode.CHECK_FAILED)


@contextmanager
def _bar(context: typer.Context) -> Iterator[_Tell]:
    """Show progress on stderr: a bar for each purpose."""
    if context.obj:
        yield lambda _name, _progress: None
        return
    with Bar(console=Console(file=sys.stderr)) as bar:
        shown: dict[str, TaskID] = {}

        def tell(name: str, progress: RewrapProgress) -> None:
            if name not in shown:
                shown[name] = bar.add_task(name, total=None)
            total = progress.done + progress.left
            bar.update(shown[name], total=total, completed=progress.done)

        yield tell


def _rewrapped_fields(one: Rewrapped) -> dict[str, object]:
    return {
        "purpose": one.purpose,
        "sealed_anew": one.progress.done,
        "left": one.progress.left,
        "not_opened": one.progress.damaged,
        "kept": {str(version): count for version, count in one.ended.kept.items()},
        "over": list(one.ended.over),
        "destroyed": list(one.ended.destroyed),
    }


def _rewrapped_text(one: Rewrapped) -> str:
    lines = [f"{one.purpose}: {one.progress.done} sealed anew, {one.progress.left} left"]
    for version, count in one.ended.kept.items():
        why = f"{count} are under it" if count else _without_any(one)
        lines.append(f"  version {version} is kept: {why}")
    lines += [f"  version {version} is destroyed in this file" for version in one.ended.destroyed]
    return "\n".join(lines)


def _without_any(one: Rewrapped) -> str:
    if one.ended.is_settled:
        return "it is needed for ever"
    return "its successor is in use for less than ten minutes"


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
        version = asyncio.run(key_rewrap.withdraw(settings, purpose=purpose.value, now=running.real_clock()))
    except KeyKeptError as error:
        raise CommandError(ExitCode.REFUSED, str(error), reason="KEY_KEPT", field="PURPOSE") from error
    typer.echo(f"keys: version {version} of {purpose.value} is withdrawn")


_ROOT = 0


class Rotated(StrEnum):
    """The keys that can be rotated by a command."""

    INDEX = Purpose.INDEX.value
    REQUEST = Purpose.REQUEST.value
    MODERATION_TEXT = Purpose.MODERATION_TEXT.value
    TIP_OFF = Purpose.TIP_OFF.value
    STATUS_TOKEN = Purpose.STATUS_TOKEN.value
    CASE_TEXT = Purpose.CASE_TEXT.value
    SECOND_FACTOR = Purpose.SECOND_FACTOR.value
    PERSON_REQUEST = Purpose.PERSON_REQUEST.value
    STATUS_LIST = Purpose.STATUS_LIST.value
    LOG = Purpose.LOG.value


app = typer.Typer(help="The key files of the service's processes.", no_args_is_help=True)
app.command()(rewrap)
app.command()(withdraw)


@app.callback()
def keys() -> None:
    """The key files of the service's processes."""


@app.command()
def init() -> None:
    """Create missing key files beside IDVAULT_KEYS, each under a passphrase of its own.

    Without IDVAULT_KEY_PASSPHRASE_FILE the passphrases are created, too, as service.passphrase,
    custody.passphrase and work.passphrase. With it, a file NAME.passphrase beside it is for NAME.keys, and it
    is for the others.

    service.keys is for `serve --edge platform`, custody.keys for `serve --edge custody`, work.keys for
    `work`. Move each to where only its process can read it, and keep a copy in a safe place: without the
    index key, the vault no longer recognises a person who signs up again. Existing files do not change. The
    command prints the public key of the transparency log: publish it.
    """
    settings = config.load(Process.NEW_KEYS)
    for made in key_files.make_passphrases(settings):
        typer.echo(f"passphrase: {made}")
    public_key = key_files.init_keys(settings)
    if os.geteuid() == _ROOT:
        text = "the files are root's: give each to the user of its process, for example with chown"
        typer.echo(text, err=True)
    typer.echo(f"log public key: {public_key}")
    typer.echo(f"keys: service.keys, custody.keys, work.keys in {settings.keys.parent}")


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the versions in the file of IDVAULT_KEYS: purpose, version, and a check value to compare copies.

    Two files have the same key if they show the same check value, which reveals nothing else about the key.
    With the settings of both databases it also says which versions are in use, which will be and when, and
    how much is stored under each.
    """
    settings = config.load(Process.KEY_FILE)
    found, states = key_files.list_keys(settings), _states(settings)
    for one in found:
        state = states.get((one.purpose, one.version))
        typer.echo(json.dumps(_listed_fields(one, state)) if context.obj else _listed_text(one, state))
    if not context.obj:
        typer.echo(f"keys: {len(found)} in {settings.keys}")


def _states(settings: Settings) -> dict[tuple[str, str], VersionState]:
    if not (settings.database_url.get_secret_value() and settings.shred_database_url.get_secret_value()):
        return {}
    return asyncio.run(key_rewrap.version_states(settings, now=running.real_clock()))


def _listed_fields(one: ListedKey, state: VersionState | None) -> dict[str, object]:
    fields: dict[str, object] = {
        "purpose": one.purpose,
        "version": one.version,
        "primary": one.is_primary,
        "check": one.check,
    }
    if state is not None:
        fields |= {
            "state": state.word,
            "announce_time": state.announced.announced_at.isoformat(),
            "stored": state.stored,
        }
    return fields


def _listed_text(one: ListedKey, state: VersionState | None) -> str:
    word = ("primary" if one.is_primary else "") if state is None else state.word
    stored = "" if state is None or state.stored is None else f"  {state.stored} stored"
    return f"{one.purpose:16} {one.version:17} {word:9} {one.check}{stored}"


@app.command()
def passphrase(
    new: Annotated[Path, typer.Option("--new", help="The file with the new passphrase.")],
) -> None:
    """Encrypt the file of IDVAULT_KEYS under another passphrase, which running processes follow.

    The new passphrase then replaces the content of IDVAULT_KEY_PASSPHRASE_FILE, or the command says that it
    could not, and you do so. A command that was interrupted is repeated. Other key files do not change: if
    that passphrase file opens one in the same folder, the command refuses.
    """
    settings = config.load(Process.KEY_FILE)
    try:
        is_kept = key_files.change_passphrase(settings, new=_words(new, "--new"))
    except SharedPassphraseError as error:
        raise _shared(error) from error
    if not is_kept:
        raise _not_kept(f"{settings.keys} has the new passphrase", "the new passphrase")
    typer.echo(f"keys: {settings.keys} has the new passphrase")


@app.command()
def into_module(
    pin: Annotated[Path, typer.Option(help="The file with the PIN of the token's user.")],
) -> None:
    """Encrypt the file of IDVAULT_KEYS under a key in a hardware module (PKCS#11), which never leaves it.

    IDVAULT_PKCS11_URI names the library, the token and the key; a missing key is created. The PIN then
    replaces the content of IDVAULT_KEY_PASSPHRASE_FILE. The process needs the same settings: give it these
    first, and restart it. Copies from before still open with the passphrase: keep one in the safe, because
    nobody opens the new file without the module, and destroy the others. If that passphrase file opens
    another key file in the same folder, the command refuses.
    """
    settings = config.load(Process.KEY_FILE)
    try:
        is_kept = key_files.move_into_module(settings, pin=_words(pin, "--pin"))
    except ModuleError as error:
        raise CommandError(
            ExitCode.REFUSED, str(error), reason="PKCS11", field="IDVAULT_PKCS11_URI"
        ) from error
    except SharedPassphraseError as error:
        raise _shared(error) from error
    if not is_kept:
        raise _not_kept(f"the module opens {settings.keys}", "the PIN")
    typer.echo(f"keys: the module opens {settings.keys}")


def _shared(error: SharedPassphraseError) -> CommandError:
    return CommandError(
        ExitCode.REFUSED, str(error), reason="PASSPHRASE_SHARED", field="IDVAULT_KEY_PASSPHRASE_FILE"
    )


def _not_kept(done: str, what: str) -> CommandError:
    return CommandError(
        ExitCode.REFUSED,
        f"{done}, but IDVAULT_KEY_PASSPHRASE_FILE cannot be written to: put {what} there",
        reason="PASSPHRASE_FILE",
        field="IDVAULT_KEY_PASSPHRASE_FILE",
    )


def _words(path: Path, option: str) -> bytes:
    try:
        found = small_file.read(path).removesuffix(b"\n").removesuffix(b"\r")
    except OSError as error:
        text = f"{option} names a file that cannot be read: {error.strerror}"
        raise wrong_usage(text, field=option) from None
    if not found:
        raise wrong_usage(f"{option} names an empty file", field=option)
    if found.endswith(b"\r"):
        # A process that reads it takes this for a part of the line end, and could not open the key file.
        raise wrong_usage(f"{option} names a file with two carriage returns at its end", field=option)
    return found


@app.command()
def complete() -> None:
    """Add keys that this version needs to the file of IDVAULT_KEYS, which an older version made.

    Existing keys do not change. Running it again changes nothing.
    """
    settings = config.load(Process.KEY_FILE)
    added = key_files.complete_keys(settings)
    typer.echo(f"keys: {', '.join(added) or 'nothing'} added to {settings.keys}")


@app.command()
def rotate(
    purpose: Annotated[
        Rotated,
        typer.Argument(
            help="index, request, moderation-text, tip-off, status-token: in service.keys. case-text, "
            "second-factor, person-request: in custody.keys. status-list, log: in work.keys."
        ),
    ],
) -> None:
    """Add a new key to the file of IDVAULT_KEYS; running processes announce it and use it when it is due.

    A signing key of statuses is published at once, signs a day later, and the old one stays published for 31
    days after that. Every other key is used an hour after its announcement: copy the file to every machine
    that has one before then. The old key stays in the file for what is stored under it.
    """
    settings = config.load(Process.KEY_FILE)
    version = key_files.rotate_key(settings, purpose=purpose.value)
    typer.echo(f"keys: version {version} of {purpose.value} in {settings.keys}")
