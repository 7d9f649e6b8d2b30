"""In-memory stores for sealing: they answer, refuse, or succeed but lose the answer."""

from idvault.sealing.ports import DayKey
from idvault_verify.error import Reason, UnavailableError


class MemoryShredStore:
    """Shred keys; the first candidate of a version is kept."""

    def __init__(self) -> None:
        self.keys: dict[tuple[str, str], bytes] = {}
        self.refuse = False
        self.lose_answer = False

    async def obtain(self, *, account_token: str, record_id: str, candidate: bytes) -> bytes:
        """Insert if absent and read back; raises UnavailableError before or after, as configured."""
        if self.refuse:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        key = self.keys.setdefault((account_token, record_id), candidate)
        if self.lose_answer:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        return key


class MemoryDayKeys:
    """Published intake keys; the first key of a name is kept."""

    def __init__(self) -> None:
        self.keys: dict[str, DayKey] = {}
        self.needed: set[str] = set()
        self.refuse_forgetting = False
        self.refuse = False
        self.lose_answer = False

    async def publish(self, key: DayKey) -> DayKey:
        """Insert if absent and return the published key; raises UnavailableError as configured."""
        if self.refuse:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        published = self.keys.setdefault(key.day, key)
        if self.lose_answer:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        return published

    async def newest(self, *, day: str) -> DayKey | None:
        if self.refuse:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        names = [name for name in self.keys if name.startswith(day)]
        return self.keys[max(names)] if names else None

    async def names(self) -> list[str]:
        """Return every name in order."""
        return sorted(self.keys)

    async def is_needed(self, *, day: str) -> bool:
        """Tell whether a claim waits under a name."""
        return day in self.needed

    async def forget(self, *, day: str) -> None:
        """Delete a key; raises UnavailableError before that, as configured."""
        if self.refuse_forgetting:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        self.keys.pop(day, None)
