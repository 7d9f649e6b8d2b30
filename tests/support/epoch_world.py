"""A log that loses entries, the custodians who sign for a new epoch, and a witness that follows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from idvault.log.ports import Ahead, Cosigned, WitnessRefusedError
from idvault.processes.witness import cosigner, wire
from idvault.processes.witness.cosigner import Cosigner, WitnessState, known_logs
from idvault.processes.witness.wire import AddCheckpoint
from idvault_verify.attest import epoch as statements
from idvault_verify.attest.epoch import EpochStatement
from idvault_verify.attest.people.roster import Roster
from idvault_verify.transparency import checkpoint, epoch, note
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.epoch import Break
from idvault_verify.transparency.proof import prove_consistency
from tools.support import merkle, people
from tools.support.chamber import CUSTODIANS, first_roster, roster_member
from tools.support.log_world import KEY, SIGNER, START, of

LOG = note.NoteSigner(KEY, SIGNER.sign)
ROSTER = first_roster()
LOST_AT = datetime(2026, 3, 2, tzinfo=UTC)


def next_roster() -> Roster:
    """Return a second version, signed by custodians of the first."""
    made = replace(ROSTER, version=2, people=(*ROSTER.people, roster_member("auditor-c")), signatures=())
    return people.signed(made, *CUSTODIANS[:2])


def cosigned(found: Checkpoint, *by: note.NoteSigner) -> bytes:
    """Return a checkpoint signed by the log (its first key, or these), and cosigned by the witness."""
    raw = checkpoint.sign(found, by or [LOG])
    line = note.sign(people.WITNESS, found.text, time=int(START.timestamp()))
    return note.parse(raw).with_signatures([line]).encode()


def statement(
    former: bytes,
    kept: Checkpoint,
    *,
    seen: int,
    after: Sequence[EpochStatement] = (),
    roster: Roster = ROSTER,
) -> EpochStatement:
    """Return an unsigned statement. kept: the entries that are left."""
    return EpochStatement(
        log=str(KEY),
        epoch=len(after) + 2,
        previous=after[-1].digest() if after else "",
        former=former,
        seen=seen,
        size=kept.size,
        root=kept.root,
        time=LOST_AT,
        reason="a synthetic disk failed",
        roster=roster.digest(),
        lost={"verification:claim:open": seen - kept.size},
    )


def signed(unsigned: EpochStatement, *names: str, roster: Roster = ROSTER) -> EpochStatement:
    """Return the statement with the signatures of these custodians, of two unless named."""
    for name in names or CUSTODIANS[:2]:
        unsigned = statements.sign(unsigned, name=name, signer=people.signer(name).sign, roster=roster)
    return unsigned


def breaks(*listed: EpochStatement) -> list[Break]:
    return [epoch.read(each) for each in listed]


def in_epoch(found: Checkpoint, begun: EpochStatement) -> Checkpoint:
    """Return a checkpoint as one of the epoch that a statement began."""
    extensions = epoch.Epoch(begun.epoch, begun.digest()).extensions
    return Checkpoint(found.origin, found.size, found.root, extensions)


def leaves(size: int, *, kept: int | None = None) -> list[bytes]:
    """Return the entries of a log; beyond those that are kept they are others than before."""
    return [b"entry %d" % at if kept is None or at < kept else b"anew %d" % at for at in range(size)]


def tree(size: int, *, kept: int | None = None) -> Checkpoint:
    return of(leaves(size, kept=kept))


FIRST = signed(statement(cosigned(tree(10)), tree(6), seen=11))
"""A statement: of ten cosigned entries, and an eleventh that somebody saw, six are left."""


@dataclass
class DiskWitness:
    """A real witness on disk, asked without HTTP."""

    folder: Path
    asked: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state = WitnessState(self.folder)
        self._cosigner = Cosigner(
            logs=known_logs([KEY]), signer=people.WITNESS, state=self.state, clock=lambda: START
        )

    async def add_checkpoint(self, *, old: int, proof: Sequence[bytes], note: bytes) -> Cosigned | Ahead:
        """Ask it, and read its answer as the worker's client does."""
        answer = self._cosigner.add_checkpoint(AddCheckpoint(old, tuple(proof), note).encode())
        if answer.status == 200:
            return Cosigned(answer.body)
        if answer.status == 409 and answer.content_type == wire.SIZE_TYPE and int(answer.body) != old:
            return Ahead(int(answer.body))
        raise WitnessRefusedError(answer.status)

    def follow(self, *found: EpochStatement, versions: Sequence[Roster] = (ROSTER,)) -> epoch.Carried | None:
        return cosigner.follow_epochs(self.state, found, keys=[KEY], versions=versions)

    async def grow(self, found: Checkpoint, entries: list[bytes]) -> None:
        """Let it cosign a checkpoint of these entries."""
        old = self.state.latest(found.origin).size
        proof = prove_consistency(merkle.reader(entries), old=old, new=found.size)
        answer = await self.add_checkpoint(old=old, proof=proof, note=checkpoint.sign(found, [LOG]))
        assert isinstance(answer, Cosigned)

    def close(self) -> None:
        self.state.close()
