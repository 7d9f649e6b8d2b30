"""Makes a backup of two SQLite databases, and examines a backup or a restored pair.

- The main database is copied first: a shred key is stored before its record, so every record of the copy has
  its key in the later copy of the shred database.
- The manifest is written last: a folder without one is no backup.
- The statements of the log's epochs are taken from every place that has them, and checked first: each is
  signed by M custodians of each quorum of the version of the roster that it names. Places may lack the newest
  ones: an old copy is no contradiction. Without a roster, nothing is taken but what a database has.
"""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime
from hashlib import file_digest
from importlib.metadata import version
from pathlib import Path

from idvault.core.config import Settings
from idvault.core.db import sqlite
from idvault.core.db import url as address
from idvault.core.public_files import LocalPublicFiles
from idvault.erasure.acts import ErasureMemos
from idvault.processes import migrations
from idvault.processes.backup import acts as backup_acts
from idvault.processes.backup.acts import ExaminedPair, KnownNote, WitnessReplies
from idvault.processes.backup.rules import SHRED_KEPT
from idvault.processes.bootstrap.base import open_pair, urls
from idvault.processes.bootstrap.manifest import FORMAT, MANIFEST, CopiedFile, Manifest
from idvault.processes.deployment import acts as deployment
from idvault.processes.witness.client import HttpWitness
from idvault.sealing.key_set import Holder
from idvault_verify import durable_file, small_file
from idvault_verify.attest import epoch as statements
from idvault_verify.attest.epoch import FILE as EPOCHS_FILE
from idvault_verify.attest.epoch import EpochStatement
from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.clock import ClockReading
from idvault_verify.transparency import epoch
from idvault_verify.transparency.note import parse_key
from idvault_verify.transparency.tile import CHECKPOINT_PATH
from idvault_verify.transparency.tree import LogError


class StatementsError(LogError):
    """The statements at hand are forged, or contradict each other; the text names the place."""


def statements_at_hand(
    databases: Mapping[str, Sequence[EpochStatement]],
    others: Mapping[str, bytes],
    *,
    versions: Sequence[Roster],
) -> tuple[EpochStatement, ...]:
    """Return the statements of all places, in order; raises StatementsError.

    databases, others: by place, in words. versions: the verified roster, from the first version on.
    """
    places = {**databases, **{place: _parsed(place, raw) for place, raw in others.items()}}
    if versions:
        for place, listed in places.items():
            _check_signed(place, listed, versions)
    joined: tuple[EpochStatement, ...] = ()
    before = list[str]()
    # Those of one place alone may have a gap that another fills.
    for place, listed in sorted(places.items(), key=lambda item: [each.epoch for each in item[1]][:1]):
        joined = _joined(joined, before, place, listed)
        before += [place] if listed else []
    if versions:
        _check_chain(joined, versions)
    elif len(joined) > max((len(listed) for listed in databases.values()), default=0):
        raise StatementsError("IDVAULT_ROSTER is missing: its custodians signed the statements from outside")
    return joined


def _parsed(place: str, raw: bytes) -> tuple[EpochStatement, ...]:
    try:
        return statements.parse_any(raw)
    except RosterError as error:
        raise StatementsError(f"{place}: {error}") from error


def _check_signed(place: str, listed: Sequence[EpochStatement], versions: Sequence[Roster]) -> None:
    named = {roster.digest(): roster for roster in versions}
    for each in listed:
        roster = named.get(each.roster)
        if roster is None:
            raise StatementsError(
                f"{place}: the statement of epoch {each.epoch} names a version of the roster that is not here"
            )
        try:
            statements.verify(each, roster=roster)
        except RosterError as error:
            raise StatementsError(f"{place}: the statement of epoch {each.epoch}: {error}") from error


def _joined(
    joined: Sequence[EpochStatement], before: Sequence[str], place: str, listed: Sequence[EpochStatement]
) -> tuple[EpochStatement, ...]:
    try:
        return statements.join(joined, listed)
    except RosterError as error:
        compared = f"{place} and {', '.join(before)}" if before else place
        raise StatementsError(f"{compared}: {error}") from error


def _check_chain(joined: Sequence[EpochStatement], versions: Sequence[Roster]) -> None:
    try:
        statements.verify_chain(joined, versions=versions)
    except RosterError as error:
        raise StatementsError(str(error)) from error


MAIN_FILE, SHRED_FILE = "main.sqlite3", "shred.sqlite3"


class NotSqliteError(Exception):
    """A database is PostgreSQL's, which has backups of its own."""


async def make(settings: Settings, *, folder: Path, shred_folder: Path, now: ClockReading) -> Manifest:
    """Copy both databases and the roster into empty places, and describe them in the manifest.

    Raises NotSqliteError, FileExistsError, OSError, SchemaError, DeploymentMismatchError, UnavailableError.
    """
    sources = [_file(url) for url in urls(settings)]
    await migrations.check_current(*urls(settings))
    found = [each.version or "" for each in await migrations.current(*urls(settings))]
    for each in (folder, shred_folder):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
    targets = [folder / MAIN_FILE, shred_folder / SHRED_FILE]
    for taken in (*targets, folder / MANIFEST):
        if taken.exists():
            raise FileExistsError(17, "a backup is there already", str(taken))
    for source, target in zip(sources, targets, strict=True):
        sqlite.copy_file(source, target)
    rosters = _copy_rosters(settings, folder)
    made = await _described(targets, found, rosters, now=now, shred_folder=shred_folder, folder=folder)
    durable_file.create(folder / MANIFEST, made.to_bytes())
    return made


async def _described(
    targets: Sequence[Path],
    schemas: Sequence[str],
    rosters: tuple[str, ...],
    *,
    now: ClockReading,
    folder: Path,
    shred_folder: Path,
) -> Manifest:
    # Digests before anything opens the copies.
    main, shred = (
        CopiedFile(path.name, place, path.stat().st_size, _digest(path), schema)
        for path, place, schema in (
            (targets[0], "", schemas[0]),
            (targets[1], "" if shred_folder == folder else str(shred_folder), schemas[1]),
        )
    )
    async with open_pair((f"sqlite:///{targets[0]}", f"sqlite:///{targets[1]}")) as pair:
        extent = await backup_acts.main_extent(pair[0])
        own = backup_acts.newest(await backup_acts.notes(pair[1]))
        return Manifest(
            format=FORMAT,
            version=version("idvault"),
            began=now.real.isoformat(timespec="seconds"),
            ended=datetime.now(UTC).isoformat(timespec="seconds"),
            deployment_id=await deployment.check(pair[0], pair[1]),
            main=main,
            shred=shred,
            destroy_after=(now.real + SHRED_KEPT).date().isoformat(),
            entries=extent.entries,
            signed=0 if own is None else own.checkpoint.size,
            accounts=extent.accounts,
            records=extent.records,
            keys=await backup_acts.key_count(pair[1]),
            rosters=rosters,
            not_included=(*(f"{holder.value}.keys" for holder in Holder), "their passphrases", "report/"),
        )


def damage(path: Path, copied: CopiedFile, *, destroy_after: str = "", today: date) -> str | None:
    """Return what is wrong with a copied file, None if it is as the manifest says."""
    if not path.is_file():
        due = destroy_after and today > date.fromisoformat(destroy_after)
        why = f", which was due after {destroy_after}" if due else ""
        return f"{path.name} is not there{why}"
    if path.stat().st_size != copied.bytes or _digest(path) != copied.sha256:
        return f"{path.name} is not the file that was copied: its size or its digest differs"
    if not sqlite.is_whole(path):
        return f"{path.name} was copied as it was, with a damaged page or index"
    return None


async def examine(
    main_url: str,
    shred_url: str,
    *,
    known: Sequence[KnownNote],
    versions: Sequence[Roster] = (),
    others: Mapping[str, bytes] | None = None,
) -> tuple[ExaminedPair, tuple[EpochStatement, ...]]:
    """Examine a pair; return what it holds, and the statements of the log's epochs at hand.

    versions, others: of statements.at_hand. Raises what that and the examination raise, SchemaError and
    DeploymentMismatchError.
    """
    await migrations.check_current(main_url, shred_url)
    async with open_pair((main_url, shred_url)) as (main, shred):
        await deployment.check(main, shred)
        chain = statements_at_hand(await backup_acts.statements(main, shred), others or {}, versions=versions)
        return await backup_acts.examine(main, shred, known, chain), chain


async def take_memos(settings: Settings, address: str) -> tuple[int, int]:
    """Copy the memos of erased accounts from another shred database; return how many it has, and how many
    were new.

    Raises SchemaError, DeploymentMismatchError, UnavailableError, and ValueError for an invalid address.
    """
    main_url, shred_url = urls(settings)
    await migrations.check_current(main_url, shred_url)
    await migrations.check_current(main_url, address)
    async with (
        open_pair((main_url, shred_url)) as (main, shred),
        open_pair((main_url, address)) as (_, other),
    ):
        await deployment.check(main, shred)
        await deployment.check(main, other)
        return await ErasureMemos(shred).take(other)


async def newest_known(
    pair: tuple[str, str], known: Sequence[KnownNote], found: ExaminedPair
) -> KnownNote | None:
    """Return the newest checkpoint at hand to ask the witnesses with, None if none is of the newest epoch.

    A witness answers about the epoch that it follows, and no other.
    """
    async with open_pair(pair) as (_, shred):
        notes = [*known, *await backup_acts.notes(shred)]
    return backup_acts.newest([one for one in notes if epoch.of(one.checkpoint) == found.place.newest])


async def ask_witnesses(settings: Settings, note: KnownNote | None, *, now: ClockReading) -> WitnessReplies:
    """Return what the witnesses of the settings say to a note; raises ContradictedError."""
    if note is None:
        return WitnessReplies(())
    async with AsyncExitStack() as stack:
        witnesses = {}
        for url, text in settings.witness_list:
            key = parse_key(text)
            witnesses[key] = HttpWitness(
                url=url, key=key, clock=lambda: now.real, development=settings.development
            )
            stack.push_async_callback(witnesses[key].close)
        return await backup_acts.ask(witnesses, note)


async def published_statements(settings: Settings) -> dict[str, bytes]:
    """Return the statements in the public directory of the settings, by place."""
    found = {}
    if settings.public_dir.name:
        raw = await LocalPublicFiles(directory=settings.public_dir).read(EPOCHS_FILE)
        if raw is not None:
            found[f"the public {EPOCHS_FILE}"] = raw
    return found


async def published(settings: Settings) -> KnownNote | None:
    """Return the checkpoint in the public directory of the settings, None if there is none."""
    if not settings.public_dir.name:
        return None
    raw = await LocalPublicFiles(directory=settings.public_dir).read(CHECKPOINT_PATH)
    return None if raw is None else KnownNote("the public directory", raw)


async def lost(settings: Settings, found: ExaminedPair, signed: KnownNote) -> dict[str, int]:
    """Return how many entries of each type are lost, as far as the public directory proves it."""
    if not settings.public_dir.name:
        return {}
    files = LocalPublicFiles(directory=settings.public_dir)
    return await backup_acts.count_lost_entries(files, left=found.tree, signed=signed.checkpoint) or {}


def _file(url: str) -> Path:
    file = address.parse(url).file
    if file is None:
        raise NotSqliteError
    return file


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _copy_rosters(settings: Settings, folder: Path) -> tuple[str, ...]:
    """Copy the roster in force and its earlier versions, which are public; return their names."""
    if not settings.roster.name or not settings.roster.is_file():
        return ()
    count = len(roster_chain.load_all(settings.roster))
    formers = [roster_chain.former_path(settings.roster, version=number) for number in range(1, count)]
    for path in (settings.roster, *formers):
        durable_file.replace(folder / path.name, small_file.read(path))
    return tuple(path.name for path in (settings.roster, *formers))
