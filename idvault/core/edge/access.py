"""Authenticates a call's certificate and checks that its role may call the method; the default is to deny.

- Each method of idvault.v1 names its roles in the proto; a method without roles stops the start.
- A certificate must be valid now and have exactly one URI SAN, spiffe://<trust domain>/<role>/<name>.
- Its key must be registered, and not revoked, for that role and name. The directory of keys is read again
  every second, so that a revocation takes effect quickly.
- Every refusal is the same for the caller; only the operator's log says which rule failed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from google.protobuf.descriptor import MethodDescriptor

from idvault.core import caller as callers
from idvault.core.edge.call import Call, Caller, Stage
from idvault.core.platform import Platform
from idvault.core.telemetry.logs import describe, log
from idvault_verify.attest.certificate import Certificate, CertificateError, read
from idvault_verify.error import DeniedError, IdvaultError, Reason, UnavailableError
from idvault_verify.session import ACCEPTED, Proof
from idvault_verify.v1 import options_pb2

# An older list could miss a revocation for too long, so all calls are refused.
_TRUSTED_FOR = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Pin:
    """One key that may call, and its owner. spki: SHA-256 of the SubjectPublicKeyInfo in hex.

    relying_party: of a moderator, whose name is an id; empty for everybody else. proofs: of people, which a
    platform accepts, or the platform of a moderator.
    """

    name: str
    role: str
    actor_id: str
    spki: str
    relying_party: str = ""
    proofs: frozenset[Proof] = ACCEPTED
    caller: Caller = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the caller once, not for each of its calls."""
        made = Caller(self.name, self.role, self.actor_id, self.spki, proofs=self.proofs)
        if self.role == "moderator":
            made = replace(made, name=self.relying_party, moderator_id=self.name)
        object.__setattr__(self, "caller", made)


class Directory:
    """Platforms and monitors from the store, roster members from the roster."""

    def __init__(
        self,
        *,
        platforms: Callable[[], Awaitable[Sequence[Platform]]],
        people: Callable[[], Iterable[Pin]],
        clock: Callable[[], datetime],
        period: float = 1.0,
    ) -> None:
        """Initialise with the sources of keys. clock: real time. period: seconds between reads."""
        self._platforms = platforms
        self._people = people
        self._clock = clock
        self._period = period
        self._pins: dict[tuple[str, str, str], Pin] = {}
        self._read_at: datetime | None = None
        self._read = asyncio.Event()

    async def load(self) -> None:
        """Read all keys now; raises UnavailableError if the store cannot answer."""
        pins = list(self._people())
        platforms = await self._platforms()
        accepted = {each.name: each.proofs for each in platforms if each.role == "platform"}
        for platform in platforms:
            if platform.revoked_at is None:
                own = (platform.name, platform.role, platform.actor_id, platform.spki)
                proofs = accepted.get(platform.relying_party, platform.proofs)
                pins.append(Pin(*own, relying_party=platform.relying_party, proofs=proofs))
        self._pins = {(pin.role, pin.name, pin.spki): pin for pin in pins}
        self._read_at = self._clock()
        self._read.set()
        self._read = asyncio.Event()

    async def run(self) -> None:
        """Read again every `period` seconds until cancelled; after a failed read the former keys stay."""
        while True:
            await asyncio.sleep(self._period)
            try:
                await self.load()
            except (IdvaultError, OSError, ValueError) as error:
                log().warning("directory_not_read", **describe(error))

    async def until_revoked(self, caller: Caller) -> None:
        """Return once a caller's key is revoked or no longer in the current roster.

        Raises UnavailableError (STORE_UNAVAILABLE) if the keys are too old to know.
        """
        while self.find(role=caller.role, name=caller.pinned_name, spki=caller.spki) is not None:
            read = self._read
            # The time-out makes sure that a list that is no longer updated is noticed by its age.
            with suppress(TimeoutError):
                await asyncio.wait_for(read.wait(), timeout=5 * self._period)

    def find(self, *, role: str, name: str, spki: str, now: datetime | None = None) -> Pin | None:
        """Return the pin of a key, None if it is unknown or revoked. now: the real time, if already read.

        Raises UnavailableError (STORE_UNAVAILABLE) if the last successful read is over a minute old.
        """
        if self._read_at is None or (now or self._clock()) - self._read_at > _TRUSTED_FOR:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        return self._pins.get((role, name, spki))


__all__ = ["Access", "AccessOptionError", "Caller", "roles_of"]

_CACHE_SIZE = 10_000


class AccessOptionError(Exception):
    """A method's access option is missing or invalid."""


def roles_of(method: MethodDescriptor) -> frozenset[str]:
    """Return the roles in a method's access option; raises AccessOptionError if it is missing or invalid."""
    values = method.GetOptions().Extensions[options_pb2.access]
    if not values or options_pb2.ROLE_UNSPECIFIED in values:
        raise AccessOptionError(f"{method.full_name} has no access option, or names ROLE_UNSPECIFIED")
    known = options_pb2.Role.DESCRIPTOR.values_by_number
    if any(value not in known for value in values):
        raise AccessOptionError(f"{method.full_name} names an unknown role")
    return frozenset(known[value].name.removeprefix("ROLE_").lower() for value in values)


class Access:
    """Identifies the caller and admits the roles in the method's access option."""

    def __init__(self, *, directory: Directory, trust_domain: str, cache_size: int = _CACHE_SIZE) -> None:
        """Initialise with the registered keys and the trust domain of the certificates.

        cache_size: how many parsed certificates are cached.
        """
        self._cache_size = cache_size
        self._directory = directory
        self._trust_domain = trust_domain
        self._known: dict[bytes, Certificate | None] = {}

    @property
    def revocations(self) -> Directory:
        """Reports when a caller's key is revoked."""
        return self._directory

    def wrap(self, inner: Stage) -> Stage:
        """Return a stage that sets call.caller, or raises DeniedError (ACCESS_DENIED)."""

        async def checked(call: Call) -> bytes:
            call.caller = self._caller(call)
            callers.serve(call.caller.holder)
            # A stream may last half an hour and need not keep its certificate in memory.
            call.certificate = None
            if call.caller.role not in call.method.roles:
                raise _denied("wrong_role")
            return await inner(call)

        return checked

    def _caller(self, call: Call) -> Caller:
        certificate = self._certificate(call.certificate)
        if certificate is None:
            raise _denied("certificate_not_understood")
        if certificate.trust_domain != self._trust_domain:
            raise _denied("other_trust_domain")
        now = call.now.real
        # The handshake checked this too, but the certificate may expire during the connection.
        try:
            certificate.check_valid(now=now)
        except CertificateError as error:
            raise _denied("certificate_not_valid_now") from error
        pin = self._directory.find(
            role=certificate.role, name=certificate.name, spki=certificate.spki, now=now
        )
        if pin is None:
            raise _denied("key_not_registered")
        return pin.caller

    def _certificate(self, pem: bytes | None) -> Certificate | None:
        if pem is None:
            return None
        if pem not in self._known:
            if len(self._known) >= self._cache_size:
                self._known.clear()
            self._known[pem] = self._parsed(pem)
        return self._known[pem]

    @staticmethod
    def _parsed(pem: bytes) -> Certificate | None:
        try:
            return read(pem)
        except CertificateError:
            return None


def _denied(why: str) -> DeniedError:
    return DeniedError(Reason.ACCESS_DENIED, why=why)
