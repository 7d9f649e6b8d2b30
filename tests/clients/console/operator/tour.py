"""A visit to every page of the operator's console, in one language."""

from dataclasses import dataclass, field

from idvault_people.console.operator.console import MENU
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
