"""A member's client reads only a secret sealed to that member for that request."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from google.protobuf.message import Message

from idvault_people import second_factor
from idvault_verify import seal
from idvault_verify.attest import hpke
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.v1 import roster_pb2
from tools.support.chamber import identity, roster_member

URI = "otpauth://totp/idvault:auditor-a?secret=SYNTHETIC"


@dataclass
class Vault:
    """Answers as a vault would, or seals to another member or for another request."""

    recipient: str = "auditor-a"
    request_id: str | None = None
    asked: list[Message] = field(default_factory=list)

    def call(self, method: str, request: Message, answer: type[Any]) -> Any:
        """Return the requested answer."""
        self.asked.append(request)
        if isinstance(request, roster_pb2.ConfirmSecondFactorRequest):
            assert method == "RosterService/ConfirmSecondFactor"
            return answer()
        assert isinstance(request, roster_pb2.BeginSecondFactorRequest)
        assert method == "RosterService/BeginSecondFactor"
        whose = roster_member(self.recipient)
        info = seal.second_factor_info(
            member="auditor-a",
            actor_id=roster_member("auditor-a").actor_id,
            request_id=self.request_id or request.request_id,
        )
        sealed = hpke.seal(
            suite=whose.suite, public_key=whose.hpke_public_key, plaintext=URI.encode(), info=info
        )
        return roster_pb2.SecondFactor(suite=whose.suite, sealed_uri=sealed)


def test_the_person_reads_the_uri() -> None:
    """The old factor's code is sent along, and each request has a new id."""
    vault = Vault()
    assert second_factor.begin(vault, identity=identity("auditor-a"), code="123456") == URI
    second_factor.confirm(vault, code="654321")
    begun, confirmed = vault.asked
    assert isinstance(begun, roster_pb2.BeginSecondFactorRequest)
    assert isinstance(confirmed, roster_pb2.ConfirmSecondFactorRequest)
    assert (begun.code, confirmed.code) == ("123456", "654321")
    assert begun.request_id != confirmed.request_id


@pytest.mark.parametrize(
    "vault", [Vault(recipient="auditor-b"), Vault(request_id="another")], ids=["person", "request"]
)
def test_what_was_sealed_otherwise_does_not_open(vault: Vault) -> None:
    """A secret sealed to another member, or replayed from another request, is refused."""
    with pytest.raises(UnsealError):
        second_factor.begin(vault, identity=identity("auditor-a"))
