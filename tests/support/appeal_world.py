"""Appeals over a real database: what owners, moderators and the worker do, as short calls."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from idvault.core.db.connection import Connection
from idvault.core.db.statement import param, scalar, statement
from idvault.core.tables.sanction import appeals
from idvault.sanction import acts as sanction_acts
from idvault.sanction.appeal import acts
from idvault.sanction.appeal.acts import APPEALS
from idvault.sanction.appeal.rules import Appeal
from idvault.sanction.objection.rules import ObjectionFilter
from idvault.sanction.rules import Sanction
from idvault_verify.attest import sanction as papers
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import AppealState, Degree
from tools.support.flow_world import PARTY, at
from tools.support.sanction_world import SanctionWorld

TEXT = "It was satire, 请看全文 (synthetic)"
_STORED = statement(select(appeals.c.text).where(appeals.c.appeal_id == param("appeal")), scalar)


class AppealWorld(SanctionWorld):
    """The flows of appeals beside those of sanctions, over one database."""

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
        return await acts.file(
            self.vault, call, at(seconds), sanction.sanction_id, text=text, context=self.appeals
        )

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
        sanction = await sanction_acts.find(self.vault, PARTY, appeal.sanction_id)
        paper = papers.appeal_decision(
            occasion,
            appeal_id=appeal.appeal_id,
            paper_digest=papers.digest(sanction.paper),
            verdict=verdict.value,
            reason=reason,
        )
        return await acts.decide(
            self.vault,
            replace(call, signature=key.sign(paper)),
            at(seconds),
            appeal.appeal_id,
            verdict=verdict,
            reason=reason,
            terms=self.appeals.terms,
        )

    async def read(self, appeal: Appeal, *, seconds: float = 0) -> tuple[Appeal, str]:
        return await APPEALS.get(
            self.vault, appeal.relying_party, appeal.appeal_id, now=at(seconds), sealer=self.appeals.sealer
        )

    async def stored_text(self, appeal: Appeal) -> bytes | None:
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

    async def appeal_pages(self, *, size: int = 1_000, seconds: float = 0, **filters: Any) -> list[list[str]]:
        """Return the ids of every page of a list of appeals."""
        party, wanted = filters.pop("party", PARTY), ObjectionFilter(**filters)
        after, found = "", []
        while True:
            page, after = await APPEALS.page(
                self.vault, party, wanted, after=after, limit=size, now=at(seconds)
            )
            found.append([each.appeal_id for each in page])
            if not after:
                return found
