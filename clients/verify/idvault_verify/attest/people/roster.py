"""The roster: one versioned file of all auditors, custodians, operators and authorities, and the quorums.

- The signed bytes are encode("idvault/roster/v1", RFC 8785 JSON of everything except the signatures).
- Every field is required and unknown fields are refused, so nobody signs a field that a reader ignores.
- A name, an actor id and a key each belong to one member; a member has one role.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any

import rfc8785

from idvault_verify import seal
from idvault_verify.attest import quorum, reading, witness
from idvault_verify.attest.certificate import NAME
from idvault_verify.attest.people import roster_member
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.quorum import Quorum
from idvault_verify.attest.reading import RosterError
from idvault_verify.attest.witness import WitnessPolicy

SIGNATURE_SIZE = 64
_PURPOSE = "idvault/roster/v1"
_FIELDS = ("version", "development", "people", "quorums", "witness", "signatures")


@dataclass(frozen=True, slots=True)
class RosterSignature:
    """A member's Ed25519 signature, 64 bytes, over the canonical bytes of a roster."""

    name: str
    signature: bytes

    def to_json(self) -> dict[str, Any]:
        """Return the signature as written in the roster file."""
        return {"name": self.name, "signature": reading.base64url(self.signature)}


@dataclass(frozen=True)
class Roster:
    """One version of the roster; valid only once roster_signature.verify has accepted it."""

    version: int
    development: bool
    people: tuple[RosterMember, ...]
    quorums: tuple[Quorum, ...]
    witness: WitnessPolicy | None = None
    signatures: tuple[RosterSignature, ...] = ()

    def member(self, name: str) -> RosterMember:
        """Return a member; raises RosterError if none has this name."""
        for found in self.people:
            if found.name == name:
                return found
        raise RosterError(f"{name!a} is not a member of the roster")

    def quorum(self, name: str) -> Quorum:
        """Return a quorum; raises RosterError if none has this name."""
        for found in self.quorums:
            if found.name == name:
                return found
        raise RosterError(f"{name!a} is not a quorum of the roster")

    def check_in_force(self) -> None:
        """Raise RosterError unless this version may be in force; an earlier one of a chain need not pass."""
        witness.check_in_force(
            self.witness,
            development=self.development,
            members={found.ed25519 for found in self.people},
            spkis={found.spki for found in self.people},
        )

    def check_apart(self, *, origin: str, keys: Collection[bytes]) -> None:
        """Raise RosterError if a witness is the vault itself (attest.witness); a development vault may be."""
        if self.witness is not None and not self.development:
            witness.check_apart(self.witness, origin=origin, keys=keys)

    def canonical(self) -> bytes:
        """Return the bytes that are signed."""
        return self._canonical

    def summary(self) -> str:
        """Return the line that a command prints of a roster that is valid."""
        counts = f"{len(self.quorums)} quorums, {len(self.people)} people"
        return f"roster: version {self.version}, {counts}, valid"

    def digest(self) -> str:
        """Return SHA-256 of the signed bytes, in hex; the log and the clients store it for each version."""
        return sha256(self.canonical()).hexdigest()

    def with_signature(self, name: str, signature: bytes) -> "Roster":
        """Return the roster with a member's signature, replacing an earlier one."""
        others = [found for found in self.signatures if found.name != name]
        return replace(self, signatures=(*others, RosterSignature(name, signature)))

    def to_bytes(self) -> bytes:
        """Return the file."""
        document = {**self._body(), "signatures": [found.to_json() for found in self.signatures]}
        return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"

    @cached_property
    def _canonical(self) -> bytes:
        # Each statement and each checkpoint is compared with its digest.
        return seal.encode(_PURPOSE, rfc8785.dumps(self._body()))

    def _body(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "development": self.development,
            "people": [found.to_json() for found in self.people],
            "quorums": [found.to_json() for found in self.quorums],
            "witness": self.witness.to_json() if self.witness else {},
        }


def parse(data: bytes) -> Roster:
    """Return the roster in a file; raises RosterError with the cause."""
    fields = reading.document(data)
    reading.exactly(fields, "the roster", *_FIELDS)
    version = reading.integer(fields["version"], "version")
    if version == 0:
        raise RosterError("version must be 1 or more")
    development = reading.flag(fields["development"], "development")
    people = _people(fields["people"])
    return Roster(
        version,
        development,
        people,
        _quorums(fields["quorums"], people, development),
        witness.parse(fields["witness"]),
        _signatures(fields["signatures"]),
    )


def _people(value: Any) -> tuple[RosterMember, ...]:
    listed = reading.items(value, "people")
    people = [roster_member.parse(found, f"member {place}") for place, found in enumerate(listed, 1)]
    reading.different([found.name for found in people], "a member's name")
    reading.different([found.actor_id for found in people], "an actor_id")
    reading.different([found.hpke_public_key for found in people], "an HPKE public key")
    reading.different([found.ed25519 for found in people], "an Ed25519 public key")
    reading.different([found.spki for found in people], "a certificate key")
    return tuple(people)


def _quorums(value: Any, people: tuple[RosterMember, ...], development: bool) -> tuple[Quorum, ...]:
    named = {found.name: found for found in people}
    listed = reading.items(value, "quorums")
    if not listed:
        raise RosterError("quorums must have at least one quorum")
    quorums = [
        quorum.parse(found, f"quorum {place}", people=named, development=development)
        for place, found in enumerate(listed, 1)
    ]
    reading.different([found.name for found in quorums], "a quorum's name")
    return tuple(quorums)


def _signatures(value: Any) -> tuple[RosterSignature, ...]:
    signatures: list[RosterSignature] = []
    for place, item in enumerate(reading.items(value, "signatures"), 1):
        where = f"signature {place}"
        fields = reading.mapping(item, where)
        reading.exactly(fields, where, "name", "signature")
        name = reading.matching(fields["name"], f"{where}: name", NAME, "a member's name")
        signature = reading.raw(fields["signature"], f"{where}: signature")
        if len(signature) != SIGNATURE_SIZE:
            raise RosterError(f"{where}: signature must have {SIGNATURE_SIZE} bytes")
        signatures.append(RosterSignature(name, signature))
    reading.different([found.name for found in signatures], "a signature's name")
    return tuple(signatures)
