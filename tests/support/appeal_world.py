"""Appeals over a real database: what owners, moderators and the worker do, as short calls."""

from typing import Any

from sqlalchemy import select

from idvault.core.db.connection import Connection
from idvault.core.db.statement import param, scalar, statement
from idvault.core.tables.sanction import appeals
from idvault.sanction.appeal.acts import APPEALS
from idvault.sanction.appeal.rules import Appeal
from idvault_client.sanctions import AccountAppeal, AccountSanction
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import AppealState, Degree
from tools.support.flow_world import PARTY, at
from tools.support.in_process import ids
from tools.support.sanction_world import SanctionWorld, signing

TEXT = "It was satire, 请看全文 (synthetic)"
_STORED = statement(select(appeals.c.text).where(appeals.c.appeal_id == param("appeal")), scalar)


class AppealWorld(SanctionWorld):
    """The flows of appeals beside those of sanctions, over one database."""

    async def case(
        self, degree: Degree = Degree.WARN, **options: Any
    ) -> tuple[str, AccountSanction, ModeratorKey]:
        """Sanction a new account; return it, the sanction, and a moderator who may decide an appeal."""
        token = options.pop("token", None) or await self.account()
        keys = [await self.moderator(number) for number in (1, 2, 3)]
        if degree is Degree.CLOSE:
            return token, await self.closed(token, (keys[0], keys[1]), **options), keys[2]
        return token, await self.impose(token, degree, key=keys[0], **options), keys[2]

    async def file(
        self,
        sanction: AccountSanction,
        text: str = TEXT,
        *,
        seconds: float = 0,
        party: str = PARTY,
        **options: Any,
    ) -> AccountAppeal:
        return await self.asks(seconds, party=party).file_appeal(sanction.sanction_id, text, **options)

    async def decide(
        self,
        appeal: AccountAppeal,
        verdict: AppealState,
        *,
        key: ModeratorKey,
        reason: str = "read again",
        seconds: float = 0,
        signed: float | None = None,
        party: str = PARTY,
        **options: Any,
    ) -> AccountAppeal:
        sanction = await self.asks(seconds).get(appeal.sanction_id)
        asks, by = self.asks(seconds, party=party), signing(key, seconds, signed)
        return await asks.decide_appeal(appeal, verdict, reason, sanction=sanction, key=by, **options)

    async def read(self, appeal: AccountAppeal, *, seconds: float = 0, party: str = PARTY) -> AccountAppeal:
        """Return an appeal with its text."""
        return await self.asks(seconds, party=party).get_appeal(appeal.appeal_id)

    async def stored_appeal(self, appeal: AccountAppeal) -> Appeal:
        """Return an appeal as it is stored."""
        return await APPEALS.find(self.vault, PARTY, appeal.appeal_id)

    async def stored_text(self, appeal: AccountAppeal) -> bytes | None:
        """Return what the appeal's row holds of its text."""

        async def read(connection: Connection) -> bytes | None:
            return await connection.only(_STORED, appeal=appeal.appeal_id)

        return await self.database.read("test", read)

    async def sweep_all(self, *, seconds: float) -> tuple[int, int]:
        """Let the worker note what is overdue and delete texts; return how many."""
        return await self.note_overdue(seconds=seconds), await self.delete_texts(seconds=seconds)

    async def note_overdue(self, *, seconds: float) -> int:
        """Let the worker note what is overdue; return how many."""
        return await APPEALS.note_all_overdue(self.vault, at(seconds), limit=100)

    async def delete_texts(self, *, seconds: float) -> int:
        """Let the worker delete texts; return how many."""
        return await APPEALS.delete_texts(self.vault, at(seconds), limit=100)

    async def overdue(self, *, seconds: float) -> int:
        """Return how many appeals are overdue."""
        return await APPEALS.overdue(self.vault, now=at(seconds))

    async def appeal_pages(
        self, *, size: int = 1_000, seconds: float = 0, party: str = PARTY, **filters: Any
    ) -> list[list[str]]:
        """Return the ids of every page of a list of appeals."""
        return await ids(self.asks(seconds, party=party).list_appeals, page_size=size, **filters)
