"""A sign-up's receipt, the owner's proof that the identity is sealed and logged, and its offline check.

A receipt is valid if, in this order,
* its checkpoint is signed by the log, and by the witnesses if any are given,
* its entry is of the type verification:claim:settle, was made by the vault itself (the actor "system") and
  commits to this account, this claim, its success and this digest of the sealed record,
* the entry is in the tree of the checkpoint,
* the record in it has this digest, is of this account and of a known format, and the quorum in it is the one
  whose id the record holds, and one that a roster could have: M of N different custodians, M from 1 to N,
  with usable keys of one suite; a receipt without a record has no quorum and proves none,
* the quorum is in a version of the published roster, if that is given: the same M, names and keys.

Whatever a receipt states twice is compared, and what nothing proves is refused.

That the record holds the owner's identity, and that its key was not kept elsewhere, is the vault's statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from google.protobuf import json_format

from idvault_verify import seal, strict_message
from idvault_verify.attest import hpke
from idvault_verify.attest.certificate import NAME
from idvault_verify.attest.hpke import HpkeKeyError
from idvault_verify.attest.people.roster import Roster
from idvault_verify.claim import ClaimState
from idvault_verify.error import DamagedError
from idvault_verify.event import SYSTEM_ACTOR, EventType
from idvault_verify.offline.proof import UnverifiedError, check_entry, covering, reason_of
from idvault_verify.offline.record import sealed_record
from idvault_verify.record import FORMAT_VERSION, SealedRecord
from idvault_verify.sharing import MOST_SHARES
from idvault_verify.strict_json import JsonSizeError
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.checkpoint import CosignaturePolicy as Policy
from idvault_verify.transparency.entry import Entry, EntryError
from idvault_verify.transparency.epoch import Break
from idvault_verify.transparency.tree import LogError
from idvault_verify.v1 import verification_pb2

MOST_BYTES = 1024 * 1024
"""The longest receipt file."""

_HASH_SIZE = 32


class ReceiptError(UnverifiedError):
    """A receipt that does not verify."""


@dataclass(frozen=True, slots=True)
class ClaimReceipt:
    """Proof that an identity was sealed and entered in the log.

    quorum: "2 of 3" is two of three custodians, as the vault states. covered: whether a checkpoint covers the
    entry; if not, call get_verification again a few seconds later.
    """

    account_token: str
    record_digest: bytes
    quorum: str
    covered: bool
    message: bytes = field(repr=False)

    def to_json(self) -> str:
        """Return the text of a receipt file."""
        return json_format.MessageToJson(verification_pb2.Receipt.FromString(self.message)) + "\n"


@dataclass(frozen=True, slots=True)
class ProvedQuorum:
    """The quorum that the record digest covers: M, and the names of all N custodians. id: in hex."""

    threshold: int
    custodians: tuple[str, ...]
    id: str

    def __str__(self) -> str:
        """Return "M of N"."""
        return f"{self.threshold} of {len(self.custodians)}"


@dataclass(frozen=True, slots=True)
class ProvedReceipt:
    """What a receipt proves. sealed_at: to the minute, UTC; index: the entry's place in the log.

    quorum: None if the receipt has no record to prove it. checkpoint: that covers the entry. roster_version:
    whose witnesses cosigned it, None without a roster.
    roster_compared: whether the quorum is in the published roster; if not, its names and keys are only what
    the vault states.
    """

    account_token: str
    record_digest: bytes
    quorum: ProvedQuorum | None
    sealed_at: datetime
    index: int
    checkpoint: Checkpoint
    roster_version: int | None = None
    roster_compared: bool = False


def read(message: verification_pb2.Receipt) -> ClaimReceipt:
    """Return a receipt of the vault; raises ValueError."""
    if not message.account_token or not message.entry.leaf:
        raise ValueError("a receipt without account or entry")
    return ClaimReceipt(
        message.account_token,
        message.record_digest,
        message.quorum,
        message.entry.HasField("proof") and bool(message.checkpoint.note),
        message.SerializeToString(deterministic=True),
    )


def parse(text: str | bytes) -> ClaimReceipt:
    """Return the content of a receipt file; raises ReceiptError (NOT_A_RECEIPT, TOO_LONG)."""
    try:
        return read(strict_message.parse(text, verification_pb2.Receipt(), limit=MOST_BYTES))
    except JsonSizeError as error:
        raise ReceiptError("TOO_LONG", "the file is longer than a receipt can be") from error
    except ValueError as error:
        raise ReceiptError("NOT_A_RECEIPT", "the file is not a receipt") from error


def check(
    receipt: ClaimReceipt, *, policy: Policy, breaks: Sequence[Break] = (), versions: Sequence[Roster] = ()
) -> ProvedReceipt:
    """Return what a receipt proves; raises ReceiptError for what does not verify.

    breaks: what the verified statements say by which the log went on after losses. versions: the verified
    roster, from the first version on, one of which must have the quorum; without it nothing is compared.
    """
    if not receipt.covered:
        raise ReceiptError("NOT_COVERED", "no checkpoint covers the entry yet: ask for the receipt again")
    message = verification_pb2.Receipt.FromString(receipt.message)
    try:
        signed = covering(message.checkpoint.note, policy, breaks=breaks)
    except LogError as error:
        raise ReceiptError(reason_of(error), f"the checkpoint does not verify: {error}") from error
    found, quorum = _entry(message, signed.checkpoint), _quorum(message)
    if quorum is not None and versions:
        _check_published(quorum, versions)
    return ProvedReceipt(
        account_token=message.account_token,
        record_digest=message.record_digest,
        quorum=quorum,
        sealed_at=found.occurred_at,
        index=message.entry.proof.index,
        checkpoint=signed.checkpoint,
        roster_version=signed.version,
        roster_compared=quorum is not None and bool(versions),
    )


def _entry(message: verification_pb2.Receipt, newest: Checkpoint) -> Entry:
    try:
        found = check_entry(
            message.entry,
            newest,
            type=EventType.CLAIM_SETTLE,
            account_token=message.account_token,
            fields={
                "claim_id": message.claim_id,
                "state": ClaimState.SUCCEEDED.value,
                "failure_reason": "",
                "record_digest": message.record_digest,
            },
        )
    except EntryError as error:
        raise ReceiptError("OTHER_ENTRY", "the log entry does not commit to this receipt") from error
    except LogError as error:
        raise ReceiptError("NOT_IN_LOG", "the entry is not in the log") from error
    if found.actor_id != SYSTEM_ACTOR:
        raise ReceiptError("OTHER_ENTRY", "the log entry was not made by the vault itself")
    return found


def _record(message: verification_pb2.Receipt) -> SealedRecord:
    try:
        record = sealed_record(message.record)
    except DamagedError as error:
        raise ReceiptError("OTHER_RECORD", "the record in the receipt is damaged") from error
    if record.digest() != message.record_digest:
        raise ReceiptError("OTHER_RECORD", "the record in the receipt has another digest")
    if record.account_token != message.account_token:
        raise ReceiptError("OTHER_RECORD", "the record in the receipt is another account's")
    if record.present_quorum_id or record.suite:
        raise ReceiptError("OTHER_RECORD", "the record states what its digest does not cover")
    if record.format_version != FORMAT_VERSION:
        raise ReceiptError("OTHER_RECORD", "the record is of a format that this program does not know")
    if any(len(each) != _HASH_SIZE for each in (record.commitment, *record.share_hashes)):
        raise ReceiptError("OTHER_RECORD", "the record's commitment or a share's hash has another length")
    return record


def _quorum(message: verification_pb2.Receipt) -> ProvedQuorum | None:
    """Return the quorum that the record digest covers; raises ReceiptError."""
    if not message.HasField("record"):
        if message.HasField("sealing_quorum"):
            raise ReceiptError("OTHER_QUORUM", "the receipt has a quorum without the record that proves it")
        return None
    given, record = message.sealing_quorum, _record(message)
    members = tuple((each.custodian, each.hpke_public_key) for each in given.custodians)
    quorum_id = seal.quorum_id(threshold=given.threshold, members=members)
    found = ProvedQuorum(given.threshold, tuple(name for name, _ in members), quorum_id)
    if quorum_id != record.sealing_quorum_id or len(members) != len(record.share_hashes):
        raise ReceiptError("OTHER_QUORUM", "the record was sealed for another quorum")
    _check_possible(found, [key for _, key in members])
    if message.quorum != str(found):
        raise ReceiptError("OTHER_QUORUM", "the receipt states another quorum than its record has")
    return found


def _check_possible(quorum: ProvedQuorum, keys: Sequence[bytes]) -> None:
    """Raise ReceiptError for a quorum that no roster could have: its id proves any M, names and keys."""
    names = quorum.custodians
    if not 1 <= quorum.threshold <= len(names) <= MOST_SHARES:
        raise ReceiptError("OTHER_QUORUM", "the threshold is not from 1 to the number of custodians")
    if not all(NAME.fullmatch(name) for name in names) or len(set(names)) != len(names):
        raise ReceiptError("OTHER_QUORUM", "a custodian has no name of a roster, or is named twice")
    suite = hpke.suite_of(keys[0])
    if suite is None or len(set(keys)) != len(keys):
        raise ReceiptError("OTHER_QUORUM", "the custodians' keys are not different keys of one suite")
    try:
        for key in keys:
            hpke.check_public_key(suite=suite, public_key=key)
    except HpkeKeyError as error:
        # To a key of small order anybody opens what is sealed.
        raise ReceiptError("OTHER_QUORUM", "a custodian's key is no usable key of the suite") from error


def _check_published(quorum: ProvedQuorum, versions: Sequence[Roster]) -> None:
    """Raise ReceiptError unless a version of the roster has the quorum: its id is over M, names and keys.

    As for witnesses, a version for development counts only where the one in force is for development.
    """
    counting = [each for each in versions if each.development <= versions[-1].development]
    if all(each.id != quorum.id for roster in counting for each in roster.quorums):
        raise ReceiptError("OTHER_QUORUM", "the quorum is in no version of the roster that was given")
