"""Compares both databases with what the witness has seen, before a process starts to serve or to sign.

- The checkpoint that was signed last must be one that the witness cosigned, or cosigns now.
- A witness that has seen more than both databases hold: they were put back, and nothing starts.
- The main database's entries must be those of that checkpoint.
- Whoever signs the log signs the empty log first, so that there is always something to ask the witness with.
"""

from idvault.domain.error import DamagedError, PreconditionError, Reason, UnavailableError
from idvault.flows.log.tree import LogTree
from idvault.ports.log.store import CheckpointStore, LogStore
from idvault.ports.log.witness import Ahead, Cosigned, Witness, WitnessRefusedError
from idvault.transparency import checkpoint, note
from idvault.transparency.checkpoint import Checkpoint
from idvault.transparency.tree import LogError

# The log may grow while it is compared, about once a second; a round takes milliseconds.
_ROUNDS = 10


class LogOlderError(DamagedError):
    """A database holds less than was signed or witnessed: an old copy was put back."""

    def __init__(self, *, size: int, known: int, by: str = "witnessed") -> None:
        """Keep how many entries there are, how many were known, and by whom."""
        super().__init__(Reason.LOG_UNAVAILABLE)
        self.size = size
        self.known = known
        self._by = by

    def __str__(self) -> str:
        """Return the published line."""
        return f"log: database is older than the {self._by} checkpoint ({self.size} < {self.known})"


class LogForkedError(DamagedError):
    """A database holds another log than the one that was witnessed."""

    def __init__(self, *, size: int) -> None:
        """Keep the size up to which they differ somewhere."""
        super().__init__(Reason.LOG_UNAVAILABLE)
        self.size = size

    def __str__(self) -> str:
        """Return the published line."""
        return (
            f"log: database has forked from the witnessed log (one of the first {self.size} entries differs)"
        )


class UnwitnessedError(UnavailableError):
    """There is nothing to compare with now; the text says why."""

    def __init__(self, why: str) -> None:
        """Keep why."""
        super().__init__(Reason.LOG_UNAVAILABLE)
        self._why = why

    def __str__(self) -> str:
        """Return why."""
        return f"log: {self._why}"


class NoCheckpointError(UnwitnessedError):
    """The log has no checkpoint yet: no worker has run."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("there is no checkpoint to ask the witness with: start `idvault work` first")


class StrangeWitnessError(PreconditionError):
    """The witness does not witness this log."""

    def __init__(self, status: int) -> None:
        """Keep the HTTP status: 404 and 403 are answers about the log and its key."""
        super().__init__(Reason.LOG_UNAVAILABLE)
        self.status = status

    def __str__(self) -> str:
        """Say what to do."""
        return (
            f"log: the witness does not witness this log (HTTP status {self.status}): "
            "give it the log's public key with --log-key"
        )


class WitnessFlow:
    """The check at the start."""

    def __init__(self, *, witness: Witness, log: LogStore, checkpoints: CheckpointStore) -> None:
        """Take the ports. checkpoints: the note that was signed last, stored before any witness sees it."""
        self._witness = witness
        self._log = log
        self._tree = LogTree(store=log)
        self._checkpoints = checkpoints

    async def begin(self, *, empty: bytes) -> None:
        """Make the signed checkpoint of the empty log the newest one if there is none."""
        if await self._checkpoints.latest() is None:
            await self._checkpoints.replace(former=None, note=empty)

    async def check(self) -> int:
        """Return the size of a checkpoint that is witnessed and whose entries are all here.

        Raises LogOlderError, LogForkedError, DamagedError (what is stored does not verify); UnwitnessedError
        (the witness cannot be reached), NoCheckpointError; StrangeWitnessError.
        """
        for _ in range(_ROUNDS):
            raw, own = await self._newest()
            seen = await self._ask(raw, own)
            if seen is None:
                await self._check_entries(own)
                return own.size
            # Whoever signs stores a checkpoint before it shows it to the witness, so by now it must be here.
            _, newest = await self._newest()
            if newest.size < seen:
                raise LogOlderError(size=newest.size, known=seen)
        raise UnwitnessedError("the witness has always seen more than was stored a moment before")

    async def _newest(self) -> tuple[bytes, Checkpoint]:
        raw = await self._checkpoints.latest()
        if raw is None:
            raise NoCheckpointError
        try:
            return raw, checkpoint.parse(note.parse(raw).text)
        except LogError as error:
            raise DamagedError(Reason.RECORD_DAMAGED) from error

    async def _ask(self, raw: bytes, own: Checkpoint) -> int | None:
        """Return None if the witness cosigned the checkpoint, else the size that it has seen."""
        answer = await self._submit(raw, own, old=own.size, proof=())
        if isinstance(answer, Ahead) and answer.size < own.size:
            proof = await self._proof(old=answer.size, own=own)
            answer = await self._submit(raw, own, old=answer.size, proof=proof)
        return None if isinstance(answer, Cosigned) else answer.size

    async def _submit(
        self, raw: bytes, own: Checkpoint, *, old: int, proof: tuple[bytes, ...]
    ) -> Cosigned | Ahead:
        try:
            return await self._witness.add_checkpoint(old=old, proof=proof, note=raw)
        except WitnessRefusedError as error:
            if error.status in {409, 422}:
                raise LogForkedError(size=own.size) from error
            raise StrangeWitnessError(error.status) from error
        except UnavailableError as error:
            told = "" if str(error) == error.reason.value else f": {error}"
            raise UnwitnessedError(f"the witness of IDVAULT_WITNESS_URL cannot be reached{told}") from error

    async def _proof(self, *, old: int, own: Checkpoint) -> tuple[bytes, ...]:
        head = await self._log.head()
        if head.size < old:
            raise LogOlderError(size=head.size, known=old)
        if head.size < own.size:
            raise LogOlderError(size=head.size, known=own.size, by="signed")
        return await self._tree.consistency(old=old, new=own.size)

    async def _check_entries(self, own: Checkpoint) -> None:
        head = await self._log.head()
        if head.size < own.size:
            raise LogOlderError(size=head.size, known=own.size)
        if await self._tree.root(own.size) != own.root:
            raise LogForkedError(size=own.size)
