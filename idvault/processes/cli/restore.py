"""`idvault restore`: says what a restored pair holds and lacks, and lets the log go on without it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from idvault.core import config
from idvault.core.config import Process, Settings
from idvault.processes.backup import rules as backup_rules
from idvault.processes.backup.acts import ContradictedError, ExaminedPair, KnownNote
from idvault.processes.bootstrap import backup as backups
from idvault.processes.bootstrap import epoch as losses
from idvault.processes.bootstrap import manifest as manifests
from idvault.processes.bootstrap.base import urls
from idvault.processes.cli import log_source, running
from idvault_verify import durable_file, small_file
from idvault_verify.attest import epoch as statements
from idvault_verify.attest.people import roster_chain
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage
from idvault_verify.transparency import epoch
from idvault_verify.transparency.note import MAX_NOTE_BYTES
from idvault_verify.transparency.tree import LogError

_PUBLIC = 0o644


def write_proposal(
    path: Path,
    *,
    reason: str,
    checkpoints: Sequence[Path],
    public_key: str | None,
    epochs: Mapping[str, bytes],
) -> None:
    """Write the unsigned statement; raises CommandError."""
    if not reason:
        raise wrong_usage("--propose-loss needs --reason", field="--reason")
    settings = config.load(Process.LOSS)
    signer = losses.log_signer(config.load(Process.KEYS)) if public_key is None else None
    key = signer.key if signer is not None else log_source.pinned_key(str(public_key), "--public-key")
    known = [KnownNote(f"the checkpoint {each}", _note(each)) for each in checkpoints]
    try:
        found = asyncio.run(
            losses.propose(
                settings,
                key=key,
                reason=reason,
                known=known,
                now=running.real_clock(),
                given=epochs,
                signer=signer,
            )
        )
    except (LogError, ContradictedError) as error:
        raise CommandError(ExitCode.UNVERIFIED, f"log: {error}", reason=type(error).__name__) from error
    statements.parse(found.to_bytes())  # a reason that cannot be read back is refused now
    durable_file.replace(path, found.to_bytes(), mode=_PUBLIC)
    typer.echo(f"restore: epoch {found.epoch}: {found.size} of {found.seen} entries are left")
    for name, count in found.lost.items():
        typer.echo(f"restore: lost: {count} {name}")
    typer.echo(f"restore: {path} is for the custodians to read and sign (`idvault-people epoch sign`)")


def accept_statement(path: Path | None, *, epochs: Mapping[str, bytes]) -> None:
    """Begin the epoch of a signed statement, or log the loss of shred keys; raises CommandError."""
    settings = config.load(Process.ACCEPT_LOSS)
    now = running.real_clock()
    try:
        if path is None:
            count = asyncio.run(losses.accept_lost_keys(settings, now=now, given=epochs))
            typer.echo(f"restore: {count} records have no shred key; start the processes")
            return
        statement = statements.parse(small_file.read(path))
        accepted = asyncio.run(losses.accept(settings, statement, now=now, given=epochs))
    except (LogError, ContradictedError) as error:
        raise CommandError(ExitCode.UNVERIFIED, f"log: {error}", reason=type(error).__name__) from error
    if accepted.unknown_erasures:
        typer.echo(f"restore: {accepted.unknown_erasures}", err=True)
    begun = accepted.checkpoint
    typer.echo(
        f"restore: epoch {epoch.of(begun).number} goes on from {begun.size} entries; start the processes"
    )


def remember_erasures(address: str) -> None:
    """Copy the memos of erased accounts from another shred database; raises CommandError."""
    settings = config.load(Process.DATABASES)
    try:
        count, added = asyncio.run(backups.take_memos(settings, address))
    except ValueError as error:
        raise wrong_usage(f"--erasures-from {error}", field="--erasures-from") from error
    typer.echo(f"restore: {count} erasures are remembered there, {added} of them new here")


def _given(epochs: Path | None) -> dict[str, bytes]:
    if epochs is None:
        return {}
    return {f"the file {epochs}": small_file.read(epochs, limit=statements.MOST_BYTES)}


def _note(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_NOTE_BYTES + 1)


_SHOWN = 10


Check = Annotated[bool, typer.Option("--check", help="Verify a backup or a restored pair; changes nothing.")]
BackupFolder = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="A folder of `idvault backup`; default: the databases in use."),
]
Checkpoints = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        help="A checkpoint from elsewhere, as `follow-log` or `mirror-log` keeps it; may be repeated.",
    ),
]
PublicKey = Annotated[
    str | None,
    typer.Option(metavar="VKEY", help="The log's public key, which must have signed the checkpoints."),
]
ProposeLoss = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Write the statement of a new epoch of the log here, to be signed; needs --reason.",
    ),
]
Reason = Annotated[
    str, typer.Option(metavar="TEXT", help="Why entries were lost; public for ever, without names.")
]
AcceptLoss = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Go on without the lost entries, with the statement that custodians signed."
    ),
]
AcceptLostKeys = Annotated[
    bool,
    typer.Option(
        "--accept-lost-keys", help="Go on with an older shred database and a complete main database."
    ),
]
ErasuresFrom = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Remember the erasures that another copy of the shred database remembers, such as the end of "
        "its archive: before --accept-loss, if both databases were restored to an earlier moment.",
    ),
]
Epochs = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The statements of the losses before (epochs.json of a mirror or of a member's identity "
        "folder), if neither the databases nor the public directory have all of them; needs IDVAULT_ROSTER.",
    ),
]
Names = Annotated[
    Path | None,
    typer.Option("--list", metavar="FILE", help="Write the accounts whose record has no shred key here."),
]


def restore(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    check: Check = False,
    backup: BackupFolder = None,
    checkpoint: Checkpoints = None,
    public_key: PublicKey = None,
    propose_loss: ProposeLoss = None,
    reason: Reason = "",
    accept_loss: AcceptLoss = None,
    accept_lost_keys: AcceptLostKeys = False,
    epochs: Epochs = None,
    erasures_from: ErasuresFrom = None,
    names: Names = None,
) -> None:
    """Say what a backup or a restored pair holds, which database is old, by how much, and what is lost.

    Uses IDVAULT_DATABASE_URL and IDVAULT_SHRED_DATABASE_URL, or the files of --backup. What the public
    directory (IDVAULT_PUBLIC_DIR), the witnesses (IDVAULT_WITNESSES) and
    --checkpoint have seen of the log is compared with it. With --check the exit code is 0 if nothing is
    missing, 1 if something is, and 5 if an entry contradicts a checkpoint, or a statement is forged.
    """
    _check_one(check, propose_loss, accept_loss, accept_lost_keys, erasures_from)
    if erasures_from is not None:
        remember_erasures(erasures_from)
        return
    given = _given(epochs)
    if propose_loss is not None:
        write_proposal(
            propose_loss, reason=reason, checkpoints=checkpoint or [], public_key=public_key, epochs=given
        )
        return
    if accept_loss is not None or accept_lost_keys:
        accept_statement(accept_loss, epochs=given)
        return
    settings = _settings(backup)
    known = [KnownNote(f"the checkpoint {path}", _note(path)) for path in checkpoint or []]
    try:
        found, lacks, lost = asyncio.run(_examine(settings, backup, known, public_key, given))
    except (LogError, ContradictedError) as error:
        text = f"restore: {'log: ' if isinstance(error, LogError) else ''}{error}"
        raise CommandError(ExitCode.UNVERIFIED, text, reason=type(error).__name__) from error
    if names is not None and found is not None:
        durable_file.replace(names, "".join(f"{each}\n" for each in found.contents.unkeyed).encode())
    if context.obj:
        typer.echo(json.dumps(_as_json(found, lacks, lost)))
    else:
        _tell(found, lacks, lost)
    if lacks:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _check_one(*chosen: object) -> None:
    if sum(each not in (None, False) for each in chosen) != 1:
        text = "say what to do: --check, --propose-loss, --accept-loss, --accept-lost-keys or --erasures-from"
        raise wrong_usage(text, field="--check")


def _settings(backup: Path | None) -> Settings:
    if backup is None:
        return config.load(Process.DATABASES)
    return config.load(Process.BACKUP)


async def _examine(
    settings: Settings,
    backup: Path | None,
    known: list[KnownNote],
    public_key: str | None,
    given: Mapping[str, bytes],
) -> tuple[ExaminedPair | None, list[str], dict[str, int]]:
    """Return what was found, None if a file is missing; what the pair lacks; and what is lost, by type."""
    pair = urls(settings)
    if backup is not None:
        pair, damages = _backup(backup)
        if damages:
            return None, damages, {}
    published = await backups.published(settings)
    known += [] if published is None else [published]
    if public_key is not None:
        trust = log_source.read_trust(public_key=public_key, witness=(), quorum=None)
        for one in known:
            trust.checkpoint(one.raw)
    found, _ = await backups.examine(
        *pair,
        known=known,
        versions=roster_chain.load_all(settings.roster) if settings.roster.is_file() else (),
        others={**await backups.published_statements(settings), **given},
    )
    now = running.real_clock()
    note = await backups.newest_known(pair, known, found)
    asked = await backups.ask_witnesses(settings, note, now=now)
    lacks = backup_rules.lacks(
        found.contents,
        [*found.seen, *asked.seen],
        elsewhere=asked.elsewhere,
        are_asked=note is not None or not settings.witnesses,
    )
    lost = {} if published is None else await backups.lost(settings, found, published)
    # A checkpoint of an epoch before shows entries whose loss was accepted.
    is_present = published is not None and epoch.of(published.checkpoint) == found.place.newest
    if is_present and (unknown := backup_rules.unknown_erasures(found.contents, lost)):
        lacks.append(unknown)
    return found, lacks, lost


def _backup(folder: Path) -> tuple[tuple[str, str], list[str]]:
    """Return the addresses of a backup's databases, and what is wrong with its files."""
    try:
        manifest = manifests.read_manifest(folder)
    except manifests.ManifestError as error:
        raise CommandError(
            ExitCode.UNREACHABLE, str(error), reason="NO_MANIFEST", field="--backup"
        ) from error
    main, shred = manifests.places(manifest, folder.absolute())
    today = running.real_clock().real.date()
    found = [
        backups.damage(main, manifest.main, today=today),
        backups.damage(shred, manifest.shred, destroy_after=manifest.destroy_after, today=today),
    ]
    return (f"sqlite:///{main}", f"sqlite:///{shred}"), [each for each in found if each is not None]


def _tell(found: ExaminedPair | None, lacks: Sequence[str], lost: Mapping[str, int]) -> None:
    if found is not None:
        contents, extent = found.contents, found.extent
        newest = "" if contents.newest is None else f", the newest of {backup_rules.shown(contents.newest)}"
        waiting = f", {extent.waiting} not in the log yet" if extent.waiting else ""
        ages = contents.epochs
        if ages.newest > 1:
            typer.echo(
                f"restore: epoch {ages.newest} of the log; main knows epoch {ages.main}, shred {ages.shred}"
            )
        typer.echo(f"restore: main: {contents.entries} entries{newest}{waiting}")
        typer.echo(f"restore: main: {extent.accounts} accounts, {contents.records} records")
        typer.echo(
            f"restore: shred: {contents.keys} keys, {max(contents.spare, 0)} of them without a record; "
            f"checkpoint of {contents.signed.size} entries"
        )
        if contents.erased:
            typer.echo(f"restore: {contents.erased} records of erased accounts have no shred key, as meant")
        for each in contents.unkeyed[:_SHOWN]:
            typer.echo(f"restore: no shred key: {each}")
        if len(contents.unkeyed) > _SHOWN:
            typer.echo(f"restore: no shred key: {len(contents.unkeyed) - _SHOWN} more (--list FILE)")
    for name, count in lost.items():
        typer.echo(f"restore: lost: {count} {name}")
    for each in lacks:
        typer.echo(f"restore: missing: {each}")
    if found is not None and not lacks:
        typer.echo(
            f"restore: complete: {found.contents.records} records, and nothing that is known is missing"
        )
        return
    typer.echo(f"restore: incomplete: {len(lacks)} findings")


def _as_json(found: ExaminedPair | None, lacks: Sequence[str], lost: Mapping[str, int]) -> dict[str, object]:
    if found is None:
        return {"complete": False, "missing": list(lacks)}
    contents = found.contents
    return {
        "complete": not lacks,
        "missing": list(lacks),
        "entries": contents.entries,
        "waiting": found.extent.waiting,
        "newest": None if contents.newest is None else backup_rules.shown(contents.newest),
        "accounts": found.extent.accounts,
        "records": contents.records,
        "keys": contents.keys,
        "signed": contents.signed.size,
        "erased": contents.erased,
        "without_key": list(contents.unkeyed),
        "lost": dict(lost),
        "key_of_erased": list(contents.revived),
    }
