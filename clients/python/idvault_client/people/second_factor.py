"""Enrols a member's second factor; the secret arrives sealed to the member's key, and the client opens it."""

from uuid import uuid4

from idvault.custody.identity import PersonalIdentity
from idvault.domain import seal
from idvault.v1 import roster_pb2
from idvault_client.people.custody_edge import CustodyCalls


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
