"""What authorities and platforms do in several steps: orders, a joint operation, and referred reports."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from idvault.sanction.operation import acts as operation_acts
from idvault.sanction.order import acts as order_acts
from idvault.tip_off.acts import reporter as reporter_acts
from idvault_client.tip_offs import TipOffReport
from idvault_people.authority.joint import JointOfficer
from idvault_people.authority.officer import GivenOrder, Officer
from idvault_people.authority.referral import ReferralOfficer
from idvault_verify.order import OrderMeasure
from idvault_verify.sanction import Degree, SanctionCategory
from idvault_verify.tip_off import ReferralState, TargetKind
from tests.support.moderated_errands import DAY, ModeratedErrands, request_id
from tests.support.tip_off_world import TipOffWorld, key_files, report
from tools.support import builders
from tools.support.authority_world import DOCUMENT, TERM, AuthorityWorld, carrying
from tools.support.flow_world import PARTY, at, command
from tools.support.orders import OFFICE

_APART = 40 * DAY


@dataclass(frozen=True)
class Officials:
    """An authority's officer and a platform's moderators, at the time of one errand, in seconds."""

    world: AuthorityWorld
    reports: TipOffWorld
    errand: int
    seconds: float

    def asks(self, seconds: float = 0) -> Any:
        """Return the platform's calls, so many seconds later."""
        return self.world.asks(self.seconds + seconds)

    def officer(self, kind: Any, step: int, **more: Any) -> Any:
        """Return an officer's client, whose request has an id of its own, the same in every process."""
        made = self.world.officer(seconds=self.seconds)
        return kind(
            identity=made.identity,
            trust=made.trust,
            edge=made.edge,
            now=made.now,
            request_id=lambda: str(request_id(self.errand, step)),
            **more,
        )

    def drawn(self, step: int) -> dict[str, Any]:
        """Return what an officer draws in a step: ids that are the same in every process."""
        return {"random": lambda size: (self.errand * 1_000 + step).to_bytes(size, "big")}


class AuthorityErrands(ModeratedErrands):
    """Errands of authorities. life: how many processes began before."""

    life: int

    @asynccontextmanager
    async def _officials(self, errand: int, kind: int) -> AsyncIterator[Officials]:
        # Each errand has days and ids of its own, so that no count of a day is of two.
        life = 40 * self.life + 3 * (errand - 10) + kind
        with TemporaryDirectory() as name:
            folder = Path(name)
            world = AuthorityWorld(self.world.database, folder, life=50 + life)
            reports = TipOffWorld(
                self.world.database, key_files(folder), life=100_000 + life, sanctions=world
            )
            reports.context.rosters = world.rosters
            yield Officials(world, reports, errand, (errand - 10) * _APART)

    async def order(self, errand: int) -> Sequence[object]:
        """One order is carried out in time, one late after an objection, one withdrawn, one never."""
        who = builders.identity(number=f"1100001903012{errand:04}X")
        claim = await self.world.claims.verify(command(errand * 10 + 80_000, who))
        token = claim.account.account_token
        async with self._officials(errand, 0) as officials:
            given = [await self._issued(officials, step, token) for step in (60, 61, 62, 63)]
            await self._acknowledged(officials, given[0])
            await self._carried_out(officials, given[0], 65, token, seconds=60)
            await self._objected(officials, given[1])
            await self._withdrawn(officials, given[2])
            late = at(officials.seconds + TERM + 60)
            await self.take(lambda _: order_acts.miss_all(officials.world.vault, late, limit=9))
            await self._carried_out(officials, given[1], 68, token, seconds=TERM + 120)
            read = [
                await officials.world.read(each, seconds=officials.seconds + TERM + 180) for each in given
            ]
        return [(each.state, each.missed) for each in read]

    async def _issued(self, officials: Officials, step: int, token: str) -> GivenOrder:
        officer: Officer = officials.officer(Officer, step, **officials.drawn(step))
        made = officer.orders(
            [(PARTY, token)],
            kind=TargetKind.ACCOUNT,
            measure=OrderMeasure.WARN,
            reference="案 2026-7 (synthetic)",
            legal_basis="第一条 (synthetic)",
            deadline=at(officials.seconds + TERM).business,
            document=DOCUMENT,
        )
        [given] = await self.take(
            lambda _: asyncio.to_thread(officer.issue, made, code=officials.world.codes.code())
        )
        return given

    async def _acknowledged(self, officials: Officials, given: GivenOrder) -> None:
        order = await officials.world.checked(given, seconds=officials.seconds)
        key = self.key(1, officials.seconds)
        await self.take(
            lambda _: officials.asks().acknowledge_order(
                order, key=key, request_id=request_id(officials.errand, 64)
            )
        )

    async def _carried_out(
        self, officials: Officials, given: GivenOrder, step: int, token: str, *, seconds: float
    ) -> None:
        order = await officials.world.checked(given, seconds=officials.seconds + seconds)
        asks, key = officials.asks(seconds), self.key(1, officials.seconds + seconds)
        await self.take(
            lambda _: asks.impose(
                token, Degree.WARN, carrying(order), key=key, request_id=request_id(officials.errand, step)
            )
        )

    async def _objected(self, officials: Officials, given: GivenOrder) -> None:
        order = await officials.world.checked(given, seconds=officials.seconds)
        key, step = self.key(1, officials.seconds), request_id(officials.errand, 66)
        await self.take(
            lambda _: officials.asks().object_to_order(order, "unknown", key=key, request_id=step)
        )

    async def _withdrawn(self, officials: Officials, given: GivenOrder) -> None:
        officer: Officer = officials.officer(Officer, 67, **officials.drawn(67))
        await self.take(
            lambda _: asyncio.to_thread(
                officer.withdraw, given, "given by mistake", code=officials.world.codes.code()
            )
        )

    async def operation(self, errand: int) -> Sequence[object]:
        """An authority opens an operation, which ends by itself."""
        async with self._officials(errand, 1) as officials:
            officer: JointOfficer = officials.officer(JointOfficer, 70, **officials.drawn(70))
            day = at(officials.seconds).today(builders.ZONE)
            terms = officer.operation(
                "清朗 (synthetic)",
                categories=[SanctionCategory.RUMOUR],
                platforms=(PARTY,),
                first_day=day,
                last_day=day + timedelta(days=1),
            )
            opened = await self.take(
                lambda _: asyncio.to_thread(officer.begin, terms, code=officials.world.codes.code())
            )
            over = at(officials.seconds + 3 * DAY)
            await self.take(lambda _: operation_acts.end_all(officials.world.vault, over, limit=9))
            found = await officials.asks(3 * DAY).get_operation(opened.operation_id)
        return (found.state,)

    async def referral(self, errand: int) -> Sequence[object]:
        """An authority accepts a report, declines another, and lets a third one lapse."""
        async with self._officials(errand, 2) as officials:
            made = [await self._referred(officials, 80 + 3 * place) for place in range(3)]
            for place, answer in enumerate((ReferralState.ACCEPTED, ReferralState.DECLINED)):
                await self._answered(officials, made[place], answer, 90 + place)
            late = at(officials.seconds + 8 * DAY)
            await self.take(lambda _: reporter_acts.remind_all(officials.reports.vault, late, limit=99))
            asks = officials.reports.asks(officials.seconds + 8 * DAY)
            cases = [await asks.get(each.tip_off_id) for each in made]
        return [(each.tip_off.state, each.tip_off.outcome, each.tip_off.reminder) for each in cases]

    async def _referred(self, officials: Officials, step: int) -> TipOffReport:
        """File a report, take it and refer it."""
        reports, errand = officials.reports, officials.errand
        asks, key = reports.asks(officials.seconds), self.key(1, officials.seconds)
        filed = await self.take(
            lambda _: reports.file(
                report(), seconds=officials.seconds, request_id=str(request_id(errand, step))
            )
        )
        seen = replace(filed.tip_off, moderator_id="")  # as nobody worked on it yet
        await self.take(lambda _: asks.assign(seen, key=key, request_id=request_id(errand, step + 1)))
        referred: TipOffReport = await self.take(
            lambda _: asks.refer(
                seen.tip_off_id, OFFICE, key=key, reply="passed on (synthetic)",
                request_id=request_id(errand, step + 2),
            )
        )  # fmt: skip
        return referred

    async def _answered(
        self, officials: Officials, of: TipOffReport, answer: ReferralState, step: int
    ) -> None:
        officer: ReferralOfficer = officials.officer(ReferralOfficer, step)
        found = await asyncio.to_thread(officer.get, of.referral_id)
        if found.state is ReferralState.OPEN:
            await self.take(
                lambda _: asyncio.to_thread(officer.answer, found, answer, code=officials.world.codes.code())
            )
