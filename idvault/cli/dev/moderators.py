"""The two moderators of each development platform, whom it names itself: everybody knows their keys."""

from pathlib import Path

from idvault.attest import registration
from idvault.attest.moderator_key import DEVELOPMENT_MODERATORS, ModeratorKey
from idvault.bootstrap import operator
from idvault.config import Settings
from idvault.development.layout import PASSPHRASE, PLATFORMS, Layout
from idvault.domain.clock import ClockReading
from idvault.domain.error import PreconditionError
from idvault.durable_file import replace
from idvault_client.moderation import key_folder


async def name(layout: Layout, settings: Settings, *, now: ClockReading) -> None:
    """Name the moderators, and write their folders; a repeat changes nothing, and a revoked one stays so."""
    for platform in PLATFORMS:
        for moderator in DEVELOPMENT_MODERATORS:
            key = ModeratorKey.development(moderator, relying_party=platform)
            asked = registration.register(key, now=now.real)
            try:
                found = await operator.name_moderator(settings, asked, now=now)
            except PreconditionError:
                continue
            _write(layout.moderator(moderator, platform=platform), key.of(found.moderator_id))


def _write(folder: Path, key: ModeratorKey) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / key_folder.MODERATOR).exists():
        replace(folder / key_folder.KEY, key.to_pem(password=PASSPHRASE))
        key_folder.store(folder, key)
