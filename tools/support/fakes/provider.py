"""A provider of proofs in this process, signed by the mock's book; can refuse or lose its answer."""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault.registry.ports import OpenProof
from idvault_dev.mock_provider.book import ProofBook, ProviderFault
from idvault_verify.attest.assertion import ProofEnd
from idvault_verify.error import Reason, UnavailableError

ISSUER, VAULT = "https://provider.example", "https://vault.example/log"


class FakeProofProvider:
    """A provider (registry.ports.ProofProvider). lose: whether the next `begin` loses its answer."""

    name = "核验机构"
    issuer = ISSUER

    def __init__(self, now: datetime) -> None:
        """Begin without proofs. now: its clock, which stands still."""
        self.now, self.lose = now, False
        key = Ed25519PrivateKey.from_private_bytes(b"p" * 32)
        self.book = ProofBook(issuer=ISSUER, audience=VAULT, key=key, clock=lambda: self.now)

    @property
    def key(self) -> bytes:
        """Its public key."""
        return self.book.public_key

    def page(self, nonce: str) -> str:
        """Return the address of a proof's page."""
        return f"{ISSUER}/proofs/{nonce}/page"

    async def begin(self, proof: OpenProof) -> None:
        """Open a proof, or raise UnavailableError."""
        self._answer()
        person = {}
        if proof.identity is not None:
            document = proof.identity.document
            person = {
                "name": proof.identity.name,
                "document_type": document.type.value,
                "number": document.number,
            }
        if proof.former is not None:
            person |= {"former_document_type": proof.former.type.value, "former_number": proof.former.number}
        self.book.open(proof.nonce, session=proof.session, return_url=proof.return_url, person=person)
        if self.lose:
            self.lose = False
            raise UnavailableError(Reason.PROVIDER_UNAVAILABLE)

    async def assertion(self, nonce: str) -> str | None:
        """Return what was signed, or raise UnavailableError."""
        self._answer()
        return self.book.assertion(nonce)

    def end(self, address: str, ended: ProofEnd = ProofEnd.CONFIRMED, *, credential: str = "1") -> str:
        """End a proof as a person does on its page; return where the browser goes."""
        return self.book.end(address.split("/")[-2], ended, credential=credential)

    def _answer(self) -> None:
        if self.book.fault is ProviderFault.SILENT:
            raise UnavailableError(Reason.PROVIDER_UNAVAILABLE)
