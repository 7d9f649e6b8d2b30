"""Erasures over two real databases: what a platform asks for by its client, and what the worker does."""

from typing import Any

from sqlalchemy import func, select

from idvault.claim.rules import Claim
from idvault.core import tables as schema
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import scalar, statement
from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.erasure import acts
from idvault.erasure.acts import ErasureContext, ErasureSweep
from idvault.erasure.api import ErasureMethods
from idvault.erasure.rules import DELAY, ErasureTerms
from idvault.key.acts.remnants import Remnants
from idvault.key.acts.version import ShredKeys
from idvault.log.acts.stored_log import LogProofs
from idvault.processes.bootstrap.vault import vault_of
from idvault_client.erasures import AioErasures, ErasureReceipt
from idvault_verify.account import Status
from idvault_verify.claim import Identity
from idvault_verify.v1 import erasure_pb2
from tools.support import builders
from tools.support.fakes.sealing import CountingEntropy, FakeFingerprinter
from tools.support.flow_world import PARTY, at, command
from tools.support.in_process import client
from tools.support.public_account_world import PublicAccountWorld

DAY = 86_400
RECORD_ID = builders.record().record_id
"""Of every record that the fakes seal."""
TERMS = ErasureTerms()
WAITED = int(TERMS.waiting.total_seconds())
DELAYED = WAITED + int(DELAY.total_seconds())
"""Seconds after a request until the account is erased, and until its keys are destroyed."""


def who(number: int) -> Identity:
    """Return a synthetic person, the same for the same number."""
    return builders.identity(number=f"110000190101{number:02}000X")


class ErasureWorld:
    """The flows of erasures beside those of claims, sanctions and public accounts."""

    def __init__(
        self, main: Database, shred: Database, *, terms: ErasureTerms = TERMS, life: int = 0
    ) -> None:
        """Build the flows as bootstrap does. life: how often the same databases were opened before."""
        self.public_accounts = PublicAccountWorld(main)
        self.sanctions = self.public_accounts.sanctions
        self.claims = self.sanctions.claims
        self.main, self.shred = main, shred
        self.shred_keys = ShredKeys(shred)
        entropy = CountingEntropy(start=5_000_000 + life * 10_000_000)
        self.vault = vault_of(
            main, guard=self.claims.guard, fingerprinter=FakeFingerprinter(), entropy=entropy
        )
        context = ErasureContext(LogProofs(main=main, shred=shred), TERMS)
        self.servicer = ErasureMethods(vault=self.vault, context=context)
        self.sweep = ErasureSweep(
            vault=self.vault,
            shred_keys=self.shred_keys,
            remnants=Remnants(main=main, shred=shred),
            zone=builders.ZONE,
        )
        self._claims = 3_000 + life * 10_000

    async def verify(
        self, token: str | None = None, *, number: int = 1, seconds: float = 0, **options: Any
    ) -> Claim:
        """Verify somebody, under a request id of its own."""
        self._claims += 1
        asked = command(self._claims, who(number), account_token=token)
        return await self.claims.verify(asked, seconds=seconds, **options)

    async def account(self, number: int = 1, *, seconds: float = 0) -> str:
        """Sign somebody up with a shred key, and return the token."""
        claim = await self.verify(number=number, seconds=seconds)
        assert claim.failure_reason is None
        token = claim.account.account_token
        await self.give_key(token, bytes([number]) * 32)
        return token

    async def give_key(self, token: str, key: bytes) -> bytes:
        """Store the key of an account's record, as its sealing would, and return it."""
        return await self.shred_keys.obtain(account_token=token, record_id=RECORD_ID, candidate=key)

    async def key(self, token: str) -> bytes | None:
        """Return the key of an account's record."""
        return await self.shred_keys.find(account_token=token, record_id=RECORD_ID)

    def client(self, *, seconds: float = 0, party: str = PARTY) -> AioErasures:
        """Return the client of a platform, whose calls come at this time."""
        services = [Service(erasure_pb2.DESCRIPTOR.services_by_name["ErasureService"], self.servicer)]
        return client(services, Caller(party, "platform", "b" * 32), at(seconds)).erasures

    async def request(
        self, token: str, *, seconds: float = 0, party: str = PARTY, request_id: str | None = None
    ) -> ErasureReceipt:
        return await self.client(seconds=seconds, party=party).request(token, request_id=request_id)

    async def cancel(
        self, token: str, *, seconds: float = 0, party: str = PARTY, request_id: str | None = None
    ) -> ErasureReceipt:
        return await self.client(seconds=seconds, party=party).cancel(token, request_id=request_id)

    async def get(self, token: str, *, party: str = PARTY) -> ErasureReceipt:
        return await self.client(party=party).get(token)

    async def work(self, *, seconds: float) -> int:
        """Let the worker do what is due; return how many steps it was."""
        done = await self.sweep.step(now=at(seconds), limit=100)
        return done + await acts.release_all(self.vault, at(seconds), limit=100)

    async def erased(self, token: str, *, seconds: float = 0) -> None:
        """Request an erasure, and let the worker carry it out when it is due."""
        await self.request(token, seconds=seconds)
        assert await self.work(seconds=seconds + WAITED) >= 1

    async def destroyed(self, token: str, *, seconds: float = 0) -> None:
        """Let an account be erased, and its keys be destroyed when that is due."""
        await self.erased(token, seconds=seconds)
        assert await self.work(seconds=seconds + DELAYED) >= 1

    async def status(self, token: str, *, seconds: float = 0) -> Status:
        return await self.sanctions.status(token, seconds=seconds)

    async def rows(self, token: str) -> dict[str, int]:
        """Return how many rows of each table of the main database are of an account, without empty ones."""

        async def read(connection: Connection) -> dict[str, int]:
            return {
                name: await connection.only(
                    statement(
                        select(func.count()).select_from(table).where(table.c.account_token == token), scalar
                    )
                )
                for name, table in schema.main.tables.items()
                if "account_token" in table.c
            }

        found = await self.main.read("test", read)
        return {name: count for name, count in found.items() if count}
