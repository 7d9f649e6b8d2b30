"""The proofs of a mock provider: opened by the vault, ended by a person, asserted once for all.

A proof that was opened with name and number is a HOLDER's. Without them it is RESULT_ONLY: the person shows a
credential, of which the vault gets an id that is made for it, always the same.

It keeps what it signed: a proof that has ended is asserted in the same words however often it is asked for. A
fault changes what is signed from then on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault_verify.attest import assertion, jose
from idvault_verify.attest.assertion import ProofEnd

OTHER_NAME, OTHER_NUMBER = "某一八", "110000190101040016"  # of a test system, no person's
_LATE = timedelta(minutes=20)


class ProviderFault(StrEnum):
    """How a provider's answer is wrong."""

    NONE = "NONE"
    LATE = "LATE"
    REPLAYED = "REPLAYED"
    OTHER_SESSION = "OTHER_SESSION"
    OTHER_VAULT = "OTHER_VAULT"
    WRONG_KEY = "WRONG_KEY"
    OTHER_NUMBER = "OTHER_NUMBER"
    OTHER_NAME = "OTHER_NAME"
    OTHER_FORMER = "OTHER_FORMER"
    NAMED = "NAMED"
    NUMBER_AS_ID = "NUMBER_AS_ID"
    SILENT = "SILENT"


@dataclass(slots=True)
class HeldProof:
    """A proof. person: what the vault sent of the holder and a former number, empty for RESULT_ONLY.

    signed: once it has ended.
    """

    session: str
    return_url: str
    person: dict[str, str] = field(repr=False)
    signed: str | None = field(default=None, repr=False)


class DifferentProofError(Exception):
    """The vault sent something else under the nonce of a proof."""


@dataclass(kw_only=True, eq=False, repr=False)
class ProofBook:
    """The proofs of one provider. issuer, audience: its name and the vault's. clock: real time."""

    issuer: str
    audience: str
    key: Ed25519PrivateKey
    clock: Callable[[], datetime]
    fault: ProviderFault = ProviderFault.NONE
    proofs: dict[str, HeldProof] = field(default_factory=dict)
    asked: int = 0
    _first: str | None = None

    @property
    def public_key(self) -> bytes:
        """The key with which the provider signs."""
        return self.key.public_key().public_bytes_raw()

    def open(self, nonce: str, *, session: str, return_url: str, person: dict[str, str]) -> None:
        """Open a proof; raises DifferentProofError if another one has the nonce."""
        asked = HeldProof(session, return_url, person)
        held = self.proofs.setdefault(nonce, asked)
        if (held.session, held.return_url, held.person) != (session, return_url, person):
            raise DifferentProofError

    def end(self, nonce: str, ended: ProofEnd, *, credential: str = "1") -> str:
        """End a proof, unless it has ended; return where its browser goes.

        credential: that the person showed, for RESULT_ONLY.
        """
        held = self.proofs[nonce]
        if held.signed is None:
            held.signed = self._signed(nonce, held, ended, credential)
            self._first = self._first or held.signed
        return held.return_url

    def assertion(self, nonce: str) -> str | None:
        """Return what was signed of a proof; None before its end, and for one that is not known."""
        self.asked += 1
        held = self.proofs.get(nonce)
        if held is None or held.signed is None:
            return None
        return self._first if self.fault is ProviderFault.REPLAYED else held.signed

    def opaque_id(self, credential: str) -> str:
        """Return the id of a credential's holder for this vault; another vault gets an unrelated one."""
        told = f"{self.audience} {credential}".encode()
        return jose.encode(sha256(self.key.private_bytes_raw() + told).digest())

    def _signed(self, nonce: str, held: HeldProof, ended: ProofEnd, credential: str) -> str:
        fault, now = self.fault, self.clock()
        if fault is ProviderFault.LATE:
            now -= _LATE
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": "https://other.example" if fault is ProviderFault.OTHER_VAULT else self.audience,
            "session": "0" * 26 if fault is ProviderFault.OTHER_SESSION else held.session,
            "nonce": nonce,
            "iat": int(now.timestamp()),
            "exp": int(now.timestamp()) + assertion.LIFETIME,
            "outcome": ended.value,
        }
        claims |= self._person(held, ended) if held.person else self._credential(ended, credential)
        wrong = fault is ProviderFault.WRONG_KEY
        key = Ed25519PrivateKey.generate() if wrong else self.key
        public = key.public_key().public_bytes_raw()
        typ = assertion.HOLDER_TYPE if held.person else assertion.RESULT_TYPE
        return jose.sign(claims, typ=typ, public_key=public, signer=key.sign)

    def _person(self, held: HeldProof, ended: ProofEnd) -> dict[str, str]:
        claims = {} if ended is ProofEnd.CANCELLED else held.person | {"presence": "FACE"}
        if "former_number" in claims:
            denied = self.fault is ProviderFault.OTHER_FORMER
            claims["former"] = (ProofEnd.DENIED if denied else ended).value
        if self.fault is ProviderFault.OTHER_NUMBER:
            claims["number"] = OTHER_NUMBER
        if self.fault is ProviderFault.OTHER_NAME:
            claims["name"] = OTHER_NAME
        return claims

    def _credential(self, ended: ProofEnd, credential: str) -> dict[str, str]:
        claims = {"opaque_id": self.opaque_id(credential)} if ended is ProofEnd.CONFIRMED else {}
        if self.fault is ProviderFault.NUMBER_AS_ID:
            claims["opaque_id"] = OTHER_NUMBER
        if self.fault is ProviderFault.NAMED:
            claims["name"] = OTHER_NAME
        return claims
