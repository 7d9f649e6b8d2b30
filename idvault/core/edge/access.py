"""Authenticates a call's certificate and checks that its role may call the method; the default is to deny.

- Each method of idvault.v1 names its roles in the proto; a method without roles stops the start.
- A certificate must be valid now and have exactly one URI SAN, spiffe://<trust domain>/<role>/<name>.
- Its key must be registered, and not revoked, for that role and name.
- Every refusal is the same for the caller; only the operator's log says which rule failed.
"""

from google.protobuf.descriptor import MethodDescriptor

from idvault.core import caller as callers
from idvault.core.edge.call import Call, Caller, Stage
from idvault.core.edge.directory import Directory
from idvault_verify.attest.certificate import Certificate, CertificateError, read
from idvault_verify.error import DeniedError, Reason
from idvault_verify.v1 import options_pb2

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
