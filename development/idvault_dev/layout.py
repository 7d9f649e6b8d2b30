"""The paths under the state folder of `idvault dev`, and the names of its callers."""

from dataclasses import dataclass
from pathlib import Path

from idvault_verify.attest.passphrase import Cost

TRUST_DOMAIN = "idvault.local"
LOG_ORIGIN = "idvault.local/development"
WITNESS_NAME = "idvault.local/witness"
PASSPHRASE = b"development"
# The passphrase is known to everybody: a slow derivation would protect nothing, and delay every start.
COST = Cost(memory_kib=16, iterations=1, lanes=1)
PLATFORMS = ("platform-a", "platform-b")
COLOURS = {"platform-a": "#8b5cf6"}
"""Of the platforms that have one."""
MONITORS = ("monitor",)
WEB = "web"
REGISTRIES = ("registry",)
AUDITORS = ("auditor-a", "auditor-b")
CUSTODIANS = ("custodian-a", "custodian-b", "custodian-c")
OPERATORS = ("operator",)
AUTHORITIES = ("authority-a",)
THRESHOLD = 2
SERVER = "server"
_PRIVATE = 0o700

ROLES: dict[str, str] = {
    **dict.fromkeys(PLATFORMS, "platform"),
    **dict.fromkeys(MONITORS, "monitor"),
    WEB: "web",
    **dict.fromkeys(REGISTRIES, "registry"),
    **dict.fromkeys(AUDITORS, "auditor"),
    **dict.fromkeys(CUSTODIANS, "custodian"),
    **dict.fromkeys(OPERATORS, "operator"),
    **dict.fromkeys(AUTHORITIES, "authority"),
}
PEOPLE = (*AUDITORS, *CUSTODIANS, *OPERATORS, *AUTHORITIES)


def spiffe_id(name: str) -> str:
    """Return the URI in the certificate of a development name."""
    return f"spiffe://{TRUST_DOMAIN}/{ROLES[name]}/{name}"


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths under one absolute state folder."""

    state: Path

    def create(self) -> None:
        """Create the folders, each for its owner only; the public one is served over HTTP."""
        for folder in (
            self.state,
            self.keys,
            self.certificates,
            self.people,
            self.logs,
            self.public,
            self.run,
        ):
            folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)

    @property
    def keys(self) -> Path:
        """The folder of the three key files."""
        return self.state / "keys"

    @property
    def passphrase(self) -> Path:
        """The passphrase of the key files, which is a fixed word in development."""
        return self.keys / "passphrase"

    @property
    def registry_secret_key(self) -> Path:
        """The secret key shared with the mock registry."""
        return self.keys / "registry.key"

    @property
    def provider(self) -> Path:
        """The file that names the mock provider of proofs."""
        return self.keys / "provider.json"

    @property
    def operator(self) -> Path:
        """The file that says who runs the service."""
        return self.state / "operator.json"

    @property
    def certificates(self) -> Path:
        """The folder of the certificates of authority, server, platforms, monitor and pages."""
        return self.state / "certificates"

    @property
    def people(self) -> Path:
        """The folder with an identity folder for each roster member."""
        return self.state / "people"

    def moderator(self, name: str, *, platform: str) -> Path:
        """Return the folder of a platform's moderator."""
        return self.state / "moderators" / platform / name

    @property
    def logs(self) -> Path:
        """The folder of the processes' log files."""
        return self.state / "logs"

    @property
    def public(self) -> Path:
        """The public directory."""
        return self.state / "public"

    @property
    def witness(self) -> Path:
        """The folder of the witness: its key and what it has cosigned."""
        return self.state / "witness"

    @property
    def run(self) -> Path:
        """The folder of the children's ready files."""
        return self.state / "run"

    @property
    def lock(self) -> Path:
        """The file that a running supervisor has locked."""
        return self.state / "lock"

    @property
    def commands(self) -> Path:
        """A program that runs `idvault` with the settings of the worker, as the operator's console does."""
        return self.state / "idvault-work"

    @property
    def roster(self) -> Path:
        """The signed roster."""
        return self.state / "roster.json"

    @property
    def population(self) -> Path:
        """The synthetic people of the mock registry."""
        return self.state / "population.json"

    @property
    def ready(self) -> Path:
        """The default path of the ready file."""
        return self.state / "ready.json"

    @property
    def databases(self) -> dict[str, str]:
        """The URLs of both databases."""
        return {name: f"sqlite:///{self.state / name}.sqlite3" for name in ("main", "shred")}

    def certificate(self, name: str) -> Path:
        """The certificate of a name; a roster member's is in its identity folder."""
        if name in PEOPLE:
            return self.people / name / "certificate.pem"
        return self.certificates / f"{name}.pem"

    def key(self, name: str) -> Path:
        """The private key of a name's certificate."""
        if name in PEOPLE:
            return self.people / name / "key.pem"
        return self.certificates / f"{name}.key"

    @property
    def authority(self) -> Path:
        """The certificate of the development authority."""
        return self.certificates / "ca.pem"

    @property
    def authority_key(self) -> Path:
        """The private key of the development authority."""
        return self.certificates / "ca.key"
