"""Names the moderators of development in a deployment that `idvault dev` did not make."""

from datetime import UTC, datetime

from idvault.core.db.database import Database
from idvault.processes.bootstrap.operator import wire_development_naming
from idvault.verify.attest import registration
from idvault.verify.attest.moderator_key import DEVELOPMENT_MODERATORS, ModeratorKey
from idvault.verify.clock import ClockReading
from idvault_client.testing import DEVELOPMENT_PLATFORM


async def name_moderators(main_url: str) -> None:
    """Name those whose keys `idvault_client.testing.moderator` uses."""
    database, now = Database(url=main_url), datetime.now(UTC)
    try:
        naming = wire_development_naming(database)
        for name in DEVELOPMENT_MODERATORS:
            key = ModeratorKey.development(name, relying_party=DEVELOPMENT_PLATFORM)
            await naming.name(registration.register(key, now=now), now=ClockReading(now, now))
    finally:
        await database.close()
