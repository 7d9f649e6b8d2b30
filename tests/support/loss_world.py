"""A vault that loses entries by a restore, with custodians whose keys are in identity folders."""

import asyncio
import os
import shutil
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from idvault.processes.bootstrap.base import ENTROPY
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Holder, KeySet, Purpose, fresh
from idvault_people import identity_folder
from idvault_people.opens import identity as identities
from idvault_people.opens.identity import PersonalIdentity
from idvault_verify.attest import hpke
from idvault_verify.attest.epoch import EpochStatement, parse
from idvault_verify.attest.people import roster_chain, roster_signature
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.quorum import Quorum
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from tests.support.commands import Commands
from tests.support.epoch_world import DiskWitness
from tests.support.pair_world import PairWorld
from tools.support import people
from tools.support.databases import Databases
from tools.support.log_world import KEY, ORIGIN

T = TypeVar("T")
POLICY = CosignaturePolicy(ORIGIN, (KEY,), (people.WITNESS.key,), 1)
CUSTODIANS = ("wang", "li", "zhang")
_WORDS = "a passphrase of tests"


@dataclass
class LossWorld:
    """Databases in files, a public directory, key files, a witness, and custodians with folders."""

    databases: Databases
    folder: Path
    idvault: Commands

    def __post_init__(self) -> None:
        self.public = self.folder / "public"
        self.passphrase = self.folder / "passphrase"
        self.idvault.set(
            DATABASE_URL=self.databases.main_url,
            SHRED_DATABASE_URL=self.databases.shred_url,
            ROSTER=self.folder / "roster.json",
            PUBLIC_DIR=self.public,
            LOG_ORIGIN=ORIGIN,
            KEYS=self.folder / "work.keys",
            KEY_PASSPHRASE_FILE=self.passphrase,
        )
        self.begin()

    def begin(self) -> None:
        """Create the files and identity folders of everybody."""
        _private(self.passphrase, _WORDS)
        self.identities = {name: self._identity(name) for name in CUSTODIANS}
        self.versions = [self._first_roster()]
        self._keep_roster()
        for name in CUSTODIANS:
            self.pin(name)
        self._keys()

    @property
    def roster(self) -> Roster:
        """The version in force."""
        return self.versions[-1]

    def sign_up(self, number: int) -> list[str]:
        """Sign people up, and let the worker sign and publish what the witness cosigns."""
        return self.run(lambda world: world.sign_up(number))

    def run(self, work: Callable[[PairWorld], Coroutine[Any, Any, T]]) -> T:
        async def opened() -> T:
            witness = DiskWitness(self.folder / "witness")
            world = PairWorld(self.databases, self.folder, witness=witness, policy=POLICY)
            try:
                return await work(await world.begin())
            finally:
                await world.close()
                witness.close()

        return asyncio.run(opened())

    def restore(self, *names: str, backup: str = "backup") -> None:
        """Put files of a backup back, as docs/operations.md says."""
        for url in (self.databases.main_url, self.databases.shred_url):
            path = Path(url.removeprefix("sqlite:///"))
            if path.name in names:
                for beside in path.parent.glob(f"{path.name}-*"):
                    beside.unlink()
                shutil.copy(self.folder / backup / path.name, path)

    def lose(self, *names: str) -> None:
        """Sign up three, back up, sign up two more, whom a restore of these files loses."""
        self.sign_up(3)
        assert self.idvault("backup", self.folder / "backup").code == 0
        self.sign_up(2)
        for name in CUSTODIANS:
            shutil.copy(self.public / "checkpoint", self.member(name) / "checkpoint")
        self.restore(*(names or ("main.sqlite3", "shred.sqlite3")))

    def propose(self, number: int = 2, *options: object) -> Path:
        path = self.folder / f"epoch-{number}.json"
        made = self.idvault(
            "restore", "--propose-loss", path, "--reason", "a synthetic disk failed", *options
        )
        assert made.code == 0, made.err
        return path

    def sign(self, path: Path, *names: str) -> None:
        for name in names:
            signed = self.idvault(
                *("epoch", "sign", path, "--identity", self.member(name)),
                *("--passphrase-file", self.passphrase),
            )
            assert signed.code == 0, signed.err

    def follow(self, path: Path) -> EpochStatement:
        """Let the witness follow a signed statement."""
        found = parse(path.read_bytes())
        witness = DiskWitness(self.folder / "witness")
        try:
            witness.follow(found, versions=self.versions)
        finally:
            witness.close()
        return found

    def go_on(self) -> EpochStatement:
        """Lose entries and begin the second epoch, with two signatures."""
        self.lose()
        path = self.propose()
        self.sign(path, "wang", "li")
        found = self.follow(path)
        accepted = self.idvault("restore", "--accept-loss", path)
        assert accepted.code == 0, accepted.err
        return found

    def member(self, name: str) -> Path:
        return self.folder / "people" / name

    def pin(self, name: str) -> None:
        """Let a member's client know every version of the roster."""
        identity_folder.pin(
            self.member(name),
            target="127.0.0.1:9",
            server_name="",
            ca=b"",
            log_key=str(KEY),
            versions=self.versions,
        )

    def replace_custodian(self, former: str, name: str) -> None:
        """Let the others sign a roster with another custodian; nobody's client knows it yet."""
        self.identities[name] = self._identity(name)
        last = self.roster
        (before,) = last.quorums
        custodians = tuple(self._listed(name) if each.name == former else each for each in before.custodians)
        made = Roster(
            last.version + 1, False, custodians, (replace(before, custodians=custodians),), last.witness
        )
        for each in before.custodians:
            if each.name != former:
                made = roster_signature.sign(made, name=each.name, signer=self.identities[each.name].sign)
        self.versions.append(made)
        self._keep_roster()

    def _keep_roster(self) -> None:
        path = self.folder / "roster.json"
        for each in self.versions[:-1]:
            roster_chain.former_path(path, version=each.version).write_bytes(each.to_bytes())
        path.write_bytes(self.roster.to_bytes())

    def _identity(self, name: str) -> PersonalIdentity:
        self.member(name).mkdir(parents=True)
        return identities.create(
            self.member(name),
            name=name,
            role="custodian",
            organisation="示例机构 (synthetic)",
            passphrase=_WORDS.encode(),
            random=os.urandom,
            suite=hpke.X25519,
            cost=people.CHEAP,
        )

    def _listed(self, name: str) -> RosterMember:
        return self.identities[name].member(spki=people.secret(name, "spki").hex())

    def _first_roster(self) -> Roster:
        members = tuple(self._listed(name) for name in CUSTODIANS)
        roster = Roster(1, False, members, (Quorum("records", 2, members),), people.WITNESSED)
        for name, each in self.identities.items():
            roster = roster_signature.sign(roster, name=name, signer=each.sign)
        return roster

    def _keys(self) -> None:
        keys = {**fresh(Holder.WORK, entropy=ENTROPY), Purpose.LOG: KeySet("0", {"0": bytes([1]) * 32})}
        LocalKeyProvider.create(
            self.folder / "work.keys",
            keys=keys,
            passphrase=_WORDS.encode(),
            entropy=ENTROPY,
            cost=people.CHEAP,
        )


def _private(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    path.chmod(0o600)
