"""A roster member: name, role, organisation and keys; each member has exactly one role."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from idvault_verify.attest import hpke, reading
from idvault_verify.attest.certificate import NAME
from idvault_verify.attest.reading import RosterError

ROLES = frozenset({"auditor", "custodian", "operator", "authority"})
_ACTOR = re.compile(r"[0-9a-f]{32}")
_SPKI = re.compile(r"[0-9a-f]{64}")
_SPOKEN = 32


@dataclass(frozen=True, slots=True)
class RosterMember:
    """A member. hpke_public_key: raw, of the suite. ed25519: 32 bytes.

    spki: pin of the TLS certificate, in hex. actor_id: 16 random bytes in hex, the member's name in the log.
    """

    name: str
    role: str
    organisation: str
    actor_id: str
    suite: str
    hpke_public_key: bytes
    ed25519: bytes
    spki: str

    def fingerprints(self) -> Mapping[str, str]:
        """Return the fingerprint of each key by its name, for reading aloud; "" for a missing TLS key."""
        return {
            "signing key": fingerprint(self.ed25519),
            "sealing key": fingerprint(self.hpke_public_key),
            "TLS key": grouped(self.spki),
        }

    def to_json(self) -> dict[str, Any]:
        """Return the member as written in the roster file."""
        return {
            "name": self.name,
            "role": self.role,
            "organisation": self.organisation,
            "actor_id": self.actor_id,
            "hpke": {"suite": self.suite, "public_key": reading.base64url(self.hpke_public_key)},
            "ed25519": reading.base64url(self.ed25519),
            "spki": self.spki,
        }


def fingerprint(key: bytes) -> str:
    """Return the first 16 bytes of a key's SHA-256 in hex, in groups of four, for reading aloud."""
    return grouped(sha256(key).hexdigest())


def grouped(digest: str) -> str:
    """Return the first 16 bytes of a digest in hex, in groups of four, for reading aloud."""
    return " ".join(digest[at : at + 4] for at in range(0, min(len(digest), _SPOKEN), 4))


def parse(value: Any, where: str) -> RosterMember:
    """Return the member; raises RosterError, which names the field."""
    fields = reading.mapping(value, where)
    reading.exactly(fields, where, "name", "role", "organisation", "actor_id", "hpke", "ed25519", "spki")
    name = reading.matching(
        fields["name"], f"{where}: name", NAME, "1 to 63 lower-case letters, digits and inner hyphens"
    )
    where = f"member {name}"
    if fields["role"] not in tuple(ROLES):
        raise RosterError(f"{where}: role must be one of auditor, authority, custodian, operator")
    suite, hpke_public_key = _hpke(fields["hpke"], where)
    return RosterMember(
        name=name,
        role=fields["role"],
        organisation=reading.text(fields["organisation"], f"{where}: organisation"),
        actor_id=reading.matching(fields["actor_id"], f"{where}: actor_id", _ACTOR, "16 bytes in hex"),
        suite=suite,
        hpke_public_key=hpke_public_key,
        ed25519=reading.ed25519(fields["ed25519"], f"{where}: ed25519"),
        spki=reading.matching(fields["spki"], f"{where}: spki", _SPKI, "a SHA-256 in hex"),
    )


def _hpke(value: Any, where: str) -> tuple[str, bytes]:
    fields = reading.mapping(value, f"{where}: hpke")
    reading.exactly(fields, f"{where}: hpke", "suite", "public_key")
    suite = reading.text(fields["suite"], f"{where}: hpke.suite")
    public_key = reading.raw(fields["public_key"], f"{where}: hpke.public_key")
    try:
        hpke.check_public_key(suite=suite, public_key=public_key)
    except hpke.HpkeKeyError as error:
        raise RosterError(f"{where}: hpke: {error}") from error
    return suite, public_key
