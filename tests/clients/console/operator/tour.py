"""A visit to every page of the operator's console, in one language."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault_people.console.operator.console import MENU
from idvault_verify.attest import registration
from idvault_verify.attest.moderator_key import ModeratorKey
from tests.clients.console.operator.steps import enrol, place
from tests.support.console import Seen, Visitor
from tests.support.operator_room import OperatorRoom
from tools.support.authority import Authority, spiffe

PAGES = {path.strip("/") or "today": path for path, _ in MENU}
NAMES = ("example-im", "example-moments", "example-mail", "watcher-1")


async def furnish(office: OperatorRoom) -> None:
    """Register callers whose certificates end at different times, one unknown, and one revoked."""
    await office.register("example-im")
    await office.register("example-moments", days=6)
    await office.register("example-mail", days=25)
    await office.register("watcher-1", role="monitor", days=None)
    await office.drilled()
    office.back_up()
    await office.make_keys()


@dataclass
class Tour:
    """The pages that were seen, by a name for each."""

    office: OperatorRoom
    visitor: Visitor
    pages: dict[str, Seen] = field(default_factory=dict)

    async def all(self) -> dict[str, Seen]:
        """Visit everything."""
        for name, path in PAGES.items():
            self.pages[name] = await self.visitor.get(path)
        await self.platforms()
        await self.decide()
        await self.enrol()
        return self.pages

    async def platforms(self) -> None:
        """Visit the names, and add the copy of a certificate, with each mistake before."""
        see = self.visitor
        self.pages["platforms-none"] = await see.get("/platforms?q=nobody")
        for name in NAMES:
            self.pages[name] = await see.get(f"/platforms/{name}")
        self.pages["missing"] = await see.get("/platforms/nobody")
        page, path = self.pages["watcher-1"], "/platforms/watcher-1/certificate"
        stranger = Authority().client(spiffe("monitor", "watcher-1")).certificate
        for name, pem in (("certificate-none", b"x"), ("certificate-wrong", stranger)):
            self.pages[name] = await see.upload(path, page, {"certificate": ("a.pem", pem)})

    async def decide(self) -> None:
        """Visit every form, with a mistake, and every preview; nothing is done but what is refused."""
        see, one = self.visitor, f"/platforms/{NAMES[0]}"
        for name, path, wrong in (
            ("register", "/register", None),
            ("moderator", "/moderator", None),
            ("presentation", f"{one}/presentation", {"title": "x" * 61, "origins": "x", "colour": "#ffffff"}),
            ("proofs", f"{one}/proofs", {}),
            ("rotate", "/keys/rotate", {}),
        ):
            form = self.pages[name] = await see.get(path)
            if wrong is None:
                self.pages[f"{name}-wrong"] = await self.send(name, b"x")
            else:
                self.pages[f"{name}-wrong"] = await see.post(path, form, **wrong)
        kinds = {"proof.HOLDER": "1", "proof.RESULT_ONLY": "1"}
        self.pages["proofs-several"] = await see.post(f"{one}/proofs", self.pages["proofs"], **kinds)
        self.pages["register-check"] = await self.send("register", self.office.issue("new-im").certificate)
        found = registration.register(
            ModeratorKey(NAMES[0], Ed25519PrivateKey.generate()), now=datetime.now(UTC)
        )
        self.pages["moderator-check"] = preview = await self.send("moderator", found.to_bytes())
        self.pages["code-wrong"] = await see.post(place(preview), preview, code="000000")
        spki = (await see.get(one)).text.partition(f"{one}/revoke/")[2][:64]
        self.pages["revoke-check"] = await see.get(f"{one}/revoke/{spki}")
        for name, path, fields in (
            ("presentation", f"{one}/presentation", {"title": "Chat", "origins": "", "colour": "#8b5cf6"}),
            ("proofs", f"{one}/proofs", {"proof.HOLDER": "1", "separate": "1"}),
            ("rotate", "/keys/rotate", {"purpose": "log"}),
        ):
            self.pages[f"{name}-check"] = await see.post(path, await see.get(path), **fields)

    async def enrol(self) -> None:
        """Visit what is shown without a second factor, and set one up."""
        self.office.unenrolled()
        see, path = self.visitor, f"/platforms/{NAMES[0]}/presentation"
        self.pages["code-first"] = await see.post(path, await see.get(path), title="Chat", origins="")
        self.pages["secret"], _, self.pages["enrolled"] = await enrol(see)

    async def send(self, name: str, content: bytes) -> Seen:
        """Send a file by a form."""
        return await self.visitor.upload(f"/{name}", self.pages[name], {"file": ("a", content)})
