"""A visit to every page of the officer's console, in one language."""

from dataclasses import dataclass, field

from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import Degree
from tests.clients.console.authority.steps import REASON, TARGET, answer, fill, here, prepare, sign, withdraw
from tests.support.console import Seen, Visitor
from tests.support.officer_room import OfficerRoom
from tools.support.authority_world import HOUR, carrying
from tools.support.flow_world import PARTY

OBJECTION = "没有该账号 (synthetic)"


@dataclass
class Tour:
    """The pages that were seen, by a name for each."""

    office: OfficerRoom
    key: ModeratorKey
    visitor: Visitor
    pages: dict[str, Seen] = field(default_factory=dict)

    async def see(self, name: str, path: str) -> Seen:
        """Open an address, and keep the page."""
        self.pages[name] = await self.visitor.get(path)
        return self.pages[name]

    async def all(self) -> dict[str, Seen]:
        """Visit everything; the officer's clock is three days on in the end."""
        for name, path in (
            ("no-orders", "/"),
            ("no-operations", "/operations"),
            ("no-referrals", "/referrals"),
            ("own", "/own"),
        ):
            await self.see(name, path)
        await self.see("missing", f"/orders/{'0' * 32}")
        await self.issue()
        await self.open()
        await self.answer()
        await self.watch()
        return self.pages

    async def issue(self) -> None:
        """Give an order, with every mistake before."""
        form = await self.see("form", "/new")
        self.pages["form-wrong"] = await self.visitor.post(here(form), form, reference="x")
        self.pages["form-more"] = await fill(self.visitor, step="more")
        self.pages["check"] = preview = await fill(self.visitor, measure="WARN")
        self.pages["code-wrong"] = wrong = await sign(self.visitor, preview, "000000")
        self.office.edge().lose("IssueOrders", "before")
        code = self.office.code()
        self.pages["lost"] = await sign(self.visitor, wrong, code)
        self.office.edge().mend()
        self.pages["order"] = await sign(self.visitor, await self.visitor.get(here(preview)), code)

    async def open(self) -> None:
        """Open an operation, which has counts."""
        form = await self.see("operation-form", "/operations/new")
        self.pages["operation-wrong"] = await self.visitor.post(here(form), form, last_day="x")
        self.pages["operation-check"] = preview = await prepare(self.visitor)
        self.pages["operation"] = opened = await sign(self.visitor, preview, self.office.code())
        assert opened.status == 200
        await self.see("operations", "/operations")

    async def answer(self) -> None:
        """Accept a referral and decline another one; a third one waits."""
        accepted, declined, _ = [await self.office.refer(self.key) for _ in range(3)]
        await self.see("referrals", "/referrals")
        await self.see("referral", f"/referrals/{accepted}")
        preview = await self.see("accept", f"/referrals/{accepted}/accept")
        self.pages["accept-wrong"] = wrong = await sign(self.visitor, preview, "000000")
        self.pages["accepted"] = await sign(self.visitor, wrong, self.office.code())
        await self.see("decline", f"/referrals/{declined}/decline")
        self.pages["declined"] = await answer(self.visitor, declined, "decline", self.office.code())
        await self.see("referrals-over", "/referrals?state=DECLINED")
        await self.see("referrals-none", "/referrals?state=LAPSED")

    async def watch(self) -> None:
        """Let platforms answer, be late and carry out; withdraw one order."""
        world, office = self.office.world, self.office
        token = await world.account()
        [late] = await world.issue((PARTY, token), deadline=25 * HOUR)
        [objected] = await world.issue((PARTY, TARGET), deadline=200 * HOUR)
        [done] = await world.issue((PARTY, token), deadline=90 * HOUR)
        office.seconds = 2 * HOUR
        await office.acknowledge(late, key=self.key)
        await office.object_to(objected, OBJECTION, key=self.key)
        statement = carrying(await office.checked(done))
        await world.impose(token, Degree.WARN, key=self.key, given=statement, seconds=office.seconds)
        office.seconds = 26 * HOUR
        for name, order in (("late", late), ("objected", objected), ("done", done)):
            await self.see(f"order-{name}", f"/orders/{order.order_id}")
        path = f"/orders/{objected.order_id}/withdraw"
        form = await self.see("withdraw", path)
        self.pages["withdraw-wrong"] = await self.visitor.post(path, form, code="000000", reason=REASON)
        await self.see("orders", "/")
        await self.see("orders-late", "/?state=OVERDUE")
        await self.see("orders-none", "/?state=WITHDRAWN")
        self.pages["withdrawn"] = await withdraw(self.visitor, objected.order_id, office.code())
