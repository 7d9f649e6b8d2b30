"""Enrols a person's second factor: the secret comes sealed to the own roster key, and is read here."""

from uuid import uuid4

from idvault.custody.identity import PersonalIdentity
from idvault.domain import seal
from idvault.v1 import roster_pb2
from idvault_client.people.custody_edge import Remote


def begin(remote: Remote, *, identity: PersonalIdentity, code: str = "") -> str:
    """Return the otpauth URI of a new second factor, which counts once it is confirmed.

    code: of the second factor that counts now; empty where there is none yet. Raises VaultError, and
    UnsealError if the answer was not sealed to this person for this very request.
    """
    request = roster_pb2.BeginSecondFactorRequest(request_id=str(uuid4()), code=code)
    answer = remote.call("RosterService/BeginSecondFactor", request, roster_pb2.SecondFactor)
    info = seal.second_factor_info(
        person=identity.name, actor_id=identity.actor_id, request_id=request.request_id
    )
    return identity.unseal(answer.sealed_uri, suite=answer.suite, info=info).decode()


def confirm(remote: Remote, *, code: str) -> None:
    """Prove with a code of the new second factor that it arrived; it is the one that counts from then on."""
    request = roster_pb2.ConfirmSecondFactorRequest(request_id=str(uuid4()), code=code)
    remote.call("RosterService/ConfirmSecondFactor", request, roster_pb2.ConfirmSecondFactorResponse)
