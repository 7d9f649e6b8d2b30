"""An erasure with the proof of its last step, and its offline check.

It is valid if, in this order,
* its checkpoint is signed by the log, and by the witnesses if any are given,
* its entry is of the type of its state and commits to this account, this erasure and its times,
* the entry is in the tree of the checkpoint; that of an erased or destroyed account was made by the vault
  itself (the actor "system").

That the record and its keys are gone is the vault's statement; the log proves when it made it, and that it
cannot take it back. With absent_time it also states that from then on the bytes of the key are in no file of
the running databases. With kept_until_time it states that a former version of the record stays until then,
with its key. Copies in backups of the shred database live as long as these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from google.protobuf import json_format

from idvault_verify import strict_message
from idvault_verify.erasure import ErasureState
from idvault_verify.event import SYSTEM_ACTOR, EventType
from idvault_verify.offline.proof import UnverifiedError, check_entry, covering, reason_of
from idvault_verify.seal import Part
from idvault_verify.strict_json import JsonSizeError
from idvault_verify.transparency.checkpoint import CosignaturePolicy as Policy
from idvault_verify.transparency.entry import EntryError
from idvault_verify.transparency.epoch import Break
from idvault_verify.transparency.tree import LogError
from idvault_verify.v1 import erasure_pb2

_STEPS = {
    ErasureState.REQUESTED: (EventType.ERASURE_REQUEST, ("erase_at",)),
    ErasureState.CANCELLED: (EventType.ERASURE_CANCEL, ()),
    ErasureState.ERASED: (EventType.ERASURE_ERASE, ("destroy_at",)),
    ErasureState.DESTROYED: (EventType.ERASURE_DESTROY, ("absent_from", "kept_until")),
}
_OF_THE_VAULT = frozenset({ErasureState.ERASED, ErasureState.DESTROYED})
_COMMITTED: Mapping[ErasureState, Literal["erase_time", "destroy_time"]] = {
    ErasureState.REQUESTED: "erase_time",
    ErasureState.ERASED: "destroy_time",
}
_PREFIX = "STATE_"

MOST_BYTES = 1024 * 1024
"""The longest receipt file."""


class ErasureError(UnverifiedError):
    """An erasure whose proof does not verify."""


@dataclass(frozen=True, slots=True)
class ErasureReceipt:
    """An erasure. state: None for a state that this client does not know.

    erase_time: when the account becomes or became ERASED. destroy_time: when record and keys are destroyed,
    or were. absent_time: from when on no file of the running databases holds the key's bytes; None before the
    destruction, and if the vault does not promise it. kept_until_time: until when a former version of the
    record stays as evidence; None if none does. covered: whether a checkpoint covers the entry of the
    last step; if not, get it again a few seconds later. Keep it in each state: the vault destroys the keys of
    earlier entries.
    """

    erasure_id: str
    account_token: str
    state: ErasureState | None
    request_time: datetime
    erase_time: datetime
    destroy_time: datetime
    covered: bool
    message: bytes = field(repr=False)
    absent_time: datetime | None = None
    kept_until_time: datetime | None = None

    def to_json(self) -> str:
        """Return the text of a receipt file."""
        return json_format.MessageToJson(erasure_pb2.Erasure.FromString(self.message)) + "\n"


@dataclass(frozen=True, slots=True)
class ProvedErasure:
    """What is proved. logged_at: to the minute, UTC; index: the entry's place in the log.

    absent_from, kept_until: the receipt's absent_time and kept_until_time, to which the entry commits.
    roster_version: of the roster whose witnesses cosigned the checkpoint, None without one.
    """

    account_token: str
    erasure_id: str
    state: ErasureState
    logged_at: datetime
    index: int
    absent_from: datetime | None = None
    roster_version: int | None = None
    kept_until: datetime | None = None


def read(message: erasure_pb2.Erasure) -> ErasureReceipt:
    """Return an erasure of the vault; raises ValueError."""
    if not message.account_token or not message.erasure_id or not message.entry.leaf:
        raise ValueError("an erasure without account, id or entry")
    name = erasure_pb2.Erasure.State.Name(message.state) if message.state in _KNOWN else ""
    return ErasureReceipt(
        message.erasure_id,
        message.account_token,
        ErasureState(name.removeprefix(_PREFIX)) if name else None,
        message.request_time.ToDatetime(UTC),
        message.erase_time.ToDatetime(UTC),
        message.destroy_time.ToDatetime(UTC),
        message.entry.HasField("proof") and bool(message.checkpoint.note),
        message.SerializeToString(deterministic=True),
        message.absent_time.ToDatetime(UTC) if message.HasField("absent_time") else None,
        message.kept_until_time.ToDatetime(UTC) if message.HasField("kept_until_time") else None,
    )


_KNOWN = frozenset(erasure_pb2.Erasure.State.Value(_PREFIX + state.value) for state in ErasureState)


def parse(text: str | bytes) -> ErasureReceipt:
    """Return the content of a receipt file; raises ErasureError (NOT_AN_ERASURE, TOO_LONG)."""
    try:
        return read(strict_message.parse(text, erasure_pb2.Erasure(), limit=MOST_BYTES))
    except JsonSizeError as error:
        raise ErasureError("TOO_LONG", "the file is longer than the receipt of an erasure can be") from error
    except ValueError as error:
        raise ErasureError("NOT_AN_ERASURE", "the file is not an erasure") from error


def check(erasure: ErasureReceipt, *, policy: Policy, breaks: Sequence[Break] = ()) -> ProvedErasure:
    """Return what an erasure proves; raises ErasureError for what does not verify.

    breaks: what the verified statements say by which the log went on after losses.
    """
    if not erasure.covered:
        raise ErasureError("NOT_COVERED", "no checkpoint covers the entry yet: ask for the erasure again")
    if erasure.state is None:
        raise ErasureError("OTHER_ENTRY", "the erasure is in a state that this program does not know")
    message = erasure_pb2.Erasure.FromString(erasure.message)
    try:
        signed = covering(message.checkpoint.note, policy, breaks=breaks)
    except LogError as error:
        raise ErasureError(reason_of(error), f"the checkpoint does not verify: {error}") from error
    kind, _ = _STEPS[erasure.state]
    if erasure.state is not ErasureState.DESTROYED and (erasure.absent_time or erasure.kept_until_time):
        raise ErasureError("OTHER_ENTRY", "a step before the destruction says nothing of files and versions")
    # Without it the message has the beginning of 1970, to which an entry could commit.
    committed = _COMMITTED.get(erasure.state)
    if committed is not None and not message.HasField(committed):
        raise ErasureError("OTHER_ENTRY", "the time to which the log entry commits is missing")
    newest, account = signed.checkpoint, erasure.account_token
    try:
        found = check_entry(message.entry, newest, type=kind, account_token=account, fields=_fields(erasure))
    except EntryError as error:
        raise ErasureError("OTHER_ENTRY", "the log entry does not commit to this erasure") from error
    except LogError as error:
        raise ErasureError("NOT_IN_LOG", "the entry is not in the log") from error
    if erasure.state in _OF_THE_VAULT and found.actor_id != SYSTEM_ACTOR:
        raise ErasureError("OTHER_ENTRY", "the log entry was not made by the vault itself")
    return ProvedErasure(
        erasure.account_token,
        erasure.erasure_id,
        erasure.state,
        found.occurred_at,
        message.entry.proof.index,
        erasure.absent_time,
        signed.version,
        erasure.kept_until_time,
    )


def _fields(erasure: ErasureReceipt) -> Mapping[str, Part]:
    times = {
        "erase_at": erasure.erase_time,
        "destroy_at": erasure.destroy_time,
        "absent_from": erasure.absent_time,
        "kept_until": erasure.kept_until_time,
    }
    bound = {name: times[name] for name in (_STEPS[erasure.state][1] if erasure.state else ())}
    given = {name: time.isoformat() for name, time in bound.items() if time is not None}
    return {"erasure_id": erasure.erasure_id, **given}
