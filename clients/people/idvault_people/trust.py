"""What a roster member's client trusts: the pinned roster, the log's key, and the last checkpoint seen.

- The client checks everything that the service sends against these three.
- A checkpoint is valid if, in this order, the log's key signed it, it continues the last one seen, and K
  witnesses of the roster in force cosigned it within the last 15 minutes. Only then does it replace the last
  one.
- A checkpoint that contradicts the last one is kept beside it: the two prove that the log has two histories.
- A checkpoint of a later epoch continues it if the member has followed the epoch's statement (people.epochs).
  It must also begin with what the statements name, which the member may not have seen (transparency.stated).
- The size of the first checkpoint under each new version of the roster is kept too (people.roster_mark).
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from idvault_people import epochs, fork, roster_mark
from idvault_people.finding import FindingError
from idvault_verify import durable_file, small_file
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.quorum import Quorum
from idvault_verify.attest.reading import RosterError
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.event import EventType
from idvault_verify.offline import proof, witness_policy
from idvault_verify.offline.log.epochs import EpochRefusedError, beginning
from idvault_verify.seal import Part
from idvault_verify.transparency import checkpoint, epoch, stated
from idvault_verify.transparency.checkpoint import Checkpoint, QuorumError
from idvault_verify.transparency.entry import EntryError
from idvault_verify.transparency.epoch import Break, UnknownEpochError
from idvault_verify.transparency.note import VerifierKey
from idvault_verify.transparency.tree import LogError
from idvault_verify.v1 import disclosure_pb2

__all__ = ["FindingError", "NoProofError", "PinnedMember", "Trust"]

Consistency = Callable[[int, int], Sequence[bytes]]


class NoProofError(LogError):
    """The service refuses to prove that one checkpoint continues another."""


@dataclass(frozen=True, slots=True)
class PinnedMember:
    """A member of the roster, and the version in which the member's current key first appeared."""

    member: RosterMember
    since_version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """What one roster member trusts.

    versions: every version of the roster from the first on, verified. state: the file of the last checkpoint
    seen, a signed note; the first checkpoint creates it. more_keys: the log's later or earlier keys, which
    the pinned one leads to.
    """

    versions: Sequence[Roster]
    log_key: VerifierKey
    state: Path
    more_keys: tuple[VerifierKey, ...] = ()

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

    def members_since(self, roster_digest: str, *, name: str, role: str) -> list[RosterMember]:
        """Return a member as it is in each version from the named one to the one in force.

        Raises FindingError (NOT_IN_ROSTER) if it is in none of them, or the named version is not pinned.
        """
        members = (each for roster in self._since_version(roster_digest) for each in roster.people)
        found = [each for each in members if (each.name, each.role) == (name, role)]
        if not found:
            raise FindingError(Finding.NOT_IN_ROSTER, f"the roster has no {role} named {name!a}")
        return found

    def quorum(self, quorum_id: str) -> Quorum:
        """Return a quorum of any version; raises FindingError (NOT_IN_ROSTER)."""
        for roster in reversed(self.versions):
            for quorum in roster.quorums:
                if quorum.id == quorum_id:
                    return quorum
        raise FindingError(Finding.NOT_IN_ROSTER, "the record's quorum is in no version of the roster")

    def checkpoint(self, note: bytes, *, consistency: Consistency, now: datetime) -> Checkpoint:
        """Return a verified checkpoint that continues the last one seen, and keep it; raises FindingError.

        consistency: returns the proof that the log of one size continues the log of a smaller one, or raises
        NoProofError. now: the time of the act that relies on it.
        """
        found = self._signed(note)
        before = self._kept()
        self._check_continues(note, found, before, consistency)
        self._check_witnessed(note, self.roster, now)
        if before is None or _place(before) < _place(found):
            durable_file.replace(self.state, note)
        self._mark(max(found.size, before.size if before else 0))
        return found

    def seen(self) -> Checkpoint | None:
        """Return the last checkpoint seen, None if there is none; raises FindingError (LOG_INVALID)."""
        return self._kept()

    def check_before_successor(self, roster_digest: str, *, index: int) -> None:
        """Raise FindingError (NOT_IN_ROSTER) if a request names a former version, and was logged too late.

        index: of the request's entry. Too late is after this client saw the log under the version in force.
        """
        if roster_digest == self.roster.digest():
            return
        mark = roster_mark.find(self.state, roster_digest=self.roster.digest())
        if mark is None or index >= mark:
            text = "the request names a former version of the roster, and was logged after its successor"
            raise FindingError(Finding.NOT_IN_ROSTER, text)

    def _mark(self, size: int) -> None:
        digest = self.roster.digest()
        if len(self.versions) > 1 and roster_mark.find(self.state, roster_digest=digest) is None:
            roster_mark.keep(self.state, roster_digest=digest, size=size)

    def stored_checkpoint(
        self, note: bytes, *, consistency: Consistency, at: datetime, roster_digest: str
    ) -> Checkpoint:
        """Return the verified checkpoint of an act in the past; raises FindingError.

        at: the time of the act. roster_digest: the version that was in force before the act. The cosignatures
        that this version or a later one required must be of that time.
        """
        *earlier, last = self._since_version(roster_digest)
        found = self._signed(note)
        self._check_continues(note, found, self._kept(), consistency)
        for roster in earlier:
            with suppress(FindingError):
                self._check_witnessed(note, roster, _measured(roster, at))
                return found
        self._check_witnessed(note, last, _measured(last, at))
        return found

    def _signed(self, note: bytes) -> Checkpoint:
        if not note:
            raise FindingError(Finding.NOT_IN_LOG, "the log has no checkpoint yet")
        try:
            return checkpoint.verify(note, witness_policy.of_log(self.log_key, *self.more_keys)).checkpoint
        except LogError as error:
            raise FindingError(Finding.LOG_INVALID, f"the log does not verify: {error}") from error

    def _check_witnessed(self, note: bytes, roster: Roster, at: datetime | None) -> None:
        """Raise FindingError unless the witnesses of a roster cosigned a checkpoint, at a time if given.

        A version that is not fit to be in force, such as one without witnesses, vouches for nothing.
        """
        try:
            roster.check_in_force()
            policy = witness_policy.of_roster(roster, self.log_key, *self.more_keys)
            signed = checkpoint.verify(note, policy)
            if at is not None:
                checkpoint.check_fresh(signed, policy, now=at.timestamp())
        except RosterError as error:
            raise FindingError(Finding.LOG_NOT_WITNESSED, str(error)) from error
        except QuorumError as error:
            raise FindingError(Finding.LOG_NOT_WITNESSED, f"the log is not witnessed: {error}") from error
        except LogError as error:
            raise FindingError(Finding.LOG_INVALID, f"the log does not verify: {error}") from error

    def _check_continues(
        self, note: bytes, found: Checkpoint, before: Checkpoint | None, consistency: Consistency
    ) -> None:
        """Raise FindingError (LOG_FORKED) unless the smaller of two checkpoints is a prefix of the other."""
        # Overlapping answers may arrive out of order. An older one is no fork if it is consistent.
        try:
            older, newer = sorted((before or beginning(found.origin), found), key=_place)
            breaks = epochs.breaks(
                self.state, versions=self.versions, log_key=self.log_key, more_keys=self.more_keys
            )
            stays = epoch.carry(older, newer, breaks).checkpoint
            hashes = () if stays.size in (0, newer.size) else consistency(stays.size, newer.size)
            checkpoint.verify_successor(stays, newer, hashes)
        except (UnknownEpochError, EpochRefusedError) as error:
            text = (
                f"{error}: read it in the public directory, and follow it with `idvault-people epoch follow`"
            )
            raise FindingError(Finding.LOG_INVALID, text) from error
        except LogError as error:
            if before is None:
                raise FindingError(Finding.LOG_INVALID, f"the log does not verify: {error}") from error
            self._tell_fork(note, error)
        _check_stated(newer, breaks, consistency)

    def _tell_fork(self, note: bytes, error: LogError) -> NoReturn:
        place = fork.keep(self.state, refused=note)
        text = (
            f"the log has two histories: it contradicts the checkpoint that you have kept ({error}); both "
            f"checkpoints are in {place}: show them to the other custodians, auditors and witnesses"
        )
        raise FindingError(Finding.LOG_FORKED, text) from error

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

    def _since_version(self, roster_digest: str) -> Sequence[Roster]:
        """Return the pinned versions from the named one on; raises FindingError (NOT_IN_ROSTER)."""
        for at, roster in enumerate(self.versions):
            if roster.digest() == roster_digest:
                return self.versions[at:]
        raise FindingError(Finding.NOT_IN_ROSTER, "the request names a roster that is not pinned here")

    def _since(self, member: RosterMember) -> int:
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
            policy = witness_policy.of_log(self.log_key, *self.more_keys)
            return checkpoint.verify(small_file.read(self.state), policy).checkpoint
        except FileNotFoundError:
            return None
        except LogError as error:
            text = f"the checkpoint in {self.state.name} is not a checkpoint of this log"
            raise FindingError(Finding.LOG_INVALID, text) from error


def _check_stated(newest: Checkpoint, breaks: Sequence[Break], consistency: Consistency) -> None:
    """Raise FindingError (LOG_INVALID) unless the log begins with what the statements of its losses name."""
    try:
        for each in stated.demanded(newest, breaks):
            proof = consistency(each.size, newest.size) if each.size < newest.size else ()
            checkpoint.verify_successor(each, newest, proof)
    except LogError as error:
        text = f"the log does not begin with the entries that its custodians' statements name: {error}"
        raise FindingError(Finding.LOG_INVALID, text) from error


def _place(found: Checkpoint) -> tuple[int, int]:
    """Order the checkpoints of a log: a later epoch may have fewer entries."""
    return epoch.of(found).number, found.size


def _measured(roster: Roster, at: datetime) -> datetime | None:
    # The clock of a development vault can be shifted, and its entries have that time; witnesses do not.
    return None if roster.development else at
