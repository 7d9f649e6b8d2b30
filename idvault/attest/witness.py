"""The witness policy of a roster: whose cosignatures a checkpoint needs.

- A witness has a C2SP name, which is any text without white space and plus sign, and an Ed25519 public key.
- A version of a chain may have no policy, or one with few cosignatures: it was signed when that was allowed.
- The version in force must name N witnesses, none of them a member of the roster, and require K > N/2:
  then two histories of one log cannot both find K honest witnesses. A development roster may do without.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from idvault.attest import reading
from idvault.attest.reading import RosterError

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


def check_in_force(policy: WitnessPolicy | None, *, development: bool, members: Collection[bytes]) -> None:
    """Raise RosterError unless a roster with this policy may be in force; members: their Ed25519 keys."""
    if development and policy is None:
        return
    if policy is None:
        raise RosterError(
            "witness: the roster names no witnesses, so nobody would notice a second copy of the log: the "
            "custodians must sign a version made with `idvault roster propose --witness VKEY` (docs/log.md)"
        )
    if not policy.is_majority:
        raise RosterError("witness: threshold must be more than half of the number of witnesses")
    if any(key in members for _, key in policy.witnesses):
        raise RosterError("witness: a member of the roster cannot be a witness")


def _witness(value: Any) -> tuple[str, bytes]:
    fields = reading.mapping(value, "a witness")
    reading.exactly(fields, "a witness", "name", "ed25519")
    name = reading.matching(
        fields["name"], "a witness's name", NAME, "text without white space and plus sign"
    )
    return name, reading.ed25519(fields["ed25519"], f"witness {name}: ed25519")
