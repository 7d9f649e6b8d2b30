"""The witness policy of a roster: whose cosignatures a checkpoint needs; an empty policy needs none."""

from dataclasses import dataclass
from typing import Any

from idvault.attest import reading
from idvault.attest.certificate import NAME
from idvault.attest.reading import RosterError
from idvault.attest.roster_member import ED25519_PUBLIC_SIZE


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """How many of which witnesses must cosign; a witness is a name and a 32-byte Ed25519 public key."""

    threshold: int
    witnesses: tuple[tuple[str, bytes], ...]

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


def _witness(value: Any) -> tuple[str, bytes]:
    fields = reading.mapping(value, "a witness")
    reading.exactly(fields, "a witness", "name", "ed25519")
    name = reading.matching(fields["name"], "a witness's name", NAME, "letters, digits and hyphens")
    key = reading.raw(fields["ed25519"], f"witness {name}: ed25519")
    if len(key) != ED25519_PUBLIC_SIZE:
        raise RosterError(f"witness {name}: ed25519 must have {ED25519_PUBLIC_SIZE} bytes")
    return name, key
