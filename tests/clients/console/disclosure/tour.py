"""A visit to every page of the consoles of an auditor and a custodian, in one language."""

from dataclasses import dataclass, field

from idvault_people.console.second_factor import PATH
from tests.clients.console.disclosure.steps import BASIS, CASE, ORDER, ORDER_HASH, draft, here, open_record
from tests.clients.console.disclosure.test_custodian import until
from tests.support.console import Seen, Visitor
from tests.support.console_room import ConsoleRoom
from tools.support.chamber import CUSTODIANS

AUDITOR, (A, B, C) = "auditor-a", CUSTODIANS
DENIAL = "依据不足 (synthetic)"


@dataclass
class DisclosureTour:
    """The pages that were seen, by a name for each."""

    house: ConsoleRoom
    language: str
    pages: dict[str, Seen] = field(default_factory=dict)

    async def enter(self, name: str) -> Visitor:
        """Enter the console of a member in the tour's language."""
        return await self.house.enter(name, **{"Accept-Language": self.language})

    async def all(self) -> dict[str, Seen]:
        """Visit everything."""
        await self.house.room.keep_drill()
        owner = await self.enter(AUDITOR)
        disclosure_id = await self.ask(owner)
        await self.decide(disclosure_id)
        await self.house.approve(disclosure_id, C)
        await self.open(owner, disclosure_id)
        await self.enrol(owner)
        return self.pages

    async def see(self, visitor: Visitor, name: str, path: str) -> Seen:
        """Open an address, and keep the page."""
        self.pages[name] = await visitor.get(path)
        return self.pages[name]

    async def ask(self, owner: Visitor) -> str:
        """Draft a request with a mistake, leave another draft unfinished, and send; return its id."""
        account = await self.house.room.account()
        await self.see(owner, "no-cases", "/")
        form = await self.see(owner, "question", "/new")
        self.pages["question-wrong"] = await owner.post("/new", form, account="x")
        await owner.post("/new", form, account=account)
        await self.see(owner, "drafts", "/new")
        self.pages["preview"] = preview = await draft(owner, account)
        for step in ("case", "legal_basis", "order", "purpose", "limits"):
            await self.see(owner, f"question-{step}", here(preview).replace("/check", f"/{step}"))
        self.pages["preview-old"] = await owner.post(here(preview), preview, digest="0" * 64)
        preview = self.pages["preview-old"]
        self.pages["case"] = case = await owner.post(here(preview), preview, digest=preview.hidden("digest"))
        disclosure_id = case.text.partition('href="/cases/')[2][:32]
        await self.see(owner, "cancel", f"/cases/{disclosure_id}/cancel")
        await self.see(owner, "missing", f"/evidence/{'0' * 32}-1.json")
        return disclosure_id

    async def decide(self, disclosure_id: str) -> None:
        """Compare the order's file, deny one request, approve the other, and look at the rest."""
        keeper, room = await self.enter(A), self.house.room
        await self.see(keeper, "decisions-none", "/decisions")
        other = await room.request(await room.account(), legal_basis=BASIS)
        for each in (disclosure_id, other):
            await self.house.pending(A, each)
        await self.see(keeper, "waiting", "/")
        one = f"/requests/{disclosure_id}"
        await self.see(keeper, "request", one)
        form = await self.see(keeper, "compare", f"{one}/order")
        for name, content in (("same", ORDER), ("other", ORDER + b"\n")):
            self.pages[f"compare-{name}"] = await keeper.upload(
                f"{one}/order", form, {"order": ("order.pdf", content)}
            )
        self.pages["compare-wrong"] = await keeper.post(f"{one}/order", form)
        await self.see(keeper, "compare-none", f"/requests/{other}/order")
        denial = await self.see(keeper, "deny", f"/requests/{other}/deny")
        self.pages["deny-wrong"] = await keeper.post(f"/requests/{other}/deny", denial, reason="")
        self.pages["denied"] = await keeper.post(f"/requests/{other}/deny", denial, reason=DENIAL)
        approval = await self.see(keeper, "approve", f"{one}/approve")
        self.pages["approve-wrong"] = wrong = await keeper.post(f"{one}/approve", approval, code="000000")
        self.pages["approved"] = await keeper.post(f"{one}/approve", wrong, code=room.codes.code())
        await self.see(keeper, "decisions", "/decisions")
        self.pages["drill"] = await until(keeper, "/drill", lambda page: 'name="code"' in page.text)
        for name, path in (("hand-over", "/hand-over"), ("own-custodian", "/own"), ("waiting-none", "/")):
            await self.see(keeper, name, path)
        assert ORDER_HASH in self.pages["compare-same"].text

    async def open(self, owner: Visitor, disclosure_id: str) -> None:
        """Open the record with a wrong code before, export it, and ask to destroy it."""
        one = f"/cases/{disclosure_id}"
        await self.see(owner, "case-approved", one)
        await self.see(owner, "open", f"{one}/open")
        self.pages["open-wrong"] = await open_record(owner, disclosure_id, "000000")
        code = self.house.room.codes.code()
        self.pages["record"] = record = await open_record(owner, disclosure_id, code)
        path = here(record)
        await self.see(owner, "export", f"{path}/export")
        self.pages["export-wrong"] = await owner.get(f"{path}/page?zone=nowhere")
        await self.see(owner, "destroy", f"{path}/destroy")
        for name, path in (
            ("evidence", "/evidence"),
            ("own", "/own"),
            ("cases", "/"),
            ("cases-none", "/?case=x"),
        ):
            await self.see(owner, name, path)
        self.pages["cases-wrong"] = await owner.get("/?since=x")
        assert CASE in self.pages["cases"].text

    async def enrol(self, owner: Visitor) -> None:
        """Have a second factor shown, and type a wrong first code."""
        form = await self.see(owner, "factor", PATH)
        self.pages["secret"] = secret = await owner.post(PATH, form)
        self.pages["secret-wrong"] = await owner.post(f"{PATH}/confirm", secret, first_code="0")
        await self.see(owner, "factor-waits", PATH)
