"""The members of a running deployment and their roster commands, each with an identity folder."""

from pathlib import Path

from idvault_dev.layout import PASSPHRASE
from tests.support.house import House


class Town:
    """A deployment, and its members' commands over the wire."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.passphrase = house.folder / "passphrase"
        self.passphrase.write_bytes(PASSPHRASE)
        self.passphrase.chmod(0o600)

    def folder(self, name: str) -> Path:
        return Path(self.house.ready["identities"][name])

    def roster(self, verb: str, file: Path, name: str, *more: object) -> str:
        """Run a roster command as a member over the wire; return its last line."""
        ready = self.house.ready
        where = ("--server", ready["grpc_custody"], "--ca", ready["ca"], "--server-name", "localhost")
        found = self.house.command("roster", verb, file, "--identity", self.folder(name), *where, *more)
        assert found.returncode == 0, found.stderr
        return found.stdout.splitlines()[-1]
