"""The two moderators of each development platform, whom it names itself: everybody knows their keys."""

from datetime import datetime
from pathlib import Path

from idvault.core.config import Settings
from idvault.processes.bootstrap import operator
from idvault_dev.authority import Authority
from idvault_dev.layout import PASSPHRASE, PLATFORMS, TRUST_DOMAIN, Layout
from idvault_people.moderation import key_folder
from idvault_verify.attest import certificate, registration
from idvault_verify.attest.moderator_key import DEVELOPMENT_MODERATORS, ModeratorKey
from idvault_verify.clock import ClockReading
from idvault_verify.durable_file import replace
from idvault_verify.error import PreconditionError

_CERTIFICATE, _TLS_KEY = "certificate.pem", "tls.key"


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
            folder = layout.moderator(moderator, platform=platform)
            _write(folder, key.of(found.moderator_id))
            pem = _certify(layout, folder, found.moderator_id, now=now.real)
            await operator.register_platform(
                settings, name=found.moderator_id, role="moderator", certificate_pem=pem, now=now
            )


def certificates(layout: Layout) -> dict[str, dict[str, str]]:
    """Return the desks' certificates of the first platform, as in the ready file."""
    found = {}
    for moderator in DEVELOPMENT_MODERATORS:
        folder = layout.moderator(moderator, platform=PLATFORMS[0])
        if (folder / _CERTIFICATE).exists():
            given = certificate.read((folder / _CERTIFICATE).read_bytes())
            paths = {"certificate": str(folder / _CERTIFICATE), "key": str(folder / _TLS_KEY)}
            found[moderator] = {**paths, "spiffe_id": given.spiffe_id}
    return found


def _write(folder: Path, key: ModeratorKey) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / key_folder.MODERATOR).exists():
        replace(folder / key_folder.KEY, key.to_pem(password=PASSPHRASE))
        key_folder.store(folder, key)


def _certify(layout: Layout, folder: Path, moderator_id: str, *, now: datetime) -> bytes:
    """Issue the certificate of a desk, or renew it; return it."""
    authority = Authority.open(certificate=layout.authority, key=layout.authority_key, now=now)
    uri = f"spiffe://{TRUST_DOMAIN}/moderator/{moderator_id}"
    path = folder / _CERTIFICATE
    authority.issue_client(uris=[uri], certificate=path, key=folder / _TLS_KEY, now=now)
    return path.read_bytes()
