"""The keys of reports, behind which nothing of the service can look."""

from typing import Protocol

from idvault.sealing.ports import NewSecret
from idvault.tip_off.contact.ports import ProofMarks
from idvault_verify.tip_off import TipOff


class TipOffSecrets(ProofMarks, Protocol):
    """Makes the secrets of reports, and the ids by which a platform recognises reporters."""

    def secret(
        self, *, relying_party: str, tip_off_id: str, request_id: str, version: str | None
    ) -> NewSecret:
        """Derive a secret from these three under a version of the key (None: the primary)."""
        ...

    def check(self, tip_off: TipOff, *, secret: str) -> None:
        """Raise NotFoundError (TIP_OFF_NOT_FOUND) unless this is the secret, in constant time."""
        ...

    def reporter_id(self, *, relying_party: str, kind: str, value: str) -> str:
        """Return 32 hex digits, always the same for a reporter of a platform. kind: what the value is."""
        ...
