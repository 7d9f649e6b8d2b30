"""The operator's client: registers and revokes the keys of callers, and names first moderators.

Who did it is in the log, as the member that the roster names.
"""

from dataclasses import dataclass

from idvault_people.member import MemberClient
from idvault_verify.attest.certificate import Certificate
from idvault_verify.attest.registration import Registration
from idvault_verify.v1 import options_pb2, roster_pb2, sanction_pb2

ROLES = {
    "platform": options_pb2.ROLE_PLATFORM,
    "monitor": options_pb2.ROLE_MONITOR,
    "web": options_pb2.ROLE_WEB,
    "moderator": options_pb2.ROLE_MODERATOR,
    "registry": options_pb2.ROLE_REGISTRY,
}
"""The roles that are registered with the vault, and not in the roster."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatorClient(MemberClient):
    """An operator's client. code: of the operator's second factor; each is good for one call."""

    def register(self, found: Certificate, *, request_id: str, code: str) -> None:
        """Let the holder of a certificate's key call under its name; raises VaultError."""
        request = roster_pb2.RegisterPlatformRequest(
            request_id=request_id, platform=found.name, role=ROLES[found.role], spki=found.spki, code=code
        )
        self.edge.call("RosterService/RegisterPlatform", request, roster_pb2.Platform)

    def revoke(self, name: str, spki: str, *, request_id: str, code: str) -> None:
        """Revoke a key of a name for good; raises VaultError."""
        request = roster_pb2.RevokePlatformRequest(request_id=request_id, platform=name, spki=spki, code=code)
        self.edge.call("RosterService/RevokePlatform", request, roster_pb2.Platform)

    def name_moderator(self, found: Registration, *, code: str) -> str:
        """Name a moderator of a platform that has fewer than two; return the id. Raises VaultError."""
        signature = sanction_pb2.ModeratorSignature(signature=found.own.signature)
        signature.sign_time.FromDatetime(found.own.signed_at)
        request = roster_pb2.NameModeratorRequest(
            request_id=found.request_id,
            platform=found.relying_party,
            public_key=found.public_key,
            signature=signature,
            code=code,
        )
        made = self.edge.call("RosterService/NameModerator", request, sanction_pb2.Moderator)
        return str(made.moderator_id)

    def spend(self, code: str) -> None:
        """Spend a code before a command of the vault's host; raises VaultError."""
        request = roster_pb2.SpendCodeRequest(request_id=self.request_id(), code=code)
        self.edge.call("RosterService/SpendCode", request, roster_pb2.SpendCodeResponse)
