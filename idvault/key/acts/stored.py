"""The intake keys and the shred keys of a vault, as sealing asks for them (sealing.ports)."""

from dataclasses import dataclass

from idvault.core.db.database import Database
from idvault.key.store import version as store
from idvault.sealing.ports import DayKey

_KEY_SIZE = 32


@dataclass(frozen=True, eq=False, repr=False)
class DayKeys:
    """The published intake keys in a main database. Every method raises UnavailableError."""

    main: Database

    async def publish(self, key: DayKey) -> DayKey:
        """Insert a key if absent; return the key that is published under its name."""
        return await self.main.act("day_key.publish", lambda one: store.publish_day_key(one, key))

    async def newest(self, *, day: str) -> DayKey | None:
        """Return the newest key of a day."""
        return await self.main.one("day_key.newest", store.NEWEST_DAY_KEY, day=day)

    async def names(self) -> list[str]:
        """Return the name of every published key, in order."""
        return await self.main.read("day_key.names", store.day_key_names)

    async def is_needed(self, *, day: str) -> bool:
        """Tell whether a waiting claim is sealed to the key of this name."""
        return await self.main.one("day_key.is_needed", store.IS_NEEDED, day=day) is True

    async def forget(self, *, day: str) -> None:
        """Delete the public key of this name."""
        await self.main.act("day_key.forget", lambda one: store.forget_day_key(one, day))


@dataclass(frozen=True, eq=False, repr=False)
class ShredKeys:
    """The accounts' keys in a shred database. Every method raises UnavailableError."""

    shred: Database

    async def obtain(self, *, account_token: str, candidate: bytes) -> bytes:
        """Insert the 32-byte candidate if absent; return the stored key."""
        if len(candidate) != _KEY_SIZE:
            raise ValueError("a shred key must have 32 bytes")
        added = await self.shred.write(
            "shred.obtain", store.OBTAIN_SHRED, account_token=account_token, shred_key=candidate
        )
        # Only an erasure deletes a key, and no claim is sealed after one: one that was not added is stored.
        stored = added or await self.find(account_token=account_token)
        if stored is None:
            raise LookupError("a stored shred key is missing")
        return stored

    async def find(self, *, account_token: str) -> bytes | None:
        """Return the stored key of an account, or None; never creates one."""
        return await self.shred.one("shred.find", store.FIND_SHRED, token=account_token)

    async def destroy(self, *, account_token: str) -> None:
        """Delete the key of an account, if there is one; it makes copies of records in backups useless."""
        is_file = self.shred.is_file
        await self.shred.act(
            "shred.destroy", lambda one: store.destroy_shred(one, account_token, is_file=is_file)
        )
