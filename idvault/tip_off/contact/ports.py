"""The keys of proofs of an address, and who sends the codes."""

from datetime import datetime
from typing import Protocol

from idvault.sealing.ports import CodeLetter
from idvault.tip_off.contact.rules import ContactProof


class ProofMarks(Protocol):
    """Tells proofs from rows that somebody wrote without the key."""

    def is_proved(self, proof: ContactProof) -> bool:
        """Tell whether `proved_mark` made the mark of this proof, in constant time."""
        ...


class ContactSecrets(ProofMarks, Protocol):
    """Recognises addresses, mailboxes and codes without storing any."""

    def reporter_id(self, *, relying_party: str, kind: str, value: str) -> str:
        """Return 32 hex digits, always the same for a reporter of a platform. kind: what the value is."""
        ...

    def mailbox(self, *, value: str, day: str) -> str:
        """Return 32 hex digits, the same for a mailbox on one day at all platforms, others on another."""
        ...

    def code_hash(
        self, *, relying_party: str, proof_id: str, reporter_id: str, expires_at: datetime, code: str
    ) -> tuple[bytes, str]:
        """Return the keyed hash of a code, and the version of the key. Must be bound to all of these."""
        ...

    def proved_mark(self, proof: ContactProof) -> bytes:
        """Return what is stored of a proof that is done, under the key of its code. Must be bound to it."""
        ...

    def matches(self, proof: ContactProof, code: str) -> bool:
        """Tell whether this is the code, in constant time."""
        ...


class CodeSender(Protocol):
    """Sends codes by mail."""

    async def send(self, letter: CodeLetter, *, mail_id: str, made_at: datetime) -> None:
        """Return once the mail server has accepted a mail; raises SendError.

        Must end within 20 seconds, must send nothing but the code and words that are the same for everybody,
        and must give the server the same id and text at each attempt.
        """
        ...
