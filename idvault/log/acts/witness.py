"""Compares both databases with the witnesses before a process starts to serve or sign.

- Both databases must know the same epochs of the log: otherwise one was restored from before a loss.
- The last signed checkpoint must be one that K witnesses have cosigned or cosign now.
- If fewer do, and one has seen more than both databases contain or another history, an old copy was restored,
  and the process does not start.
- With fewer than K reachable and none against it, a process starts against the last checkpoint that K have
  cosigned, and compares again later.
- The main database's entries must match that checkpoint.
- The signing process signs the empty log first, so that there is always a checkpoint to submit.
"""

import asyncio
from collections.abc import Collection, Mapping

from idvault.log.acts import stored
from idvault.log.acts.cosigning import cosignatures
from idvault.log.acts.epoch import EpochAges
from idvault.log.acts.tree import LogTree
from idvault.log.ports.log import CheckpointStore, LogStore
from idvault.log.ports.witness import Ahead, Cosigned, Witness, WitnessRefusedError
from idvault.verify.error import DamagedError, PreconditionError, Reason, UnavailableError
from idvault.verify.transparency.checkpoint import Checkpoint
from idvault.verify.transparency.note import VerifierKey
from idvault.verify.transparency.tree import LogError

# The log may grow while it is compared, about once a second; a round takes milliseconds.
_ROUNDS = 10
_OTHER_EPOCH = 428


class LogOlderError(DamagedError):
    """A database contains less than was signed or witnessed: an old copy was restored."""

    def __init__(self, *, size: int, known: int, by: str = "witnessed") -> None:
        """Keep the number of stored entries, the number of known entries, and which checkpoint has them."""
        super().__init__(Reason.LOG_UNAVAILABLE)
        self.size = size
        self.known = known
        self._by = by

    def __str__(self) -> str:
        """Return the published line."""
        return (
            f"log: database is older than the {self._by} checkpoint ({self.size} < {self.known}): "
            "`idvault restore --check` tells what is lost"
        )


class LogForkedError(DamagedError):
    """A database contains a log that differs from the witnessed one."""

    def __init__(self, *, size: int) -> None:
        """Keep the size within which they differ."""
        super().__init__(Reason.LOG_UNAVAILABLE)
        self.size = size

    def __str__(self) -> str:
        """Return the published line."""
        return (
            f"log: database has forked from the witnessed log (one of the first {self.size} entries differs)"
        )


class UnwitnessedError(UnavailableError):
    """The comparison is not possible now; the text says why."""

    def __init__(self, why: str) -> None:
        """Initialise; why is shown to the operator."""
        super().__init__(Reason.LOG_UNAVAILABLE)
        self._why = why

    def __str__(self) -> str:
        """Return why."""
        return f"log: {self._why}"


class NoCheckpointError(UnwitnessedError):
    """The log has no checkpoint yet: no worker has run."""

    def __init__(self) -> None:
        """Say what the operator must do."""
        super().__init__("there is no checkpoint to ask the witness with: start `idvault work` first")


class StrangeWitnessError(PreconditionError):
    """The witness does not know this log or its key."""

    def __init__(self, status: int) -> None:
        """Keep the HTTP status: 404 (unknown log) or 403 (unknown key)."""
        super().__init__(Reason.LOG_UNAVAILABLE)
        self.status = status

    def __str__(self) -> str:
        """Say what the operator must do."""
        return (
            f"log: the witness does not witness this log (HTTP status {self.status}): "
            "give it the log's public key with --log-key"
        )


class OtherEpochError(DamagedError):
    """A witness follows another epoch of the log than the shred database is in."""

    def __init__(self) -> None:
        """Set the reason."""
        super().__init__(Reason.LOG_UNAVAILABLE)

    def __str__(self) -> str:
        """Say what the operator must do."""
        return (
            "log: the witness follows another epoch of the log: it must follow the custodians' statement "
            "first (`idvault witness --epoch`), or both databases are from before a statement was accepted: "
            "`idvault restore --check --epochs FILE` tells what is lost"
        )


class WitnessFlow:
    """The comparison at start-up, with all witnesses at once."""

    def __init__(
        self,
        *,
        witnesses: Mapping[VerifierKey, Witness],
        quorum: int,
        log: LogStore,
        checkpoints: CheckpointStore,
        complete: CheckpointStore,
        ages: EpochAges | None = None,
    ) -> None:
        """Initialise with the ports.

        quorum: how many witnesses must agree, at least one. checkpoints: the last signed note, stored before
        a witness sees it. complete: the last one with all cosignatures that were required. ages: compares
        what both databases know of the log's epochs.
        """
        self._ages = ages
        self._witnesses = witnesses
        self._quorum = quorum
        self._log = log
        self._tree = LogTree(store=log)
        self._checkpoints = checkpoints
        self._complete = complete

    async def begin(self, *, empty: bytes) -> None:
        """Store the signed checkpoint of the empty log if there is none yet."""
        if await self._checkpoints.latest() is None:
            await self._checkpoints.replace(former=None, note=empty)

    async def check(self) -> int:
        """Return the size of a checkpoint that K witnesses confirm and whose entries are all stored.

        Raises LogOlderError, EpochOlderError, LogForkedError, DamagedError (stored data does not verify),
        UnwitnessedError (fewer than K witnesses can be reached), NoCheckpointError and StrangeWitnessError.
        """
        await self._check_ages()
        found = await asyncio.gather(
            *(self._check_one(each) for each in self._witnesses.values()), return_exceptions=True
        )
        confirmed = [each for each in found if isinstance(each, int)]
        if len(confirmed) >= self._quorum:
            return min(confirmed)
        refused = [each for each in found if isinstance(each, BaseException)]
        raise min(refused, key=_weight)

    async def check_kept(self, *, keys: Collection[VerifierKey]) -> int:
        """Return the size of the last checkpoint that K of these witnesses have cosigned.

        Its entries must all be stored; a log without entries needs none. Raises LogOlderError,
        LogForkedError, DamagedError and, if there is no such checkpoint, UnwitnessedError.
        """
        await self._check_ages()
        raw = await self._complete.latest()
        if raw is None and not (await self._log.head()).size:
            return 0
        cosigners = set() if raw is None else {key.public_key for key in _cosigners(raw, keys)}
        if raw is None or len(cosigners) < self._quorum:
            raise UnwitnessedError(
                "too few witnesses can be reached, and no checkpoint is cosigned by enough"
            )
        kept = stored.parse(raw)
        await self._check_entries(kept)
        return kept.size

    async def _check_ages(self) -> None:
        if self._ages is not None:
            await self._ages.check()

    async def _check_one(self, witness: Witness) -> int:
        for _ in range(_ROUNDS):
            raw, own = await self._newest()
            seen = await self._ask(witness, raw, own)
            if seen is None:
                await self._check_entries(own)
                return own.size
            # A signing process stores a checkpoint before it submits it to the witness, so it must be here by
            # now.
            _, newest = await self._newest()
            if newest.size < seen:
                raise LogOlderError(size=newest.size, known=seen)
        raise UnwitnessedError("the log grew during every comparison with the witness")

    async def _newest(self) -> tuple[bytes, Checkpoint]:
        raw = await self._checkpoints.latest()
        if raw is None:
            raise NoCheckpointError
        return raw, stored.parse(raw)

    async def _ask(self, witness: Witness, raw: bytes, own: Checkpoint) -> int | None:
        """Return None if the witness cosigned the checkpoint, else the size that the witness has seen."""
        answer = await _submit(witness, raw, own, old=own.size, proof=())
        if isinstance(answer, Ahead) and answer.size < own.size:
            proof = await self._proof(old=answer.size, own=own)
            answer = await _submit(witness, raw, own, old=answer.size, proof=proof)
        return None if isinstance(answer, Cosigned) else answer.size

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


async def _submit(
    witness: Witness, raw: bytes, own: Checkpoint, *, old: int, proof: tuple[bytes, ...]
) -> Cosigned | Ahead:
    try:
        return await witness.add_checkpoint(old=old, proof=proof, note=raw)
    except WitnessRefusedError as error:
        if error.status in {409, 422}:
            raise LogForkedError(size=own.size) from error
        if error.status == _OTHER_EPOCH:
            raise OtherEpochError from error
        raise StrangeWitnessError(error.status) from error
    except UnavailableError as error:
        told = "" if str(error) == error.reason.value else f": {error}"
        raise UnwitnessedError(f"too few witnesses can be reached{told}") from error


def _cosigners(raw: bytes, keys: Collection[VerifierKey]) -> Collection[VerifierKey]:
    try:
        return cosignatures(raw, keys).keys()
    except LogError as error:
        raise DamagedError(Reason.RECORD_DAMAGED) from error


def _weight(error: BaseException) -> int:
    """Order what the witnesses said: a conflict counts more than a refusal, and that more than silence."""
    for weight, kind in enumerate((LogOlderError, LogForkedError, DamagedError, StrangeWitnessError)):
        if isinstance(error, kind):
            return weight
    return 4 if not isinstance(error, UnwitnessedError) else 5
