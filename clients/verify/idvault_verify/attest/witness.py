"""The witness policy of a roster: whose cosignatures a checkpoint needs.

- A witness has a C2SP name, which is any text without white space and plus sign, and an Ed25519 public key.
- A version of a chain may have no policy, or one with few cosignatures: it was signed when that was allowed.
- The version in force must name N witnesses, none of them a member of the roster, and require K > N/2:
  then two histories of one log cannot both find K honest witnesses. A development roster may do without.
- No witness has the log's name, a name under the host of the log's name, or a key of the vault. Whether the
  operator controls a witness in another way cannot be seen in a roster (docs/log.md).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from idvault_verify.attest import reading
from idvault_verify.attest.reading import RosterError

# What stands before the 32 bytes of an Ed25519 key in a certificate (RFC 8410, SubjectPublicKeyInfo).
_SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")

NAME = re.compile(r"[^\s+\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,200}")


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """How many of which witnesses must cosign; a witness is a name and a 32-byte Ed25519 public key."""

    threshold: int
    witnesses: tuple[tuple[str, bytes], ...]

    @property
    def is_majority(self) -> bool:
        """Whether more than half of the witnesses must cosign."""
        return 2 * self.threshold > len(self.witnesses)

    def to_json(self) -> dict[str, Any]:
        """Return the policy as written in the roster file."""
        return {
            "threshold": self.threshold,
            "witnesses": [{"name": name, "ed25519": reading.base64url(key)} for name, key in self.witnesses],
        }


def parse(value: Any) -> WitnessPolicy | None:
    """Return the policy, or None for an empty object; raises RosterError."""
    fields = reading.mapping(value, "witness")
    if not fields:
        return None
    reading.exactly(fields, "witness", "threshold", "witnesses")
    threshold = reading.integer(fields["threshold"], "witness: threshold")
    witnesses = [_witness(item) for item in reading.items(fields["witnesses"], "witness: witnesses")]
    reading.different([name for name, _ in witnesses], "a witness's name")
    reading.different([key for _, key in witnesses], "a witness's key")
    if not 1 <= threshold <= len(witnesses):
        raise RosterError("witness: threshold must be from 1 to the number of witnesses")
    return WitnessPolicy(threshold, tuple(witnesses))


def check_in_force(
    policy: WitnessPolicy | None, *, development: bool, members: Collection[bytes], spkis: Collection[str]
) -> None:
    """Raise RosterError unless a roster with this policy may be in force.

    members: their Ed25519 keys. spkis: the hashes of their certificates' keys.
    """
    if development and policy is None:
        return
    if policy is None:
        raise RosterError(
            "witness: the roster names no witnesses, so nobody would notice a second copy of the log: the "
            "custodians must sign a version made with `idvault-people roster propose --witness VKEY` "
            "(docs/log.md)"
        )
    if not policy.is_majority:
        raise RosterError("witness: threshold must be more than half of the number of witnesses")
    if any(key in members or _spki(key) in spkis for _, key in policy.witnesses):
        raise RosterError("witness: a member of the roster cannot be a witness")


def check_apart(policy: WitnessPolicy, *, origin: str, keys: Collection[bytes]) -> None:
    """Raise RosterError if a witness is the vault itself, as far as its name and key show.

    origin: the name of the log or the vault's domain, "" if neither is known. keys: Ed25519 keys of the
    vault, such as the log's.
    """
    host = _host(origin)
    for name, key in policy.witnesses:
        if key in keys:
            raise RosterError(f"witness {name!a}: its key is a key of the vault")
        if host and (_host(name) == host or _host(name).endswith(f".{host}")):
            raise RosterError(f"witness {name!a}: its name lies under that of the vault, {origin!a}")


def _host(name: str) -> str:
    return name.partition("/")[0].partition(":")[0].rstrip(".").lower()


def _spki(key: bytes) -> str:
    return sha256(_SPKI_PREFIX + key).hexdigest()


def _witness(value: Any) -> tuple[str, bytes]:
    fields = reading.mapping(value, "a witness")
    reading.exactly(fields, "a witness", "name", "ed25519")
    name = reading.matching(
        fields["name"], "a witness's name", NAME, "text without white space and plus sign"
    )
    return name, reading.ed25519(fields["ed25519"], f"witness {name}: ed25519")
