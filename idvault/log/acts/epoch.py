"""The epochs of the log, as both databases have them; every checkpoint of a later one names its statement.

The statements were verified when the operator accepted the loss. Whoever follows the log verifies them again,
so a false one in the database convinces nobody. A running process uses those of the shred database. Before it
starts, both are compared: one that lacks what the other has was restored from before a loss was accepted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from idvault.log.ports import CheckpointStore, EpochMain
from idvault.verify.attest import epoch as statements
from idvault.verify.attest.epoch import EpochStatement
from idvault.verify.attest.reading import RosterError
from idvault.verify.error import DamagedError, Reason
from idvault.verify.transparency import epoch
from idvault.verify.transparency.checkpoint import Checkpoint
from idvault.verify.transparency.epoch import FIRST, Break, Epoch
from idvault.verify.transparency.restored import EpochPlace
from idvault.verify.transparency.tree import EMPTY_ROOT, LogError

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


async def find_place(main: EpochMain, chain: Sequence[EpochStatement]) -> EpochPlace:
    """Return where a main database is in the epochs of these statements; raises LogError for a wrong one."""
    begun = await main.begun([entry_id(each) for each in chain]) if chain else set()
    own = max((each.epoch for each in chain if entry_id(each) in begun), default=FIRST)
    return EpochPlace([epoch.read(each) for each in chain], own)


@dataclass(kw_only=True, eq=False, repr=False)
class EpochAges:
    """Compares what both databases know of the log's epochs. shred: the statements there."""

    main: EpochMain
    shred: CheckpointStore

    async def check(self) -> None:
        """Raise EpochOlderError, EpochConflictError or DamagedError unless both know the same epochs."""
        shred, chain = await self._chains()
        place = await self._place(chain)
        if place.own < place.newest.number:
            raise EpochOlderError("the main database", place.own + 1)
        if len(shred) < len(chain):
            raise EpochOlderError("the shred database", len(shred) + statements.SECOND)

    async def _chains(self) -> tuple[Sequence[EpochStatement], Sequence[EpochStatement]]:
        """Return the statements of the shred database, and those of both."""
        main, shred = parsed(await self.main.latest()), parsed(await self.shred.latest())
        try:
            return shred, statements.join(main, shred)
        except RosterError as error:
            raise EpochConflictError(str(error)) from error

    async def _place(self, chain: Sequence[EpochStatement]) -> EpochPlace:
        try:
            return await find_place(self.main, chain)
        except LogError as error:
            raise DamagedError(Reason.RECORD_DAMAGED) from error


def parsed(raw: bytes | None) -> tuple[EpochStatement, ...]:
    """Return the statements that a database has; raises DamagedError (RECORD_DAMAGED)."""
    try:
        return () if raw is None else statements.parse_chain(raw)
    except RosterError as error:
        raise DamagedError(Reason.RECORD_DAMAGED) from error


@dataclass(kw_only=True, eq=False, repr=False)
class LogEpochs:
    """The statements of one log; call `refresh` first. They are parsed again only if they have changed."""

    store: CheckpointStore
    raw: bytes | None = field(default=None, init=False)
    breaks: Sequence[Break] = field(default=(), init=False)

    @property
    def current(self) -> Epoch:
        """The epoch of new checkpoints."""
        return self.breaks[-1].epoch if self.breaks else Epoch()

    async def refresh(self) -> None:
        """Read the statements; raises DamagedError (RECORD_DAMAGED) if they cannot be read."""
        raw = await self.store.latest()
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
