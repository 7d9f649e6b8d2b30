"""An entry of the log as a reader finds it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Logged:
    """A log entry with its opening key; index is None until it is sequenced."""

    entry_id: str
    leaf: bytes
    opening_key: bytes = field(repr=False)
    index: int | None
