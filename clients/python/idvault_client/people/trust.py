"""What a person's client believes: the pinned roster, the log's key, and the last checkpoint that it saw.

- Everything that the service hands out is checked against these; nothing of it is taken on trust.
- A checkpoint counts if the log's key signed it, if the witnesses that the roster demands cosigned it, and if
  it continues the last one that was seen. Only then it takes the last one's place.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from idvault import durable_file
from idvault.attest.person import Person
from idvault.attest.quorum import Quorum
from idvault.attest.roster import Roster
from idvault.domain.disclosure import Finding
from idvault.domain.event import EventType
from idvault.domain.seal import Part
from idvault.transparency import checkpoint, entry
from idvault.transparency.checkpoint import Checkpoint, Policy
from idvault.transparency.entry import EntryError
from idvault.transparency.note import Algorithm, VerifierKey
from idvault.transparency.proof import verify_inclusion
from idvault.transparency.tree import LogError
from idvault.v1 import disclosure_pb2

Consistency = Callable[[int, int], Sequence[bytes]]


class FindingError(Exception):
    """What the service handed out does not verify; the text says what, and nothing personal."""

    def __init__(self, finding: Finding, text: str) -> None:
        """Keep the finding, for machines and for the log."""
        super().__init__(text)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class PinnedMember:
    """A person of the roster, with the version of it in which the present key appeared first."""

    person: Person
    since_version: int


class Trust:
    """The beliefs of one person."""

    def __init__(self, *, versions: Sequence[Roster], log_key: VerifierKey, state: Path) -> None:
        """Take the verified versions of the roster from the first on, the log's key, and the kept checkpoint.

        state: the file of the last checkpoint that was seen, as a signed note; made by the first one.
        """
        self._versions = tuple(versions)
        self._state = state
        self._plain = Policy(log_key.name, (log_key,))
        self._policy = _policy(self.roster, log_key)

    @property
    def roster(self) -> Roster:
        """The version in force."""
        return self._versions[-1]

    def signer(self, name: str, *, role: str) -> PinnedMember:
        """Return a person of the roster in force; raises FindingError (NOT_IN_ROSTER)."""
        for person in self.roster.people:
            if (person.name, person.role) == (name, role):
                return PinnedMember(person, self._since(person))
        raise FindingError(Finding.NOT_IN_ROSTER, f"the roster has no {role} of the name {name!a}")

    def quorum(self, quorum_id: str) -> Quorum:
        """Return a quorum of any version; raises FindingError (NOT_IN_ROSTER)."""
        for roster in reversed(self._versions):
            for quorum in roster.quorums:
                if quorum.id == quorum_id:
                    return quorum
        raise FindingError(Finding.NOT_IN_ROSTER, "the record's quorum is in no version of the roster")

    def checkpoint(self, note: bytes, *, consistency: Consistency) -> Checkpoint:
        """Return a checkpoint that continues what was seen before, and keep it; raises FindingError.

        consistency: returns the hashes that prove that one size continues a smaller one.
        """
        if not note:
            raise FindingError(Finding.NOT_IN_LOG, "the log has no checkpoint yet")
        before = self._kept()
        try:
            newest = checkpoint.verify(note, self._policy).checkpoint
            if before is not None and before.size > newest.size:
                # An answer that was on its way while another one was read is no fork: the two are compared.
                proof = consistency(newest.size, before.size) if newest.size else ()
                checkpoint.verify_successor(newest, before, proof)
                return newest
            if before is not None:
                proof = () if before.size in (0, newest.size) else consistency(before.size, newest.size)
                checkpoint.verify_successor(before, newest, proof)
        except LogError as error:
            raise FindingError(Finding.LOG_INVALID, f"the log does not verify: {error}") from error
        durable_file.replace(self._state, note)
        return newest

    @staticmethod
    def check_entry(
        logged: disclosure_pb2.LoggedEntry,
        at: Checkpoint,
        *,
        type: EventType,
        account_token: str,
        fields: Mapping[str, Part],
    ) -> datetime:
        """Return an entry's time, to the minute, if it is in the log and says just this.

        Raises FindingError (NOT_IN_LOG).
        """
        if not logged.HasField("proof"):
            raise FindingError(Finding.NOT_IN_LOG, f"no checkpoint covers the entry of {type.value} yet")
        try:
            found = entry.check_opened(
                logged.leaf,
                type=type,
                opening_key=logged.opening_key,
                account_token=account_token,
                fields=fields,
            )
            verify_inclusion(
                leaf_hash=entry.leaf_hash(logged.leaf),
                index=logged.proof.index,
                size=at.size,
                root=at.root,
                proof=logged.proof.hashes,
            )
        except (EntryError, LogError) as error:
            text = f"the log's checkpoint does not cover this {type.value}"
            raise FindingError(Finding.NOT_IN_LOG, text) from error
        return found.occurred_at

    def _since(self, person: Person) -> int:
        since = self.roster.version
        for roster in reversed(self._versions):
            if not any(
                (each.name, each.role, each.ed25519) == (person.name, person.role, person.ed25519)
                for each in roster.people
            ):
                break
            since = roster.version
        return since

    def _kept(self) -> Checkpoint | None:
        try:
            return checkpoint.verify(self._state.read_bytes(), self._plain).checkpoint
        except FileNotFoundError:
            return None
        except LogError as error:
            text = f"the kept checkpoint in {self._state.name} is not one of this log"
            raise FindingError(Finding.LOG_INVALID, text) from error


def _policy(roster: Roster, log_key: VerifierKey) -> Policy:
    """Return whose signatures a checkpoint needs, by the roster that the custodians signed."""
    if roster.witness is None:
        return Policy(log_key.name, (log_key,))
    witnesses = tuple(
        VerifierKey(name, key, Algorithm.COSIGNATURE_V1) for name, key in roster.witness.witnesses
    )
    return Policy(log_key.name, (log_key,), witnesses, roster.witness.threshold)
