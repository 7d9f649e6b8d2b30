"""The epochs of the log, as both databases have them; every checkpoint of a later one names its statement.

The statements were verified when the operator accepted the loss. Whoever follows the log verifies them again,
so a false one in the database convinces nobody. A running process uses those of the shred database. Before it
starts, both are compared: one that lacks what the other has was restored from before a loss was accepted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from idvault.core.act import SYSTEM, Tx, Vault, act
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.log import store
from idvault.log.acts import stored_log
from idvault.log.store import EPOCHS, NEWEST, SIGNED
from idvault_verify.attest import epoch as statements
from idvault_verify.attest.epoch import EpochStatement
from idvault_verify.attest.reading import RosterError
from idvault_verify.clock import ClockReading
from idvault_verify.error import DamagedError, Reason
from idvault_verify.event import EventType
from idvault_verify.transparency import epoch
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.epoch import FIRST, Break, Epoch
from idvault_verify.transparency.restored import EpochPlace
from idvault_verify.transparency.tree import EMPTY_ROOT, CompactRange, LogError

_ID_DIGITS = 32


class EpochOlderError(DamagedError):
    """A database is from before an epoch that the other knows: an old copy was restored."""

    def __init__(self, database: str, number: int) -> None:
        """Keep which database, and the epoch that it does not know."""
        super().__init__(Reason.LOG_UNAVAILABLE)
        self._text = f"{database} is from before epoch {number} of the log began"

    def __str__(self) -> str:
        """Say what the operator must do."""
        return f"log: {self._text}: `idvault restore --check` tells what is lost, and how to go on"


class EpochConflictError(DamagedError):
    """The databases have different statements for one epoch; the text says which."""

    def __init__(self, why: str) -> None:
        """Keep the cause."""
        super().__init__(Reason.LOG_UNAVAILABLE)
        self.why = why

    def __str__(self) -> str:
        """Return the published line."""
        return f"log: the main database and the shred database do not agree: {self.why}"


def entry_id(statement: EpochStatement) -> str:
    """Return the id of the entry of an epoch's beginning: it is the statement's, so that it is there once."""
    return statement.digest()[:_ID_DIGITS]


async def of_main(main: Database) -> tuple[EpochStatement, ...]:
    """Return the statements of a main database; raises DamagedError (RECORD_DAMAGED)."""
    return parsed(await main.read("epoch.latest", store.statements))


async def of_shred(shred: Database) -> tuple[EpochStatement, ...]:
    """Return the statements of a shred database; raises DamagedError (RECORD_DAMAGED)."""
    return parsed(await stored_log.latest_note(shred, EPOCHS))


async def find_place(main: Database, chain: Sequence[EpochStatement]) -> EpochPlace:
    """Return where a main database is in the epochs of these statements; raises LogError for a wrong one."""
    ids = [entry_id(each) for each in chain]
    begun = await main.read("epoch.begun", lambda one: store.written(one, ids)) if chain else set()
    own = max((each.epoch for each in chain if entry_id(each) in begun), default=FIRST)
    return EpochPlace([epoch.read(each) for each in chain], own)


async def check_ages(main: Database, shred: Database) -> None:
    """Raise EpochOlderError, EpochConflictError or DamagedError unless both know the same epochs."""
    found, chain = await _chains(main, shred)
    place = await _place(main, chain)
    if place.own < place.newest.number:
        raise EpochOlderError("the main database", place.own + 1)
    if len(found) < len(chain):
        raise EpochOlderError("the shred database", len(found) + statements.SECOND)


async def _chains(
    main: Database, shred: Database
) -> tuple[Sequence[EpochStatement], Sequence[EpochStatement]]:
    """Return the statements of the shred database, and those of both."""
    ours, theirs = await of_main(main), await of_shred(shred)
    try:
        return theirs, statements.join(ours, theirs)
    except RosterError as error:
        raise EpochConflictError(str(error)) from error


async def _place(main: Database, chain: Sequence[EpochStatement]) -> EpochPlace:
    try:
        return await find_place(main, chain)
    except LogError as error:
        raise DamagedError(Reason.RECORD_DAMAGED) from error


@act("epoch.log")
async def _begun(
    tx: Tx, statement: EpochStatement, chain: Sequence[EpochStatement], left: CompactRange | None
) -> None:
    """Log an epoch's beginning once: the entry's id is the statement's."""
    entry = entry_id(statement)
    if await store.is_written(tx.connection, entry):
        tx.unchanged("the epoch has begun")
    else:
        if left is not None:
            await store.cut(tx.connection, left)
        await tx.log(
            EventType.LOG_BEGIN_EPOCH, entry, epoch=str(statement.epoch), statement=statement.digest()
        )
    await store.keep_statements(tx.connection, statements.encode_chain(chain))


async def begin(
    vault: Vault,
    shred: Database,
    now: ClockReading,
    chain: Sequence[EpochStatement],
    *,
    signed: bytes,
    left: CompactRange | None = None,
) -> None:
    """Begin the epoch of the last of all statements: log it once, then replace what is signed.

    Each step can be repeated after a crash. signed: the checkpoint of the entries that are left. left: their
    tree, if the main database has more, which then get another place in the log. The former complete
    checkpoint is forgotten: its entries are not all there.
    """
    await _begun(vault, SYSTEM, now, chain[-1], chain, left)
    await shred.act("epoch.begin", lambda one: _sign(one, chain, signed, keep_complete=False))


@act("epoch.log")
async def _keys_lost(tx: Tx, count: int, chain: Sequence[EpochStatement]) -> None:
    """Log that records have lost their shred keys."""
    await tx.log(EventType.KEYS_LOSE, count=str(count))
    if chain:
        await store.keep_statements(tx.connection, statements.encode_chain(chain))


async def sign_again(
    vault: Vault,
    shred: Database,
    now: ClockReading,
    chain: Sequence[EpochStatement],
    *,
    lost: int,
    signed: bytes,
    keep_complete: bool,
) -> None:
    """Log a loss of shred keys, then replace what is signed in a shred database that was restored.

    chain: the statements of all epochs, none if the log is in its first one. keep_complete: whether the
    complete checkpoint is one of this epoch.
    """
    await _keys_lost(vault, SYSTEM, now, lost, chain)
    await shred.act("epoch.sign_again", lambda one: _sign(one, chain, signed, keep_complete=keep_complete))


async def _sign(
    connection: Connection, chain: Sequence[EpochStatement], signed: bytes, *, keep_complete: bool
) -> None:
    if chain:
        await store.set_note(connection, EPOCHS, statements.encode_chain(chain))
    await store.set_note(connection, SIGNED, signed)
    if not keep_complete:
        await store.forget_note(connection, NEWEST)


def parsed(raw: bytes | None) -> tuple[EpochStatement, ...]:
    """Return the statements that a database has; raises DamagedError (RECORD_DAMAGED)."""
    try:
        return () if raw is None else statements.parse_chain(raw)
    except RosterError as error:
        raise DamagedError(Reason.RECORD_DAMAGED) from error


@dataclass(kw_only=True, eq=False, repr=False)
class LogEpochs:
    """The statements of one log; call `refresh` first. They are parsed again only if they have changed."""

    shred: Database
    raw: bytes | None = field(default=None, init=False)
    breaks: Sequence[Break] = field(default=(), init=False)

    @property
    def current(self) -> Epoch:
        """The epoch of new checkpoints."""
        return self.breaks[-1].epoch if self.breaks else Epoch()

    async def refresh(self) -> None:
        """Read the statements; raises DamagedError (RECORD_DAMAGED) if they cannot be read."""
        raw = await stored_log.latest_note(self.shred, EPOCHS)
        if raw is None or raw == self.raw:
            return
        try:
            self.breaks = [epoch.read(each) for each in statements.parse_chain(raw)]
        except (RosterError, LogError) as error:
            raise DamagedError(Reason.RECORD_DAMAGED) from error
        self.raw = raw

    def probe(self, origin: str) -> Checkpoint:
        """Return a checkpoint of the current epoch, to ask what continues into it."""
        return Checkpoint(origin, 0, EMPTY_ROOT, self.current.extensions)
