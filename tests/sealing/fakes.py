"""Stores for the sealing, kept in memory: they answer, refuse, or do it and lose the answer."""

from idvault.domain.error import Reason, UnavailableError
from idvault.ports.sealing import DayKey


class MemoryShredStore:
    """Shred keys; the first candidate of an account stays."""

    def __init__(self) -> None:
        """Start empty and obedient."""
        self.keys: dict[str, bytes] = {}
        self.refuse = False
        self.lose_answer = False

    async def obtain(self, *, account_token: str, candidate: bytes) -> bytes:
        """Insert if absent and read back; raises UnavailableError before or after, as told."""
        if self.refuse:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        key = self.keys.setdefault(account_token, candidate)
        if self.lose_answer:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        return key


class MemoryDayKeys:
    """Published day keys; the first of a day stays."""

    def __init__(self) -> None:
        """Start empty and obedient."""
        self.keys: dict[str, DayKey] = {}
        self.reads = 0
        self.refuse = False
        self.lose_answer = False

    async def publish(self, key: DayKey) -> DayKey:
        """Insert if absent and return what is published; raises UnavailableError as told."""
        if self.refuse:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        published = self.keys.setdefault(key.day, key)
        if self.lose_answer:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        return published

    async def get(self, *, day: str) -> DayKey | None:
        """Return the key of a day, and count the read."""
        self.reads += 1
        if self.refuse:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        return self.keys.get(day)

    async def forget(self, *, before: str) -> None:
        """Delete the keys of the days before."""
        self.keys = {day: key for day, key in self.keys.items() if day >= before}
