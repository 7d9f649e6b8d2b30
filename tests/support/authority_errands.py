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
class Desk:
    """An authority's officer and a platform's desk, at the time of one errand, in seconds."""

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
    async def _desk(self, errand: int, kind: int) -> AsyncIterator[Desk]:
        # Each errand has days and ids of its own, so that no count of a day is of two.
        life = 40 * self.life + 3 * (errand - 10) + kind
        with TemporaryDirectory() as name:
            folder = Path(name)
            world = AuthorityWorld(self.world.database, folder, life=50 + life)
            reports = TipOffWorld(
                self.world.database, key_files(folder), life=100_000 + life, sanctions=world
            )
            reports.context.rosters = world.rosters
            yield Desk(world, reports, errand, (errand - 10) * _APART)

    async def order(self, errand: int) -> Sequence[object]:
        """One order is carried out in time, one late after an objection, one withdrawn, one never."""
        who = builders.identity(number=f"1100001903012{errand:04}X")
        claim = await self.world.claims.verify(command(errand * 10 + 80_000, who))
        token = claim.account.account_token
        async with self._desk(errand, 0) as desk:
            given = [await self._issued(desk, step, token) for step in (60, 61, 62, 63)]
            await self._acknowledged(desk, given[0])
            await self._carried_out(desk, given[0], 65, token, seconds=60)
            await self._objected(desk, given[1])
            await self._withdrawn(desk, given[2])
            late = at(desk.seconds + TERM + 60)
            await self.take(lambda _: order_acts.miss_all(desk.world.vault, late, limit=9))
            await self._carried_out(desk, given[1], 68, token, seconds=TERM + 120)
            read = [await desk.world.read(each, seconds=desk.seconds + TERM + 180) for each in given]
        return [(each.state, each.missed) for each in read]

    async def _issued(self, desk: Desk, step: int, token: str) -> GivenOrder:
        officer: Officer = desk.officer(Officer, step, **desk.drawn(step))
        made = officer.orders(
            [(PARTY, token)],
            kind=TargetKind.ACCOUNT,
            measure=OrderMeasure.WARN,
            reference="案 2026-7 (synthetic)",
            legal_basis="第一条 (synthetic)",
            deadline=at(desk.seconds + TERM).business,
            document=DOCUMENT,
        )
        [given] = await self.take(
            lambda _: asyncio.to_thread(officer.issue, made, code=desk.world.codes.code())
        )
        return given

    async def _acknowledged(self, desk: Desk, given: GivenOrder) -> None:
        order = await desk.world.checked(given, seconds=desk.seconds)
        key = self.key(1, desk.seconds)
        await self.take(
            lambda _: desk.asks().acknowledge_order(order, key=key, request_id=request_id(desk.errand, 64))
        )

    async def _carried_out(
        self, desk: Desk, given: GivenOrder, step: int, token: str, *, seconds: float
    ) -> None:
        order = await desk.world.checked(given, seconds=desk.seconds + seconds)
        asks, key = desk.asks(seconds), self.key(1, desk.seconds + seconds)
        await self.take(
            lambda _: asks.impose(
                token, Degree.WARN, carrying(order), key=key, request_id=request_id(desk.errand, step)
            )
        )

    async def _objected(self, desk: Desk, given: GivenOrder) -> None:
        order = await desk.world.checked(given, seconds=desk.seconds)
        key, step = self.key(1, desk.seconds), request_id(desk.errand, 66)
        await self.take(lambda _: desk.asks().object_to_order(order, "unknown", key=key, request_id=step))

    async def _withdrawn(self, desk: Desk, given: GivenOrder) -> None:
        officer: Officer = desk.officer(Officer, 67, **desk.drawn(67))
        await self.take(
            lambda _: asyncio.to_thread(
                officer.withdraw, given, "given by mistake", code=desk.world.codes.code()
            )
        )

    async def operation(self, errand: int) -> Sequence[object]:
        """An authority opens an operation, which ends by itself."""
        async with self._desk(errand, 1) as desk:
            officer: JointOfficer = desk.officer(JointOfficer, 70, **desk.drawn(70))
            day = at(desk.seconds).today(builders.ZONE)
            terms = officer.operation(
                "清朗 (synthetic)",
                categories=[SanctionCategory.RUMOUR],
                platforms=(PARTY,),
                first_day=day,
                last_day=day + timedelta(days=1),
            )
            opened = await self.take(
                lambda _: asyncio.to_thread(officer.begin, terms, code=desk.world.codes.code())
            )
            over = at(desk.seconds + 3 * DAY)
            await self.take(lambda _: operation_acts.end_all(desk.world.vault, over, limit=9))
            found = await desk.asks(3 * DAY).get_operation(opened.operation_id)
        return (found.state,)

    async def referral(self, errand: int) -> Sequence[object]:
        """An authority accepts a report, declines another, and lets a third one lapse."""
        async with self._desk(errand, 2) as desk:
            made = [await self._referred(desk, 80 + 3 * place) for place in range(3)]
            for place, answer in enumerate((ReferralState.ACCEPTED, ReferralState.DECLINED)):
                await self._answered(desk, made[place], answer, 90 + place)
            late = at(desk.seconds + 8 * DAY)
            await self.take(lambda _: reporter_acts.remind_all(desk.reports.vault, late, limit=99))
            asks = desk.reports.asks(desk.seconds + 8 * DAY)
            cases = [await asks.get(each.tip_off_id) for each in made]
        return [(each.tip_off.state, each.tip_off.outcome, each.tip_off.reminder) for each in cases]

    async def _referred(self, desk: Desk, step: int) -> TipOffReport:
        """File a report, take it and refer it."""
        reports, errand = desk.reports, desk.errand
        asks, key = reports.asks(desk.seconds), self.key(1, desk.seconds)
        filed = await self.take(
            lambda _: reports.file(report(), seconds=desk.seconds, request_id=str(request_id(errand, step)))
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

    async def _answered(self, desk: Desk, of: TipOffReport, answer: ReferralState, step: int) -> None:
        officer: ReferralOfficer = desk.officer(ReferralOfficer, step)
        found = await asyncio.to_thread(officer.get, of.referral_id)
        if found.state is ReferralState.OPEN:
            await self.take(
                lambda _: asyncio.to_thread(officer.answer, found, answer, code=desk.world.codes.code())
            )
