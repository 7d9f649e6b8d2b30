"""The certificates of a host and, where the authority's key is, those of everybody who sent a request.

- A host's private keys are made on it and stay there. Without the authority's key the requests are in
  out/authority, and the answers are expected in in/authority.
- The authority certifies the names that the operator's file gives, whatever a request names.
- A certificate that came from outside, or was renewed, replaces the former one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from idvault.processes.setup import certificates, place
from idvault.processes.setup.certificates import Usage, WantedCertificate, WrongCertificateError
from idvault.processes.setup.place import HostPlace, StepState
from idvault.processes.setup.plan import FOLLOWER, Plan, SetupFileError, SetupHost
from idvault.processes.setup.step import SetupStep
from idvault_verify import small_file

AUTHORITY = "authority"
# Not the host's name: the edge keeps under it where the feed goes on, also on another host.
REGISTRY = "registry"
CERTIFICATE, REQUEST = "certificate.pem", "request.pem"


@dataclass(frozen=True, slots=True)
class HostKey:
    """A key of a host and what its certificate must say. name: of the request, such as vault1-platform.

    is_public: an authority that browsers know must certify it.
    """

    name: str
    process: str
    file: str
    wanted: WantedCertificate
    is_public: bool = False


def host_keys(plan: Plan, host: SetupHost) -> Iterator[HostKey]:
    """Yield the keys of a host's processes that have certificates."""
    for process in host.processes:
        if process in ("platform", "custody") or (process == "witness" and not host.proxied):
            yield HostKey(
                f"{host.name}-{process}", process, "server", WantedCertificate(host.names, Usage.SERVER)
            )
        if process == "web":
            name = web_name(host)
            uri = spiffe(plan, "web", name)
            yield HostKey(f"{host.name}-web", process, "client", WantedCertificate((uri,), Usage.CLIENT))
            if not host.proxied:
                site = plan.web["url"].removeprefix("https://").partition(":")[0]
                wanted = WantedCertificate((site,), Usage.SERVER)
                yield HostKey(f"{host.name}-https", process, "https", wanted, is_public=True)
        if process == FOLLOWER:
            uri = spiffe(plan, "registry", REGISTRY)
            wanted = WantedCertificate((uri,), Usage.CLIENT)
            yield HostKey(f"{host.name}-{process}", process, "client", wanted)


def web_name(host: SetupHost) -> str:
    """Return the name under which a host's pages call the edge."""
    return f"web-{host.name}"


def spiffe(plan: Plan, role: str, name: str) -> str:
    """Return the URI of a caller's certificate."""
    return f"spiffe://{plan.trust_domain}/{role}/{name}"


class _Expected(NamedTuple):
    """A request that may come: its file, the certificate's, and what that must say."""

    request: Path
    certificate: Path
    wanted: WantedCertificate


class Issuer:
    """The authority as this folder has it: certificate, and the key unless it is kept elsewhere."""

    def __init__(self, plan: Plan, *, now: datetime) -> None:
        self._plan = plan
        self._now = now
        folder = plan.folder / AUTHORITY
        self._key, own = folder / "ca.key", folder / "ca.pem"
        self.ca = own if plan.own_authority else plan.received(AUTHORITY, "ca.pem")

    @property
    def has_key(self) -> bool:
        """Whether certificates can be issued here."""
        return self._plan.own_authority and self._key.exists() and self.ca.exists()

    def prepare(self, at: HostPlace, *, may_make: bool) -> SetupStep:
        """Make the operator's own authority, and give its certificate to the processes.

        may_make: whether this is the host that makes it; every other gets its certificate.
        """
        state, text = StepState.DONE, f"{self.ca}"
        if self._plan.own_authority and may_make and not self.ca.exists():
            at.folder(self.ca.parent)
            at.keep(self._key, certificates.make_key())
            made = certificates.make_authority(
                small_file.read(self._key), name=self._plan.trust_domain, now=self._now
            )
            at.keep(self.ca, made, mode=place.READABLE)
            state, text = StepState.MADE, f"{self._key.parent}: take ca.key away once everything is installed"
        if not self.ca.exists():
            return SetupStep(
                AUTHORITY, StepState.WAITING, f"put the certificate of the authority into {self.ca}"
            )
        with _named(self.ca):
            certificates.check_authority(small_file.read(self.ca))
        put = at.put(at.etc("ca.pem"), small_file.read(self.ca))
        return SetupStep(AUTHORITY, place.worst((state, put)), text)

    def certify_requests(self, at: HostPlace) -> Iterator[SetupStep]:
        """Certify every request that others have sent, where the authority's key is."""
        if not self.has_key:
            return
        made = [name for name, expected in self._expected() if self._certify(at, expected)]
        if made:
            text = f"certified {', '.join(made)}: send each out/NAME"
            yield SetupStep("certificates for others", StepState.MADE, text)

    def _expected(self) -> Iterator[tuple[str, _Expected]]:
        """Yield who may send a request, and what."""
        plan = self._plan
        roles = {**plan.members, **dict.fromkeys(plan.platforms, "platform")}
        for name, role in roles.items():
            wanted = WantedCertificate((spiffe(plan, role, name),), Usage.CLIENT)
            yield name, _Expected(plan.received(name, REQUEST), plan.sent(name, CERTIFICATE), wanted)
        for host in plan.hosts.values():
            for key in host_keys(plan, host):
                asked = plan.received(host.name, f"{key.name}.request")
                issued = plan.sent(host.name, "in") / AUTHORITY / f"{key.name}.pem"
                if not key.is_public:
                    yield host.name, _Expected(asked, issued, key.wanted)

    def _certify(self, at: HostPlace, expected: _Expected) -> bool:
        request, certificate, wanted = expected
        if not request.exists():
            return False
        asked = small_file.read(request)
        with _named(request):
            if certificate.exists() and self._still_serves(small_file.read(certificate), asked):
                return False
        # Last: with it nothing is missing, whenever a run ends.
        at.put(certificate.with_name("ca.pem"), small_file.read(self.ca))
        at.put(certificate, self._issue(request, asked, wanted))
        return True

    def _still_serves(self, certificate: bytes, request: bytes) -> bool:
        return certificates.is_of(certificate, request) and certificates.is_lasting(
            certificate, now=self._now
        )

    def _issue(self, request: Path, asked: bytes, wanted: WantedCertificate) -> bytes:
        with _named(request):
            ca, key = small_file.read(self.ca), small_file.read(self._key)
            return certificates.certify(asked, wanted, ca=ca, ca_key=key, now=self._now)

    def install(self, at: HostPlace, key: HostKey) -> SetupStep:
        """Make a host's key, and give its process the certificate."""
        plan, name = self._plan, f"certificate {key.name}"
        private, installed = (at.etc(key.process) / f"{key.file}.{end}" for end in ("key", "pem"))
        at.keep(private, certificates.make_key(), owner=key.process)
        found = self._found(at, key, private, installed)
        if found is None:
            to = "an authority that browsers know" if key.is_public else "the authority"
            where = plan.received(AUTHORITY, f"{key.name}.pem")
            text = (
                f"send {plan.sent(AUTHORITY, f'{key.name}.request')} to {to}, and put its answer into {where}"
            )
            return SetupStep(name, StepState.WAITING, text)
        return SetupStep(name, at.put(installed, found), str(installed))

    def _found(self, at: HostPlace, key: HostKey, private: Path, installed: Path) -> bytes | None:
        """Return the certificate to use: what came back, what is installed, or a new one."""
        own = small_file.read(private)
        answer = self._plan.received(AUTHORITY, f"{key.name}.pem")
        for path in (answer, installed):
            if path.exists() and (path == answer or self._is_usable(path, own, key)):
                with _named(path):
                    certificates.check(small_file.read(path), own, key.wanted, now=self._now)
                return small_file.read(path)
        request = self._plan.sent(AUTHORITY, f"{key.name}.request")
        with _named(private):
            if self.has_key and not key.is_public:
                return self._issue(private, certificates.make_request(own, key.wanted), key.wanted)
            if not (request.exists() and certificates.is_request(small_file.read(request), own, key.wanted)):
                at.put(request, certificates.make_request(own, key.wanted))
        return None

    def _is_usable(self, installed: Path, own: bytes, key: HostKey) -> bool:
        """Tell whether the installed one can stay: with the authority's key, only for a month and more."""
        found = small_file.read(installed)
        try:
            certificates.check(found, own, key.wanted, now=self._now)
        except WrongCertificateError:
            return False
        return not self.has_key or key.is_public or certificates.is_lasting(found, now=self._now)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Name the file in the error of a certificate that is wrong."""
    try:
        yield
    except WrongCertificateError as error:
        raise SetupFileError(f"{path} {error}", place=str(path)) from error
