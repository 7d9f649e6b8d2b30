"""Who is this certificate, and may it call this method; whatever is not allowed is denied.

- Each method of idvault.v1 names its roles in the proto; one without stops the start.
- A certificate is only a claim: exactly one URI SAN spiffe://<trust domain>/<role>/<name>, valid now.
- Its key must be one that is registered, and not revoked, for just that role and name.
- Every refusal has the same words for the caller; which rule it was, only the operator's log says.
"""

from google.protobuf.descriptor import MethodDescriptor

from idvault.api.edge.call import Call, Caller, Stage
from idvault.api.edge.directory import Directory
from idvault.attest.certificate import Certificate, CertificateError, read
from idvault.domain.error import DeniedError, Reason
from idvault.v1 import options_pb2

__all__ = ["Access", "AccessOptionError", "Caller", "roles_of"]

_CACHE_SIZE = 10_000


class AccessOptionError(Exception):
    """A method does not say, or does not say clearly, who may call it."""


def roles_of(method: MethodDescriptor) -> frozenset[str]:
    """Return the roles that a method's access option names; raises AccessOptionError if it names none."""
    values = method.GetOptions().Extensions[options_pb2.access]
    if not values or options_pb2.ROLE_UNSPECIFIED in values:
        raise AccessOptionError(f"{method.full_name} has no access option, or names ROLE_UNSPECIFIED")
    known = options_pb2.Role.DESCRIPTOR.values_by_number
    if any(value not in known for value in values):
        raise AccessOptionError(f"{method.full_name} names a role that is not known")
    return frozenset(known[value].name.removeprefix("ROLE_").lower() for value in values)


class Access:
    """Finds out who calls, and lets pass whom the method's option names."""

    def __init__(self, *, directory: Directory, trust_domain: str, cache_size: int = _CACHE_SIZE) -> None:
        """Take the registered keys, and the trust domain that certificates must be of.

        cache_size: how many certificates are remembered as read.
        """
        self._cache_size = cache_size
        self._directory = directory
        self._trust_domain = trust_domain
        self._known: dict[bytes, Certificate | None] = {}

    @property
    def revocations(self) -> Directory:
        """Who tells when a caller's key does not count any more."""
        return self._directory

    def wrap(self, inner: Stage) -> Stage:
        """Return a stage that sets call.caller, or raises DeniedError (ACCESS_DENIED)."""

        async def checked(call: Call) -> bytes:
            call.caller = self._caller(call)
            # A stream may last for half an hour, and need not hold a certificate of its own for so long.
            call.certificate = None
            if call.caller.role not in call.method.roles:
                raise self._denied(call, "wrong_role")
            return await inner(call)

        return checked

    def _caller(self, call: Call) -> Caller:
        certificate = self._certificate(call.certificate)
        if certificate is None:
            raise self._denied(call, "certificate_not_understood")
        if certificate.trust_domain != self._trust_domain:
            raise self._denied(call, "other_trust_domain")
        # The handshake checked this too, but a connection outlives it.
        try:
            certificate.check_valid(now=call.now.real)
        except CertificateError as error:
            raise self._denied(call, "certificate_not_valid_now") from error
        pin = self._directory.find(role=certificate.role, name=certificate.name, spki=certificate.spki)
        if pin is None:
            raise self._denied(call, "key_not_registered")
        return Caller(pin.name, pin.role, pin.actor_id, pin.spki)

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

    @staticmethod
    def _denied(call: Call, why: str) -> DeniedError:
        call.why = why
        return DeniedError(Reason.ACCESS_DENIED)
