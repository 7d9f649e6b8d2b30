"""Decides the answer to a submitted checkpoint (C2SP tlog-witness), in this order:

* the request, its note or its checkpoint is malformed: 400;
* the log is unknown: 404; none of its keys signed, or one of its signatures does not verify: 403;
* the old size is greater than the checkpoint's: 400;
* the checkpoint is of another epoch of the log than this witness follows: 428;
* the old size is not that of the last cosigned checkpoint: 409, with that size;
* the size is the same but the root differs: 409, a fork;
* the consistency proof does not verify: 422;
* the log went on after a loss, and this witness has seen fewer entries than the statement calls left: the
  checkpoint must continue both, so after the proof of one the other's size is answered: 409;
* a later one of the log's keys, in the order given, has signed before and does not sign this: 403;
* otherwise the checkpoint is stored durably, then cosigned: 200.
"""

import fcntl
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

from idvault.core.telemetry.logs import describe, log
from idvault.core.telemetry.metrics import WitnessMetrics
from idvault.processes.witness import wire
from idvault.processes.witness.wire import AddCheckpoint, WitnessWireError
from idvault_verify import durable_file, small_file
from idvault_verify.attest import epoch as statements
from idvault_verify.attest.epoch import EpochStatement
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.offline.log import epochs
from idvault_verify.offline.log.epochs import EpochRefusedError
from idvault_verify.transparency import checkpoint, epoch, note, stated
from idvault_verify.transparency.checkpoint import Checkpoint, MalformedCheckpointError, verify_successor
from idvault_verify.transparency.epoch import Break, Carried, Epoch, LostPart
from idvault_verify.transparency.note import (
    Algorithm,
    InvalidSignatureError,
    MalformedNoteError,
    NoteSigner,
    UnsignedNoteError,
    VerifierKey,
)
from idvault_verify.transparency.proof import ConsistencyError
from idvault_verify.transparency.tree import EMPTY_ROOT, LogError

_PRIVATE_FOLDER = 0o700
_LOGS = "logs"
_FORKS = "forks"
_EPOCHS = "epochs"
_SIGNERS = "signers"
_MOST_FORKS = 100


class StateError(Exception):
    """The folder cannot be used: another witness holds it, or a file in it is damaged."""


class WitnessState:
    """The folder of one witness, held until `close`; not thread-safe.

    - A log's file holds the three lines of its last checkpoint, and the line of its epoch if that is not the
      first. It is replaced by rename; the file and its folder are synced before the witness cosigns.
    - The latest of a log's keys that has signed what was cosigned is in signers/: from then on a former key
      alone is not enough.
    - A statement that began an epoch is kept in epochs/ before the checkpoint is set back, and is followed
      once.
    - A file that cannot be read prevents the start: a witness without its state could cosign a fork.
    """

    def __init__(self, folder: Path) -> None:
        """Create the folder if needed and lock it; raises StateError, OSError."""
        self.folder = folder
        for path in (folder, folder / _LOGS, folder / _FORKS, folder / _EPOCHS, folder / _SIGNERS):
            path.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        self._lock = durable_file.open_lock(folder / "lock", like=folder)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._latest = {found.origin: found for found in map(_read, self._files())}
            self._breaks = {origin: _read_statements(folder, found) for origin, found in self._latest.items()}
        except BlockingIOError:
            self.close()
            raise StateError(f"another witness runs on {folder}") from None
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Release the folder."""
        os.close(self._lock)

    def latest(self, origin: str) -> Checkpoint:
        """Return the last stored checkpoint, or that of the empty tree if there is none."""
        return self._latest.get(origin, Checkpoint(origin, 0, EMPTY_ROOT))

    def keep(self, newer: Checkpoint) -> None:
        """Store a checkpoint as the last one, durably; raises OSError if that fails."""
        kept = Checkpoint(newer.origin, newer.size, newer.root, epoch.of(newer).extensions)
        durable_file.replace(self._file(newer.origin), kept.text.encode())
        self._latest[newer.origin] = kept

    def demanded(self, origin: str) -> tuple[Checkpoint, ...]:
        """Return what the followed statements of a log's losses demand beyond what was cosigned last."""
        known = self.latest(origin)
        found = stated.demanded(known, self._breaks.get(origin, ()))
        return tuple(each for each in reversed(found) if each.size > known.size)

    def signer(self, origin: str) -> str:
        """Return the vkey of a log's latest key that has signed, empty if none is kept; raises OSError."""
        try:
            return small_file.read(self._signer_file(origin)).decode(errors="replace")
        except FileNotFoundError:
            return ""

    def keep_signer(self, origin: str, vkey: str) -> None:
        """Store the latest key of a log that has signed, durably; raises OSError."""
        durable_file.replace(self._signer_file(origin), vkey.encode())

    def begin_epoch(self, digest: str, statement: bytes, stays: Checkpoint) -> None:
        """Keep the statement of a new epoch, then what the log continues from; raises OSError."""
        durable_file.replace(self.folder / _EPOCHS / digest, statement)
        self.keep(stays)
        self._breaks[stays.origin] = _read_statements(self.folder, stays)

    def keep_fork(self, raw: bytes) -> None:
        """Store a signed checkpoint that contradicts the last one; together they prove a fork of the log."""
        # Named by the signed text: otherwise anybody could add lines of unknown keys and fill the disk.
        # Whoever has the log's key can sign any number of texts, and some prove as much as all.
        path = self.folder / _FORKS / sha256(note.parse(raw).text.encode()).hexdigest()
        if not path.exists() and sum(1 for _ in path.parent.iterdir()) < _MOST_FORKS:
            durable_file.replace(path, raw)

    def _files(self) -> list[Path]:
        found = (self.folder / _LOGS).iterdir()
        return sorted(path for path in found if not path.name.startswith("."))

    def _signer_file(self, origin: str) -> Path:
        return self.folder / _SIGNERS / self._file(origin).name

    def _file(self, origin: str) -> Path:
        # An origin may be any text; its hash is a valid file name everywhere.
        return self.folder / _LOGS / sha256(origin.encode()).hexdigest()


def examine_state(folder: Path) -> None:
    """Raise StateError or OSError if a witness could not start on this folder; nothing is written."""
    if not folder.exists():
        # The first start makes it.
        if not os.access(_nearest(folder), os.W_OK | os.X_OK):
            raise StateError("cannot be created by this user")
        return
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise StateError("is not a folder that this user may read and write")
    if (folder / "lock").exists():
        with (folder / "lock").open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StateError("is held by a witness that runs") from None
    for path in sorted((folder / _LOGS).glob("[!.]*")):
        _read_statements(folder, _read(path))


def _nearest(folder: Path) -> Path:
    return next(path for path in folder.absolute().parents if path.exists())


def _read(path: Path) -> Checkpoint:
    try:
        found = checkpoint.parse(small_file.read(path).decode())
    except (UnicodeDecodeError, MalformedCheckpointError) as error:
        raise StateError(f"{path} is damaged: restore it, or a fork of the log may go unnoticed") from error
    if sha256(found.origin.encode()).hexdigest() != path.name:
        raise StateError(f"{path} holds the state of a different log than its name says")
    return found


def _read_statements(folder: Path, latest: Checkpoint) -> tuple[Break, ...]:
    """Return what the statements say that led to a checkpoint's epoch; raises StateError."""
    found, digest = list[Break](), epoch.of(latest).digest
    while digest:
        path = folder / _EPOCHS / digest
        try:
            statement = statements.parse(small_file.read(path))
            found.append(epoch.read(statement))
        except (OSError, RosterError, LogError) as error:
            raise StateError(f"{path} is missing or damaged: restore it, or follow no epoch") from error
        digest = statement.previous
    return tuple(reversed(found))


Logs = Mapping[str, Sequence[VerifierKey]]


@dataclass(frozen=True, slots=True)
class CosignerAnswer:
    """An HTTP answer; the body is text."""

    status: int
    body: str
    content_type: str = wire.SIGNATURES_TYPE


class _RefusalError(Exception):
    def __init__(self, answer: CosignerAnswer) -> None:
        super().__init__(answer.body)
        self.answer = answer


class KeyKindError(ValueError):
    """A key given for a log is a witness's key."""


def known_logs(keys: Sequence[VerifierKey]) -> dict[str, list[VerifierKey]]:
    """Group keys by log: a log's origin is the name of its keys. Raises KeyKindError."""
    logs: dict[str, list[VerifierKey]] = {}
    for key in keys:
        if key.algorithm is not Algorithm.ED25519:
            raise KeyKindError(f"{key.name} is the key of a witness, not of a log")
        logs.setdefault(key.name, []).append(key)
    return logs


class Cosigner:
    """Answers submissions from several threads; checks and stores them one at a time."""

    def __init__(
        self,
        *,
        logs: Logs,
        signer: NoteSigner,
        state: WitnessState,
        clock: Callable[[], datetime],
        metrics: WitnessMetrics | None = None,
        successor: NoteSigner | None = None,
    ) -> None:
        """Set up. logs: each known log's keys by origin, the latest last. signer: the witness's key.

        clock: real time.
        successor: the key that will take its place; until then both sign, so that whoever knows either of
        them finds a cosignature.
        """
        self._logs = logs
        self.metrics = metrics or WitnessMetrics()
        for origin in logs:
            self.metrics.known(origin, state.latest(origin).size)
        self._signer, self._successor = signer, successor
        self._state = state
        self._clock = clock
        self._one_at_a_time = threading.Lock()
        # Of the note that was submitted last, if it has to continue several: its text, and the proved sizes.
        self._proved: tuple[str, set[int]] = ("", set())

    @property
    def key(self) -> VerifierKey:
        """The witness's public key."""
        return self._signer.key

    @property
    def next_key(self) -> VerifierKey | None:
        """The public key that will take its place, None if none is announced."""
        return None if self._successor is None else self._successor.key

    def add_checkpoint(self, body: bytes) -> CosignerAnswer:
        """Answer one submission; if the state cannot be written, answers 500 and cosigns nothing."""
        answer = self._answer(body)
        self.metrics.answered(answer.status)
        return answer

    def _answer(self, body: bytes) -> CosignerAnswer:
        try:
            return self._judge(body)
        except _RefusalError as refused:
            return refused.answer
        except (WitnessWireError, MalformedNoteError, MalformedCheckpointError) as error:
            return CosignerAnswer(400, f"{error}\n")
        except OSError as error:
            log().error("witness_state_not_written", **describe(error))
            return CosignerAnswer(500, "the state cannot be written\n")

    def _judge(self, body: bytes) -> CosignerAnswer:
        request = wire.parse(body)
        submitted, signer = self._verified(request.note)
        if request.old > submitted.size:
            raise _RefusalError(CosignerAnswer(400, "the old size is greater than the checkpoint's\n"))
        # Check, store and sign under one lock: a slower request must neither replace a newer checkpoint with
        # an older one nor get a cosignature with a later time than the newer one.
        with self._one_at_a_time:
            self._check_follows(request, submitted)
            self._check_signer(submitted, signer)
            if submitted.size > self._state.latest(submitted.origin).size:
                self._state.keep(submitted)
            time = int(self._clock().timestamp())
            signers = [each for each in (self._signer, self._successor) if each is not None]
            lines = [note.sign(each, submitted.text, time=time).line for each in signers]
            self.metrics.cosigned(submitted.origin, submitted.size)
            return CosignerAnswer(200, "".join(lines))

    def _verified(self, raw: bytes) -> tuple[Checkpoint, VerifierKey]:
        """Return the checkpoint, and the latest of the log's keys that signed it."""
        origin = note.parse(raw).text.partition("\n")[0]
        keys = self._logs.get(origin)
        if keys is None:
            raise _RefusalError(CosignerAnswer(404, "the log is unknown\n"))
        try:
            opened = note.open_note(raw, keys)
        except (UnsignedNoteError, InvalidSignatureError) as error:
            log().warning("witness_refused", code=403)
            raise _RefusalError(CosignerAnswer(403, f"{error}\n")) from error
        return checkpoint.parse(opened.text), max((each.key for each in opened.verified), key=keys.index)

    def _check_signer(self, submitted: Checkpoint, signer: VerifierKey) -> None:
        """Refuse what only a former key signed once a later one signs: its thief may have made it."""
        known = [str(each) for each in self._logs[submitted.origin]]
        latest = self._state.signer(submitted.origin)
        if latest in known[known.index(str(signer)) + 1 :]:
            log().error("witness_refused", code=403, count=submitted.size)
            raise _RefusalError(CosignerAnswer(403, "a later key of the log must sign, too\n"))
        if latest != str(signer):
            self._state.keep_signer(submitted.origin, str(signer))

    def _check_follows(self, request: AddCheckpoint, submitted: Checkpoint) -> None:
        known = self._state.latest(submitted.origin)
        # Before the sizes: a log that was restored is smaller than what this witness has seen.
        if epoch.of(submitted) != epoch.of(known):
            log().error("witness_refused", code=wire.OTHER_EPOCH, count=submitted.size)
            raise _RefusalError(CosignerAnswer(wire.OTHER_EPOCH, "this witness follows another epoch\n"))
        wanted = {each.size: each for each in (known, *self._state.demanded(submitted.origin))}
        if request.old not in wanted:
            self._ask_proof(submitted, wanted)
        if submitted.size < max(wanted):
            log().error("witness_refused", code=422, count=submitted.size)
            raise _RefusalError(CosignerAnswer(422, "the log has fewer entries than its statement says\n"))
        before = wanted[request.old]
        if submitted.size == before.size > 0 and submitted.root != before.root:
            log().error("witness_saw_a_fork", code=409, count=before.size)
            self._state.keep_fork(request.note)
            raise _RefusalError(CosignerAnswer(409, "a different root was cosigned at this size\n"))
        try:
            verify_successor(before, submitted, request.proof)
        except ConsistencyError as error:
            log().error("witness_refused", code=422, count=submitted.size)
            raise _RefusalError(CosignerAnswer(422, f"{error}\n")) from error
        if len(wanted) > 1:
            self._add_proof(submitted, wanted, request.old)

    def _ask_proof(self, submitted: Checkpoint, wanted: Mapping[int, Checkpoint]) -> NoReturn:
        """Answer with the smallest size from which a checkpoint's proof is still missing."""
        text, proved = self._proved
        # Every log begins with the empty one: its proof is needed only if nothing else is.
        missing = set(wanted) - (proved if text == submitted.text else set())
        missing = missing - {0} or missing
        raise _RefusalError(CosignerAnswer(409, wire.encode_size(min(missing)), wire.SIZE_TYPE))

    def _add_proof(self, submitted: Checkpoint, wanted: Mapping[int, Checkpoint], old: int) -> None:
        """Remember a proof; refuse the checkpoint while it needs another one."""
        text, proved = self._proved
        proved = {0, old} | (proved if text == submitted.text else set())
        self._proved = submitted.text, proved
        if not proved >= set(wanted):
            self._ask_proof(submitted, wanted)
        self._proved = "", set()


class EpochNotFollowedError(Exception):
    """A statement is not followed; the text gives the cause."""


def follow_epochs(
    state: WitnessState,
    given: Sequence[EpochStatement],
    *,
    keys: Iterable[VerifierKey],
    versions: Sequence[Roster],
) -> Carried | None:
    """Follow statements durably; return what stays and what is lost, None if all were followed before.

    keys: of the known logs. versions: the verified roster, from the first version on. Raises
    EpochNotFollowedError, OSError.

    Statements are followed if, in this order,
    * they are of a known log, and the log's key signed the checkpoint that each names as the last one,
    * M custodians of each quorum of the version of the roster that each names signed it,
    * the checkpoint that each names as the last one was cosigned, and they agree with one another,
    * the last one names the newest version: so custodians who were replaced begin no epoch,
    * the first is of the epoch after the followed one, and each names the statement before it,
    * they hide nothing that this witness has cosigned (verify.transparency.epoch). From then on the witness
      cosigns only checkpoints of the new epoch that begin with the entries that are left. A witness that was
      away, or that is new, follows all that are missing at once.
    """
    keys = tuple(keys)
    known_keys = {str(key) for key in keys}
    if not given or any(each.log not in known_keys for each in given):
        raise EpochNotFollowedError("the statement is of a log that this witness does not know")
    try:
        known = state.latest(epoch.read(given[0]).kept.origin)
        new = _after(epoch.of(known), given)
        if not new:
            return None
        steps, lost = list[tuple[EpochStatement, Checkpoint]](), list[LostPart]()
        _check_signed(new, epoch.of(known), versions)
        for each in new:
            epochs.check_cosigned(each, versions, [key for key in keys if key.name == known.origin])
        stated.check([epoch.read(each) for each in new])
        for each in new:
            found = epoch.read(each)
            newer = Checkpoint(found.kept.origin, 0, EMPTY_ROOT, found.epoch.extensions)
            carried = epoch.carry(known, newer, [found])
            stays = carried.checkpoint
            known = Checkpoint(stays.origin, stays.size, stays.root, found.epoch.extensions)
            steps.append((each, known))
            lost += carried.lost
    except (RosterError, LogError, EpochRefusedError) as error:
        raise EpochNotFollowedError(str(error)) from error
    # In order: after a crash the next start goes on with those that are left.
    for each, begun in steps:
        state.begin_epoch(each.digest(), each.to_bytes(), begun)
    return Carried(known, tuple(lost))


def _after(present: Epoch, given: Sequence[EpochStatement]) -> Sequence[EpochStatement]:
    """Return the statements after those that are followed; raises EpochNotFollowedError."""
    for each in given:
        if each.epoch == present.number and each.digest() != present.digest:
            raise EpochNotFollowedError(
                f"there are two statements for epoch {each.epoch}: this witness follows the other one"
            )
    new = [each for each in given if each.epoch > present.number]
    if new and (new[0].epoch, new[0].previous) != (present.number + 1, present.digest):
        raise EpochNotFollowedError(
            f"this witness follows epoch {present.number}, and the statement is of "
            f"epoch {new[0].epoch} or follows another one: give all of them (the public epochs.json)"
        )
    return new


def _check_signed(new: Sequence[EpochStatement], present: Epoch, versions: Sequence[Roster]) -> None:
    """Raise EpochStatementError or EpochNotFollowedError unless custodians signed the statements."""
    statements.verify_chain(new, versions=versions, number=present.number + 1, previous=present.digest)
    if new[-1].roster != versions[-1].digest():
        raise EpochNotFollowedError(
            f"the statement of epoch {new[-1].epoch} names a former version of the roster: ask the "
            "custodians in force whether it holds, and give the file of the former version as --roster"
        )
