"""Enrols a member's second factor; the secret arrives sealed to the member's key, and the client opens it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from idvault_people.custody_edge import CustodyCalls
from idvault_people.opens.identity import PersonalIdentity
from idvault_verify import seal
from idvault_verify.v1 import roster_pb2


@dataclass(frozen=True, slots=True)
class SecondFactorState:
    """The state of a member's own second factor. tries_left: before a lock; locked_until: of that lock."""

    enrolled: bool
    pending: bool
    tries_left: int
    locked_until: datetime | None


def state(edge: CustodyCalls) -> SecondFactorState:
    """Return the state of the member's second factor; raises VaultError."""
    found = edge.call(
        "RosterService/GetSecondFactor", roster_pb2.GetSecondFactorRequest(), roster_pb2.SecondFactorState
    )
    until = found.lock_end_time.ToDatetime(UTC) if found.HasField("lock_end_time") else None
    return SecondFactorState(found.enrolled, found.pending, found.tries_left, until)


def begin(edge: CustodyCalls, *, identity: PersonalIdentity, code: str = "") -> str:
    """Return the otpauth URI of a new second factor, which is valid once it is confirmed.

    code: a code of the current second factor, empty if there is none. Raises VaultError, and UnsealError if
    the answer was not sealed to this member for this request.
    """
    request = roster_pb2.BeginSecondFactorRequest(request_id=str(uuid4()), code=code)
    answer = edge.call("RosterService/BeginSecondFactor", request, roster_pb2.SecondFactor)
    info = seal.second_factor_info(
        member=identity.name, actor_id=identity.actor_id, request_id=request.request_id
    )
    return identity.unseal(answer.sealed_uri, suite=answer.suite, info=info).decode()


def confirm(edge: CustodyCalls, *, code: str) -> None:
    """Confirm the enrolment with a code of the new second factor, which replaces the former one.

    Raises VaultError.
    """
    request = roster_pb2.ConfirmSecondFactorRequest(request_id=str(uuid4()), code=code)
    edge.call("RosterService/ConfirmSecondFactor", request, roster_pb2.ConfirmSecondFactorResponse)
