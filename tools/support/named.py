"""Names the moderators of development in a deployment that `idvault dev` did not make."""

from datetime import UTC, datetime

from idvault.core.db.database import Database
from idvault.moderator import acts as moderator_acts
from idvault.processes.bootstrap.vault import vault_of
from idvault_client.testing import DEVELOPMENT_PLATFORM
from idvault_verify.attest import registration
from idvault_verify.attest.moderator_key import DEVELOPMENT_MODERATORS, ModeratorKey
from idvault_verify.clock import ClockReading


async def name_moderators(main_url: str) -> None:
    """Name those whose keys `idvault_client.testing.moderator` uses."""
    database, now = Database(url=main_url), datetime.now(UTC)
    try:
        vault = vault_of(database)
        for name in DEVELOPMENT_MODERATORS:
            key = ModeratorKey.development(name, relying_party=DEVELOPMENT_PLATFORM)
            asked = registration.register(key, now=now)
            await moderator_acts.name(vault, asked, now=ClockReading(now, now))
    finally:
        await database.close()
