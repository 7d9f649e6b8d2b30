"""A main database, the key file of an edge in as many copies as it has machines, and a clock to move."""

import shutil
from datetime import timedelta
from pathlib import Path

from idvault.core.db.database import Database
from idvault.key.acts import version as acts
from idvault.processes.bootstrap.base import ENTROPY
from idvault.processes.bootstrap.vault import vault_of
from idvault.sealing import key_set
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Holder, KeySet, Purpose
from idvault.sealing.key_version import ROLLED_OUT, SETTLED, KeyVersion
from idvault.sealing.ports import UsedVersions
from idvault.sealing.request import CurrentFingerprinter, RequestKeys
from idvault_verify.clock import ClockReading
from tools.support.fakes.sealing import CountingEntropy
from tools.support.people import CHEAP
from tools.support.storage_world import at


class KeyWorld:
    """One edge's keys. `at` a time after the start."""

    def __init__(self, database: Database, folder: Path, *, holder: Holder = Holder.SERVICE) -> None:
        self.database, self.folder, self.holder = database, folder, holder
        self.after = timedelta(0)
        self.vault = vault_of(database)
        made = key_set.fresh(holder, entropy=ENTROPY)
        LocalKeyProvider.create(self.path(), keys=made, passphrase=b"p", entropy=ENTROPY, cost=CHEAP)

    @property
    def now(self) -> ClockReading:
        return at(after=self.after)

    def path(self, host: str = "a") -> Path:
        return self.folder / host / "edge.keys" if host != "a" else self.folder / "edge.keys"

    def load(self, host: str = "a") -> LocalKeyProvider:
        return LocalKeyProvider.load(self.path(host), passphrase=b"p", entropy=ENTROPY)

    def copy(self, host: str) -> None:
        """Copy the file to another machine, as an operator does after a rotation."""
        self.path(host).parent.mkdir(exist_ok=True)
        shutil.copy2(self.path(), self.path(host))

    async def follow(self, keys: LocalKeyProvider) -> None:
        await acts.follow(self.vault, keys, self.now)

    async def lacking(self, keys: LocalKeyProvider) -> list[KeyVersion]:
        return await acts.lacking(self.vault, keys, self.now)

    async def announced(self) -> list[KeyVersion]:
        return await acts.announced(self.database)

    async def rotated(self, purpose: Purpose, *followers: LocalKeyProvider) -> str:
        """Rotate, announce, and let everybody use the new version."""
        version = str(max(int(each) for each in followers[0].keys(purpose).versions) + 1)
        self.load().put(purpose, version, ENTROPY.random(key_set.KEY_SIZE))
        for wait in (timedelta(seconds=1), ROLLED_OUT + SETTLED):
            self.after += wait
            for each in followers:
                await self.follow(each)
        return version


class RotatedRequestKey:
    """The request key of one edge: it has two versions, and the second one is in use once it is rotated."""

    def __init__(self, folder: Path) -> None:
        held = {Purpose.REQUEST: KeySet("0", {"0": b"0" * key_set.KEY_SIZE, "1": b"1" * key_set.KEY_SIZE})}
        path = folder / "request.keys"
        self._keys = LocalKeyProvider.create(
            path, keys=held, passphrase=b"p", entropy=CountingEntropy(), cost=CHEAP
        )
        self.fingerprinter = CurrentFingerprinter(keys=RequestKeys(keys=self._keys, purpose=Purpose.REQUEST))

    def rotate(self) -> None:
        """Use the second version; requests may still be kept under the first one."""
        self._keys.use({Purpose.REQUEST.value: UsedVersions(1, frozenset())})
