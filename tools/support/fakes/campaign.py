"""The sealing side of campaigns without keys: it hides nothing."""

from collections.abc import Sequence
from hashlib import sha256

from idvault.core import invitation_code
from idvault_verify.clock import ClockReading
from idvault_verify.seal import encode


class FakeReferencer:
    """Hashes references without a key."""

    def references(self, *, relying_party: str, references: Sequence[str]) -> list[bytes]:
        """Return the plain hash of each reference."""
        return [sha256(encode("reference", relying_party, reference)).digest() for reference in references]


class FakeCoder:
    """Derives codes without a key."""

    def code(self, *, account_token: str, campaign_id: str, batch_id: str) -> str:
        """Return the same code for the same delivery."""
        made = sha256(encode("code", account_token, campaign_id, batch_id)).digest()
        return invitation_code.code(made[:16])


class OpenGuard:
    """A log guard that never waits, unless told to."""

    def __init__(self) -> None:
        self.refusal: Exception | None = None

    async def check(self, *, now: ClockReading) -> None:
        if self.refusal is not None:
            raise self.refusal
