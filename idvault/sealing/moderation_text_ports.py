"""Texts of moderation: what people write in appeals and reports, sealed at rest until it is deleted.

They are not the texts of disclosures (disclosure.ports.CaseTextSealer), which the custody edge holds.
"""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class CaseField:
    """What a text is bound to. case_id: of the appeal or report; name: of the field, such as "text"."""

    relying_party: str
    case_id: str
    name: str


@dataclass(frozen=True, slots=True)
class SealedModerationText:
    """A sealed text, and the version of the key that wraps its data key; opaque to the store."""

    key_version: str
    data: bytes = field(repr=False)


class ModerationTextSealer(Protocol):
    """Seals texts, and opens them for the platform whose staff must read them; only the platform edge has it.

    Every text must have a data key of its own, so that whoever destroys the stored bytes destroys the text.
    """

    def seal(self, place: CaseField, text: str) -> SealedModerationText:
        """Return the sealed text; its size must tell the length only roughly."""
        ...

    def open(self, place: CaseField, sealed: SealedModerationText) -> str:
        """Return the text; raises DamagedError (RECORD_DAMAGED) if it was not sealed for this place."""
        ...
