"""Appeals over a real database: what owners, moderators and the worker do, as short calls."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import param, scalar, statement
from idvault.core.tables.sanction import appeals
from idvault.processes.bootstrap.periodic.sanction import wire_appeal_sweep
from idvault.sanction.appeal.ports import AppealFilter
from idvault.sanction.appeal.rules import Appeal, AppealTerms
from idvault.sanction.appeal.store import SqlAppealStore
from idvault.sanction.rules import Sanction
from idvault.verify.attest import sanction as papers
from idvault.verify.attest.moderator_key import ModeratorKey
from idvault.verify.sanction import AppealState, Degree
from tests.support.fakes.sealing import CountingEntropy
from tests.support.flow_world import PARTY, at
from tests.support.sanction_world import TERMS, SanctionWorld

TEXT = "It was satire, 请看全文 (synthetic)"
_STORED = statement(select(appeals.c.text).where(appeals.c.appeal_id == param("appeal")), scalar)


class AppealWorld(SanctionWorld):
    """The flows of appeals beside those of sanctions, over one database."""

    def __init__(self, database: Database, *, terms: AppealTerms = TERMS) -> None:
        super().__init__(database, terms=terms)
        self.appeal_store = SqlAppealStore(database=database)
        self.overdue_counts: list[int] = []
        self.sweep = wire_appeal_sweep(
            store=self.appeal_store,
            guard=self.claims.guard,
            entropy=CountingEntropy(start=11_000_000),
            observe=self.overdue_counts.append,
        )

    async def case(self, degree: Degree = Degree.WARN, **options: Any) -> tuple[str, Sanction, ModeratorKey]:
        """Sanction a new account; return it, the sanction, and a moderator who may decide an appeal."""
        token = options.pop("token", None) or await self.account()
        keys = [await self.moderator(number) for number in (1, 2, 3)]
        if degree is Degree.CLOSE:
            return token, await self.closed(token, (keys[0], keys[1]), **options), keys[2]
        return token, await self.impose(token, degree, key=keys[0], **options), keys[2]

    async def file(
        self, sanction: Sanction, text: str = TEXT, *, seconds: float = 0, **changes: Any
    ) -> Appeal:
        call, _ = self.call("FileAppeal", sanction.sanction_id, text, **changes)
        return await self.appeals.file(call, sanction_id=sanction.sanction_id, text=text, now=at(seconds))

    async def decide(
        self,
        appeal: Appeal,
        verdict: AppealState,
        *,
        key: ModeratorKey,
        reason: str = "read again",
        seconds: float = 0,
        **changes: Any,
    ) -> Appeal:
        changes.setdefault("signed_at", at(seconds).real)
        call, occasion = self.call(
            "DecideAppeal", appeal.appeal_id, verdict.value, reason, key=key, **changes
        )
        sanction = await self.store.get(relying_party=PARTY, sanction_id=appeal.sanction_id)
        paper = papers.appeal_decision(
            occasion,
            appeal_id=appeal.appeal_id,
            paper_digest=papers.digest(sanction.paper),
            verdict=verdict.value,
            reason=reason,
        )
        return await self.appeals.decide(
            replace(call, signature=key.sign(paper)),
            appeal_id=appeal.appeal_id,
            verdict=verdict,
            reason=reason,
            now=at(seconds),
        )

    async def read(self, appeal: Appeal, *, seconds: float = 0) -> tuple[Appeal, str]:
        return await self.appeals.get(
            relying_party=appeal.relying_party, appeal_id=appeal.appeal_id, now=at(seconds)
        )

    async def stored_text(self, appeal: Appeal) -> bytes | None:
        """Return what the appeal's row holds of its text."""

        async def read(connection: Connection) -> bytes | None:
            return await connection.only(_STORED, appeal=appeal.appeal_id)

        return await self.database.read("test", read)

    async def sweep_all(self, *, seconds: float) -> tuple[int, int]:
        """Let the worker note what is overdue and delete texts; return how many."""
        now = at(seconds)
        return (
            await self.sweep.note_overdue(now=now, limit=100),
            await self.sweep.delete_texts(now=now, limit=100),
        )

    async def appeal_pages(self, *, size: int = 1_000, seconds: float = 0, **filters: Any) -> list[list[str]]:
        """Return the ids of every page of a list of appeals."""
        wanted = AppealFilter(filters.pop("party", PARTY), **filters)
        after, found = "", []
        while True:
            page, after = await self.appeals.list(wanted, after=after, limit=size, now=at(seconds))
            found.append([each.appeal_id for each in page])
            if not after:
                return found
