"""Reads the edge's certificate files: at the start, and again while it serves.

- A file that cannot be used stops the start; later the certificate in use stays, and the log says why.
- A new certificate is used from the next connection on.
- The log warns once a day for 30 days before a file expires.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from idvault.api.edge.certificates import Tls
from idvault.attest import certificate, expiry
from idvault.attest.certificate import CertificateError
from idvault.bootstrap.base import Base
from idvault.config import ConfigError, Settings
from idvault.domain.error import IdvaultError
from idvault.telemetry.logs import describe, log
from idvault.telemetry.watching import cancel

_PERIOD = 5.0
_SOON = timedelta(days=30)
_AGAIN = timedelta(days=1)


def read_tls(settings: Settings, *, now: datetime) -> Tls:
    """Return the certificate, key and authority; raises ConfigError that names the setting to mend."""
    tls = Tls(
        certificate=_read(settings.tls_certificate, "IDVAULT_TLS_CERTIFICATE"),
        key=_read(settings.tls_key, "IDVAULT_TLS_KEY"),
        ca=_read(settings.tls_ca, "IDVAULT_TLS_CA"),
    )
    for setting, ends in _ends(tls):
        if ends <= now:
            raise ConfigError(f"{setting} has expired: put a new certificate there")
    if _pin(certificate.key_pin, tls.key, "IDVAULT_TLS_KEY") != _pin(
        certificate.first_pin, tls.certificate, "IDVAULT_TLS_CERTIFICATE"
    ):
        raise ConfigError(
            "IDVAULT_TLS_KEY is not the key of the first certificate in IDVAULT_TLS_CERTIFICATE"
        )
    return tls


def _read(path: Path, setting: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{setting} cannot be read: {error.strerror}") from error


def _ends(tls: Tls) -> Iterator[tuple[str, datetime]]:
    """Yield when each file stops working: a chain with its first certificate, authorities with the last."""
    for setting, end, pem in (
        ("IDVAULT_TLS_CERTIFICATE", expiry.earliest_end, tls.certificate),
        ("IDVAULT_TLS_CA", expiry.latest_end, tls.ca),
    ):
        try:
            yield setting, end(pem)
        except CertificateError as error:
            raise ConfigError(f"{setting} has no certificate in PEM form") from error


def _pin(read: Callable[[bytes], str], pem: bytes, setting: str) -> str:
    try:
        return read(pem)
    except CertificateError as error:
        raise ConfigError(f"{setting} cannot be used: {error}") from error


@dataclass(kw_only=True)
class CertificateFollower:
    """Compares the files with the certificate in use.

    current: what is in use. accept: raises IdvaultError for a certificate that this process must not have.
    use: called with each new certificate.
    """

    settings: Settings
    current: Tls
    accept: Callable[[Tls], None]
    use: Callable[[Tls], None]
    _problem: str = ""
    _told: str = ""
    _warned: dict[str, datetime] = field(default_factory=dict)

    async def look(self, *, now: datetime) -> None:
        """Read the files and use what is new. A problem is logged once it is seen twice.

        Certificate and key are two files: between their replacements they do not fit.
        """
        before, self._problem = self._problem, ""
        try:
            found = await asyncio.to_thread(read_tls, self.settings, now=now)
            if found != self.current:
                self.accept(found)
                self.use(found)
                self.current = found
                log().info("certificate_replaced")
        except (ConfigError, IdvaultError) as error:
            self._problem = str(error)
            if self._problem == before != self._told:
                log().error("certificate_refused", why=self._problem)
                self._told = self._problem
        else:
            self._told = ""
        self._warn(now)

    def _warn(self, now: datetime) -> None:
        for setting, ends in _ends(self.current):
            if ends - now < _SOON and now - self._warned.get(setting, now - _AGAIN) >= _AGAIN:
                days = max((ends - now).days, 0)
                log().warning("certificate_expires", why=f"{setting} expires in {days} days")
                self._warned[setting] = now


def follow_certificates(stack: AsyncExitStack, base: Base, follower: CertificateFollower) -> None:
    """Look every few seconds until the stack closes."""
    stack.push_async_callback(cancel, asyncio.create_task(_follow(base, follower)))


async def _follow(base: Base, follower: CertificateFollower) -> None:
    while True:
        try:
            await follower.look(now=base.real_now())
        except Exception as error:  # what cannot be read must not end the process
            log().warning("certificate_not_read", **describe(error))
        await asyncio.sleep(_PERIOD)
