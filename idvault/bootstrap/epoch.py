"""Lets a restored vault go on: proposes the statement of a new epoch, and accepts the signed one.

- The statement names what every source has seen: the public directory, the witnesses, the shred database and
  the checkpoints that the operator gives. The custodians compare it with what they have seen themselves.
- It is accepted only for exactly the entries that it names, with the roster in force.
- A loss of shred keys alone does not break the log: it is logged, and the next checkpoint is signed.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from idvault.attest import epoch as statements
from idvault.attest.epoch import EpochStatement
from idvault.attest.people import roster_chain
from idvault.attest.people.roster import Roster
from idvault.attest.reading import RosterError
from idvault.bootstrap import backup
from idvault.bootstrap.base import ENTROPY, load_keys_of, urls
from idvault.bootstrap.log import log_policy
from idvault.config import Settings
from idvault.domain.clock import ClockReading
from idvault.domain.error import IdvaultError, PreconditionError, Reason
from idvault.domain.event import SYSTEM_ACTOR, EventType
from idvault.flows.backup import ExaminedPair, KnownNote
from idvault.flows.log.events import EventFactory
from idvault.sealing.key_set import Holder, Purpose
from idvault.sealing.signing import Ed25519Signer
from idvault.storage.base.database import Database
from idvault.storage.key.shred import SqlShredStore
from idvault.storage.log.checkpoint import SqlCheckpointStore
from idvault.storage.log.epoch import EPOCHS, SqlEpochStore
from idvault.storage.public_files import LocalPublicFiles
from idvault.transparency import checkpoint, epoch
from idvault.transparency.checkpoint import Checkpoint
from idvault.transparency.note import NoteSigner, VerifierKey
from idvault.transparency.tree import LogError

_ID_DIGITS = 32


class LossRefusedError(PreconditionError):
    """A loss cannot be proposed or accepted; the text gives the cause."""

    def __init__(self, why: str) -> None:
        """Keep the cause."""
        super().__init__(Reason.LOG_UNAVAILABLE)
        self.why = why

    def __str__(self) -> str:
        """Return the cause."""
        return self.why


@dataclass(frozen=True, slots=True)
class _Basis:
    """What a proposal and an acceptance both start from. former: the statements so far."""

    found: ExaminedPair
    versions: tuple[Roster, ...]
    former: tuple[EpochStatement, ...]

    @property
    def number(self) -> int:
        return len(self.former) + statements.SECOND

    @property
    def previous(self) -> str:
        return self.former[-1].digest() if self.former else ""


async def propose(
    settings: Settings, *, key: VerifierKey, reason: str, known: Sequence[KnownNote], now: ClockReading
) -> EpochStatement:
    """Return the unsigned statement; raises LossRefusedError if nothing of the log is lost.

    key: the log's. known: checkpoints from elsewhere. Raises what backup.examine and backup.ask_witnesses
    raise, too.
    """
    basis = await _basis(settings)
    notes = await _notes(settings, known)
    former = _last_cosigned(notes, basis, key)
    seen = await _seen(settings, notes, now=now)
    if basis.found.contents.entries >= seen:
        raise LossRefusedError(
            f"the main database has all {seen} entries that anybody has seen: no new epoch is needed. If the "
            "shred database is older, use --accept-lost-keys"
        )
    lost = await backup.lost(settings, basis.found, former)
    return EpochStatement(
        log=str(key),
        epoch=basis.number,
        previous=basis.previous,
        former=former.raw,
        seen=seen,
        size=basis.found.contents.entries,
        root=basis.found.root,
        time=now.real.replace(microsecond=0),
        reason=reason,
        roster=basis.versions[-1].digest(),
        lost=lost,
    )


async def accept(settings: Settings, statement: EpochStatement, *, now: ClockReading) -> Checkpoint:
    """Begin the epoch of a signed statement; return its first checkpoint. A repeat changes nothing.

    Raises LossRefusedError, and what backup.examine raises.
    """
    basis = await _basis(settings)
    signer = log_signer(settings)
    former = tuple(each for each in basis.former if each.digest() != statement.digest())
    try:
        chain = statements.verify_chain((*former, statement), versions=basis.versions)
        found = epoch.read(statement)
    except (RosterError, LogError) as error:
        raise LossRefusedError(str(error)) from error
    _check_fits(statement, basis, signer)
    event = EventFactory(entropy=ENTROPY).event(
        EventType.LOG_BEGIN_EPOCH,
        actor_id=SYSTEM_ACTOR,
        now=now,
        epoch=str(statement.epoch),
        statement=statement.digest(),
    )
    async with _store(settings) as store:
        await store.begin(
            statements=statements.encode_chain(chain),
            signed=checkpoint.sign(found.kept, [signer]),
            event=replace(event, entry_id=statement.digest()[:_ID_DIGITS]),
        )
    await _destroy_revived(settings, basis.found)
    return found.kept


def _check_fits(statement: EpochStatement, basis: _Basis, signer: NoteSigner) -> None:
    contents = basis.found.contents
    if statement.log != str(signer.key):
        raise LossRefusedError("the statement is of another log")
    if statement.roster != basis.versions[-1].digest():
        raise LossRefusedError("the statement names another version of the roster than the one in force")
    if (statement.size, statement.root) != (contents.entries, basis.found.root):
        raise LossRefusedError(
            f"the statement is of {statement.size} entries, and the main database has {contents.entries}, or "
            "others: propose it again"
        )


async def accept_lost_keys(settings: Settings, *, now: ClockReading) -> int:
    """Log that records have lost their shred keys, and sign the main database's log; return how many have.

    Raises LossRefusedError if the main database is not complete, LogError if it is another history.
    """
    notes = await _notes(settings, [])
    seen = await _seen(settings, notes, now=now)
    basis = await _basis(settings, known=notes)
    contents, signer = basis.found.contents, log_signer(settings)
    if contents.entries < seen:
        raise LossRefusedError(
            f"the main database is older than the log, too ({contents.entries} < {seen}): custodians must "
            "sign for a new epoch (--propose-loss)"
        )
    count = len(contents.unkeyed)
    event = EventFactory(entropy=ENTROPY).event(
        EventType.KEYS_LOSE, actor_id=SYSTEM_ACTOR, now=now, count=str(count)
    )
    current = epoch.Epoch(basis.number - 1, basis.previous)
    head = Checkpoint(signer.key.name, contents.entries, basis.found.root, current.extensions)
    async with _store(settings) as store:
        await store.sign_again(
            statements=statements.encode_chain(basis.former) if basis.former else None,
            signed=checkpoint.sign(head, [signer]),
            event=event,
        )
    await _destroy_revived(settings, basis.found)
    return count


def log_signer(settings: Settings) -> NoteSigner:
    """Return the log's signer from the worker's key file, which is beside IDVAULT_KEYS."""
    signer = Ed25519Signer(keys=load_keys_of(settings, Holder.WORK).keys(Purpose.LOG))
    return NoteSigner(VerifierKey(settings.log_origin, signer.public_key), signer.sign)


async def _basis(settings: Settings, *, known: Sequence[KnownNote] = ()) -> _Basis:
    versions = roster_chain.load_all(settings.roster)
    found = await backup.examine(*urls(settings), known=known)
    return _Basis(found, versions, await _former(settings))


async def _former(settings: Settings) -> tuple[EpochStatement, ...]:
    """Return the statements so far: a restored shred database may lack those that are published."""
    _, url = urls(settings)
    shred = Database(url=url, pool_size=1)
    try:
        stored = await SqlCheckpointStore(database=shred, name=EPOCHS).latest()
    finally:
        await shred.close()
    published = None
    if settings.public_dir.name:
        published = await LocalPublicFiles(directory=settings.public_dir).read(statements.FILE)
    chains = [statements.parse_chain(raw) for raw in (stored, published) if raw is not None]
    return max(chains, key=len, default=())


async def _notes(settings: Settings, known: Sequence[KnownNote]) -> list[KnownNote]:
    """Return every checkpoint at hand: given, published, and those of the shred database."""
    published = await backup.published(settings)
    async with backup.open_pair(*urls(settings)) as pair:
        own = [await store.latest() for store in (pair.flow.signed, pair.flow.complete)]
    kept = [KnownNote("the shred database", raw) for raw in own if raw is not None]
    return [*known, *([] if published is None else [published]), *kept]


async def _seen(settings: Settings, notes: Sequence[KnownNote], *, now: ClockReading) -> int:
    _, shred_url = urls(settings)
    witnessed = await backup.ask_witnesses(settings, shred_url=shred_url, now=now)
    return max([*(one.checkpoint.size for one in notes), *(one.size for one in witnessed)], default=0)


def _last_cosigned(notes: Sequence[KnownNote], basis: _Basis, key: VerifierKey) -> KnownNote:
    """Return the largest checkpoint of the last epoch that enough witnesses have cosigned."""
    present = epoch.Epoch(basis.number - 1, basis.previous)
    fit = [one for one in notes if _is_cosigned(one, basis.versions, key)]
    last = [one for one in fit if epoch.of(one.checkpoint) == present]
    if not last:
        raise LossRefusedError(
            "no checkpoint of this log that enough witnesses have cosigned is at hand: give one with "
            "--checkpoint, from a mirror, a client that follows the log, or a member's identity folder"
        )
    return max(last, key=lambda one: one.checkpoint.size)


def _is_cosigned(found: KnownNote, versions: Sequence[Roster], key: VerifierKey) -> bool:
    for roster in versions:
        try:
            checkpoint.verify(found.raw, log_policy(key.name, roster, key.public_key, asked=()))
        except (LogError, IdvaultError):
            continue
        return True
    return False


async def _destroy_revived(settings: Settings, found: ExaminedPair) -> None:
    """Destroy the keys of erased accounts that an older shred database has brought back."""
    async with _store(settings) as store:
        keys = SqlShredStore(database=store.shred)
        for token in found.contents.revived:
            await keys.destroy(account_token=token)


@asynccontextmanager
async def _store(settings: Settings) -> AsyncIterator[SqlEpochStore]:
    main, shred = (Database(url=url, pool_size=1) for url in urls(settings))
    try:
        yield SqlEpochStore(main=main, shred=shred)
    finally:
        await main.close()
        await shred.close()
