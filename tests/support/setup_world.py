"""A vault that `idvault setup` installs below folders: its operator, its members and its witnesses' hosts."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from idvault.processes.setup import certificates, plan
from idvault.processes.setup.certificates import Usage, WantedCertificate
from tests.support.commands import Commands, Result
from tools.support.databases import Databases

CUSTODIANS = ("wang", "li", "zhang")
MEMBERS = {**dict.fromkeys(CUSTODIANS, "custodian"), "zhao": "auditor", "chen": "operator"}
WITNESSES = ("w1", "w2", "w3")
SECRET_KEY = "0123456789abcdef" * 2
PASSWORD = "a-word-that-nobody-may-see"
WAITS = 3


class SetupWorld:
    """Runs setup, and does what it asks for; vault: the operator's folder, root: of the vault's host."""

    def __init__(self, idvault: Commands, folder: Path, databases: Databases) -> None:
        self._idvault = idvault
        self.folder = folder
        self.vault, self.root = folder / "vault", folder / "root"
        self._people = folder / "people"
        self.vault.mkdir(mode=0o700)
        text = plan.example()
        text = text.replace("postgresql://idvault@localhost/idvault_main", databases.main_url)
        text = text.replace("postgresql://idvault@localhost/idvault_shred", databases.shred_url)
        text = text.replace('"/etc/ssl/certs/ca-certificates.crt", ', "")
        self.write(text)

    @property
    def file(self) -> Path:
        """The operator's file."""
        return self.vault / plan.FILE

    def etc(self, name: str) -> Path:
        """Return a file of the vault's host."""
        return self.root / "etc" / "idvault" / name

    def write(self, text: str) -> None:
        """Write the operator's file."""
        self.file.write_text(text, "utf-8")

    def change(self, before: str, after: str) -> None:
        """Change the operator's file."""
        text = self.file.read_text("utf-8")
        assert text.count(before) == 1
        self.write(text.replace(before, after))

    def run(self, *more: str) -> Result:
        """Run setup on the vault's host."""
        return self._idvault("setup", self.vault, "--root", self.root, *more)

    def waiting(self) -> list[str]:
        """Run setup; return the names of the steps that wait."""
        done = self.run()
        assert done.code in (0, WAITS), done.err
        names = [line.split()[2].rstrip(":") for line in done.out.splitlines() if " waiting " in line]
        assert bool(names) == (done.code == WAITS)
        return names

    def set_up_witness(self, name: str) -> Result:
        """Run setup on a witness's host with what the vault's operator sent, and carry both ways."""
        there, out = self.folder / f"sent-{name}", self.vault / "out" / name
        shutil.copytree(out, there, dirs_exist_ok=True)
        done = self._idvault("setup", there, "--root", self.folder / f"host-{name}")
        assert done.code in (0, WAITS), done.err
        shutil.copytree(there / "out" / "vault", self.vault / "in" / name, dirs_exist_ok=True)
        return done

    def receive_all(self) -> None:
        """Put everything into `in` that others send before the roster."""
        registry = self.vault / "in" / "registry" / "registry.key"
        registry.write_text(f"{SECRET_KEY}\n")
        for name in MEMBERS:
            self._member(name)
        wanted = WantedCertificate(("spiffe://vault.example/platform/im",), Usage.CLIENT)
        request = self.vault / "in" / "im" / "request.pem"
        request.write_bytes(certificates.make_request(certificates.make_key(), wanted))
        for name in WITNESSES:
            self.set_up_witness(name)

    def _member(self, name: str) -> None:
        passphrase = self.folder / "passphrase"
        if not passphrase.exists():
            passphrase.touch(mode=0o600)
            passphrase.write_text("a passphrase of a person\n")
        given = ["--identity", self._people / name, "--passphrase-file", passphrase]
        told = ["--name", name, "--organization", "example", "--trust-domain", "vault.example"]
        done = self._idvault(MEMBERS[name], *given, "init", *told)
        assert done.code == 0, done.err
        to = self.vault / "in" / name
        for file in ("public.json", "request.pem"):
            shutil.copy(self._people / name / file, to / file)

    def sign(self, *names: str) -> None:
        """Let custodians sign the proposal, and put it into `in`."""
        signed = self.vault / "in" / "roster" / "roster-1.json"
        if not signed.exists():
            shutil.copy(self.vault / "out" / "roster" / "roster-1.json", signed)
        for name in names:
            given = ["--identity", self._people / name, "--passphrase-file", self.folder / "passphrase"]
            done = self._idvault("roster", "sign", signed, *given)
            assert done.code == 0, done.err

    def install(self) -> None:
        """Do everything until nothing is waited for."""
        self.run()
        self.receive_all()
        self.run()
        for name in WITNESSES:
            self.set_up_witness(name)
        self.sign(*CUSTODIANS)
        assert self.waiting() == []


def files(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield every file and folder below one with its mode, links without what they lead to."""
    for path in sorted(folder.rglob("*")):
        yield str(path.relative_to(folder)), path.lstat().st_mode
