"""A deployment's two databases with signed-up people, whose copies grow old apart from each other."""

from dataclasses import dataclass
from itertools import count
from pathlib import Path

from sqlalchemy import delete, insert, update

from idvault.core.db.database import Database
from idvault.core.tables.account import accounts, records
from idvault.core.tables.erasure import erasures
from idvault.core.tables.key import record_keys
from idvault.erasure import acts
from idvault.erasure.acts import ErasureCall, ErasureSweep
from idvault.erasure.rules import DELAY, ErasureTerms
from idvault.key.acts.remnants import Remnants
from idvault.key.acts.version import ShredKeys
from idvault.key.store import version as key_store
from idvault.log.ports import Witness
from idvault.processes.deployment import acts as deployment
from idvault_verify.account import AccountState
from idvault_verify.erasure import ErasureOrigin, ErasureState
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from tools.support import builders, sql
from tools.support.databases import Databases
from tools.support.log_world import PLAIN, START, Worker
from tools.support.storage_world import MATCHED, World, at

DEPLOYMENT = "d" * 32
TERMS = ErasureTerms()
_OPENED = count()


@dataclass
class PairWorld:
    """Both databases, and the worker that sequences and signs."""

    databases: Databases
    folder: Path
    clock: float = 0
    witness: Witness | None = None
    policy: CosignaturePolicy = PLAIN

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Open the databases, at first or after their files were replaced."""
        self.main = Database(url=self.databases.main_url)
        self.shred = Database(url=self.databases.shred_url)
        # Each opening draws other synthetic people and ids.
        self.people = World(self.main, seed=f"{self.folder} {next(_OPENED)}")
        self.worker = Worker(self.main, self.shred, self.folder / "public", self.policy, self.witness)
        self.erasures = ErasureSweep(
            vault=self.people.vault,
            shred_keys=ShredKeys(self.shred),
            remnants=Remnants(main=self.main, shred=self.shred),
            zone=builders.ZONE,
        )

    async def begin(self) -> "PairWorld":
        """Give both databases one deployment id."""
        await deployment.ensure(self.main, self.shred, candidate=DEPLOYMENT)
        return self

    async def sign_up(self, number: int = 1) -> list[str]:
        """Sign people up, each with a shred key and a record, and let the worker sign; return the tokens."""
        tokens = []
        for _ in range(number):
            job = await self.people.job(person=self.people.person(self.people.new_id()))
            assert await self.people.settle(job, MATCHED)
            tokens.append(job.account_token)
            await self.give_key(job.account_token)
        await self.worker.step(self.clock)
        return tokens

    async def give_key(self, account_token: str) -> None:
        """Store a shred key of an account's record."""
        record = await self.people.stored_record(account_token)
        assert record is not None
        which = {"account_token": account_token, "record_id": record.record_id}
        await ShredKeys(self.shred).obtain(**which, candidate=self.people.random(32))

    async def has_key(self, account_token: str) -> bool:
        """Tell whether an account has any shred key."""
        kept = await self.shred.read("test", lambda one: key_store.keyed(one, [account_token]))
        return bool(kept)

    async def forget_key(self, account_token: str, *, erased: bool = False) -> None:
        """Lose a shred key, as a damaged disk does, or as an erasure means to."""
        await sql.change(self.shred, delete(record_keys).where(record_keys.c.account_token == account_token))
        if erased:
            gone = update(accounts).where(accounts.c.account_token == account_token)
            await sql.change(self.main, gone.values(state=AccountState.ERASED.value))

    async def destroy(self, account_token: str) -> None:
        """Erase an account to the end: its record and its key are gone, and the main database says so."""
        token = records.c.account_token == account_token
        await sql.change(self.main, delete(records).where(token))
        await self.forget_key(account_token, erased=True)
        now = START
        await sql.change(
            self.main,
            insert(erasures).values(
                account_token=account_token,
                erasure_id="e" * 32,
                relying_party="platform-a",
                state=ErasureState.DESTROYED.value,
                requested_at=now,
                erase_at=now,
                destroy_at=now,
                entry_id="f" * 32,
                origin=ErasureOrigin.PLATFORM.value,
                erased_at=now,
                destroyed_at=now,
            ),
        )

    async def erase(self, account_token: str, *, destroyed: bool = False) -> None:
        """Erase an account as the worker does, and destroy its key when that is due; sign the log."""
        vault, call = self.people.vault, ErasureCall("platform-a", "b" * 32, "", "", b"", account_token)
        request = self.people.request().of_account(account_token)
        made = (self.people.new_id(), account_token, ErasureOrigin.PLATFORM, TERMS)
        await acts.requested.run(vault, call, at(), request, *made)
        for passed in (TERMS.waiting, TERMS.waiting + DELAY)[: 1 + destroyed]:
            assert await self.erasures.step(now=at(after=passed), limit=100) == 1
        await self.worker.step(self.clock)

    async def close(self) -> None:
        await self.main.close()
        await self.shred.close()
