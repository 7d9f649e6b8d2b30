"""A person's slot, and what is known of a person when a claim is settled."""

from dataclasses import dataclass
from enum import StrEnum


class Slot(StrEnum):
    """How a matched claim relates to the K accounts that its person may have with one relying party."""

    TAKEN = "TAKEN"  # the account took a slot of this person
    OWNED = "OWNED"  # the account already had one
    FULL = "FULL"  # the person had no free slot


@dataclass(frozen=True, slots=True)
class Facts:
    """What the vault knows about the person and the account when a claim has matched."""

    slot: Slot
    person_closed: bool
    different_owner: bool
    sanctioned: bool = False
