"""The log's notes in the shred database, each by its name."""

from idvault.core.db.database import Database
from idvault.log import store
from idvault.log.store import NEWEST


async def latest(shred: Database, name: str = NEWEST) -> bytes | None:
    """Return a note, None before the first; raises UnavailableError."""
    return await shred.one("checkpoint.latest", store.NOTE, which=name)


async def replace(shred: Database, name: str = NEWEST, *, former: bytes | None, note: bytes) -> bool:
    """Replace a note durably; return False if `former` is not the stored one. Raises UnavailableError."""
    return await shred.act(
        "checkpoint.replace", lambda one: store.replace_note(one, name, former=former, note=note)
    )
