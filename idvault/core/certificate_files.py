"""A process's certificate files: checked at its start, and followed while it serves.

- A file that cannot be used, or has expired, stops the start; later the certificate in use stays, and the log
  says why.
- New files are used from the next connection on.
- The log warns once a day for 30 days before a file expires.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from idvault.core.config import ConfigError
from idvault.core.telemetry.logs import describe, log
from idvault_verify import small_file
from idvault_verify.attest import certificate, expiry
from idvault_verify.attest.certificate import CertificateError
from idvault_verify.error import IdvaultError

SOON = timedelta(days=30)
"""How long before its end a certificate must be replaced, for the log and for `idvault doctor`."""
_PERIOD = 5.0
_AGAIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pem:
    """In PEM: a certificate chain with its key, and the authority of the other side, if given."""

    certificate: bytes
    key: bytes = field(repr=False)
    ca: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFiles:
    """Where the files are, and the settings that name them. ca: None if there is none."""

    certificate: Path
    key: Path
    ca: Path | None = None
    certificate_name: str
    key_name: str
    ca_name: str = ""

    @classmethod
    def of_settings(
        cls, prefix: str, certificate: Path, key: Path, ca: Path | None = None
    ) -> "CertificateFiles":
        """Return the files of settings whose names have this prefix, such as IDVAULT_TLS_."""
        return cls(
            certificate=certificate,
            key=key,
            ca=ca,
            certificate_name=f"{prefix}CERTIFICATE",
            key_name=f"{prefix}KEY",
            ca_name=f"{prefix}CA",
        )

    def read(self, *, now: datetime) -> Pem:
        """Return the content; raises ConfigError that names the setting to mend."""
        found = Pem(
            certificate=_read(self.certificate, self.certificate_name),
            key=_read(self.key, self.key_name),
            ca=b"" if self.ca is None else _read(self.ca, self.ca_name),
        )
        for setting, ends in self.ends(found):
            if ends <= now:
                raise ConfigError(f"{setting} has expired: put a new certificate there")
        first = _pin(certificate.first_pin, found.certificate, self.certificate_name)
        if _pin(certificate.key_pin, found.key, self.key_name) != first:
            raise ConfigError(
                f"{self.key_name} is not the key of the first certificate in {self.certificate_name}"
            )
        return found

    def ends(self, found: Pem) -> Iterator[tuple[str, datetime]]:
        """Yield when each file stops working: a chain with its first end, authorities with their last."""
        chain = (self.certificate_name, expiry.earliest_end, found.certificate)
        authorities = (self.ca_name, expiry.latest_end, found.ca)
        for setting, end, pem in (chain,) if self.ca is None else (chain, authorities):
            try:
                yield setting, end(pem)
            except CertificateError as error:
                raise ConfigError(f"{setting} has no certificate in PEM form") from error


def _read(path: Path, setting: str) -> bytes:
    try:
        return small_file.read(path)
    except OSError as error:
        raise ConfigError(f"{setting} cannot be read: {error.strerror}") from error


def _pin(read: Callable[[bytes], str], pem: bytes, setting: str) -> str:
    try:
        return read(pem)
    except CertificateError as error:
        raise ConfigError(f"{setting} cannot be used: {error}") from error


def _accept(_found: Pem) -> None:
    """Accept every certificate."""


@dataclass(kw_only=True)
class CertificateReplacer:
    """Compares the files with the certificate in use.

    current: what is in use. accept: raises IdvaultError for a certificate that this process must not have.
    use: called with each new certificate; it may be refused by an OSError.
    """

    files: CertificateFiles
    current: Pem
    accept: Callable[[Pem], None] = _accept
    use: Callable[[Pem], Awaitable[None]]
    _problem: str = ""
    _told: str = ""
    _warned: dict[str, datetime] = field(default_factory=dict)

    async def look(self, *, now: datetime) -> None:
        """Read the files and use what is new. A problem is logged once it is seen twice.

        Certificate and key are two files: between their replacements they do not fit.
        """
        before, self._problem = self._problem, ""
        try:
            found = await asyncio.to_thread(self.files.read, now=now)
            if found != self.current:
                self.accept(found)
                await self.use(found)
                self.current = found
                log().info("certificate_replaced", why=self.files.certificate_name)
        except (ConfigError, IdvaultError, OSError) as error:
            self._problem = str(error) or type(error).__name__
            if self._problem == before != self._told:
                log().error("certificate_refused", why=self._problem)
                self._told = self._problem
        else:
            self._told = ""
        self._warn(now)

    def _warn(self, now: datetime) -> None:
        for setting, ends in self.files.ends(self.current):
            if ends - now < SOON and now - self._warned.get(setting, now - _AGAIN) >= _AGAIN:
                days = max((ends - now).days, 0)
                log().warning("certificate_expires", why=f"{setting} expires in {days} days")
                self._warned[setting] = now


def into(context: ssl.SSLContext, files: CertificateFiles) -> Callable[[Pem], Awaitable[None]]:
    """Return what makes a server's context show the files' new certificate to new connections."""

    async def use(_found: Pem) -> None:
        context.load_cert_chain(files.certificate, files.key)

    return use


@asynccontextmanager
async def following(
    replacers: Sequence[CertificateReplacer], *, clock: Callable[[], datetime], period: float = _PERIOD
) -> AsyncIterator[None]:
    """Look every few seconds during the block."""
    task = asyncio.create_task(_follow(replacers, clock=clock, period=period))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _follow(
    replacers: Sequence[CertificateReplacer], *, clock: Callable[[], datetime], period: float
) -> None:
    while True:
        for each in replacers:
            try:
                await each.look(now=clock())
            except Exception as error:  # what cannot be read must not end the process
                log().warning("certificate_not_read", **describe(error))
        await asyncio.sleep(period)
