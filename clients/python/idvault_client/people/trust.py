"""What a roster member's client trusts: the pinned roster, the log's key, and the last checkpoint seen.

- The client checks everything that the service sends against these three.
- A checkpoint is valid if the log's key signed it, the witnesses required by the roster cosigned it, and it
  continues the last one seen. Only then does it replace the last one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from idvault import durable_file
from idvault.attest.quorum import Quorum
from idvault.attest.roster import Roster
from idvault.attest.roster_member import RosterMember as Person
from idvault.domain.disclosure import HistoryFinding as Finding
from idvault.domain.event import EventType
from idvault.domain.seal import Part
from idvault.transparency import checkpoint
from idvault.transparency.checkpoint import Checkpoint
from idvault.transparency.checkpoint import CosignaturePolicy as Policy
from idvault.transparency.entry import EntryError
from idvault.transparency.note import Algorithm, VerifierKey
from idvault.transparency.tree import LogError
from idvault.v1 import disclosure_pb2
from idvault_client.offline import proof

Consistency = Callable[[int, int], Sequence[bytes]]


class FindingError(Exception):
    """Something that the service sent does not verify; the text says what, and holds no personal data."""

    def __init__(self, finding: Finding, text: str) -> None:
        """Keep the finding, for programs and for the log."""
        super().__init__(text)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class PinnedMember:
    """A member of the roster, and the version in which the member's current key first appeared."""

    member: Person
    since_version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """What one roster member trusts.

    versions: every version of the roster from the first on, verified. state: the file of the last checkpoint
    seen, a signed note; the first checkpoint creates it.
    """

    versions: Sequence[Roster]
    log_key: VerifierKey
    state: Path

    @property
    def roster(self) -> Roster:
        """The version in force."""
        return self.versions[-1]

    def member(self, name: str, *, role: str) -> PinnedMember:
        """Return a member of the roster in force; raises FindingError (NOT_IN_ROSTER)."""
        for member in self.roster.people:
            if (member.name, member.role) == (name, role):
                return PinnedMember(member, self._since(member))
        raise FindingError(Finding.NOT_IN_ROSTER, f"the roster has no {role} named {name!a}")

    def quorum(self, quorum_id: str) -> Quorum:
        """Return a quorum of any version; raises FindingError (NOT_IN_ROSTER)."""
        for roster in reversed(self.versions):
            for quorum in roster.quorums:
                if quorum.id == quorum_id:
                    return quorum
        raise FindingError(Finding.NOT_IN_ROSTER, "the record's quorum is in no version of the roster")

    def checkpoint(self, note: bytes, *, consistency: Consistency) -> Checkpoint:
        """Return a verified checkpoint that continues the last one seen, and keep it; raises FindingError.

        consistency: returns the proof that the log of one size continues the log of a smaller one.
        """
        if not note:
            raise FindingError(Finding.NOT_IN_LOG, "the log has no checkpoint yet")
        before = self._kept()
        try:
            newest = checkpoint.verify(note, _policy(self.roster, self.log_key)).checkpoint
            if before is not None and before.size > newest.size:
                # Overlapping answers may arrive out of order. An older one is no fork if it is consistent.
                hashes = consistency(newest.size, before.size) if newest.size else ()
                checkpoint.verify_successor(newest, before, hashes)
                return newest
            if before is not None:
                hashes = () if before.size in (0, newest.size) else consistency(before.size, newest.size)
                checkpoint.verify_successor(before, newest, hashes)
        except LogError as error:
            raise FindingError(Finding.LOG_INVALID, f"the log does not verify: {error}") from error
        durable_file.replace(self.state, note)
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
        """Return the time, to the minute, of a log entry that is in the log and commits to these values.

        Raises FindingError (NOT_IN_LOG).
        """
        if not logged.HasField("proof"):
            raise FindingError(Finding.NOT_IN_LOG, f"no checkpoint covers the entry of {type.value} yet")
        try:
            return proof.check_entry(
                logged, at, type=type, account_token=account_token, fields=fields
            ).occurred_at
        except (EntryError, LogError) as error:
            text = f"the log's checkpoint does not cover this {type.value}"
            raise FindingError(Finding.NOT_IN_LOG, text) from error

    def _since(self, member: Person) -> int:
        since = self.roster.version
        for roster in reversed(self.versions):
            if not any(
                (each.name, each.role, each.ed25519) == (member.name, member.role, member.ed25519)
                for each in roster.people
            ):
                break
            since = roster.version
        return since

    def _kept(self) -> Checkpoint | None:
        try:
            return checkpoint.verify(
                self.state.read_bytes(), Policy(self.log_key.name, (self.log_key,))
            ).checkpoint
        except FileNotFoundError:
            return None
        except LogError as error:
            text = f"the checkpoint in {self.state.name} is not a checkpoint of this log"
            raise FindingError(Finding.LOG_INVALID, text) from error


def _policy(roster: Roster, log_key: VerifierKey) -> Policy:
    """Return whose signatures a checkpoint needs.

    The roster that the custodians signed names the witnesses.
    """
    if roster.witness is None:
        return Policy(log_key.name, (log_key,))
    witnesses = tuple(
        VerifierKey(name, key, Algorithm.COSIGNATURE_V1) for name, key in roster.witness.witnesses
    )
    return Policy(log_key.name, (log_key,), witnesses, roster.witness.threshold)
