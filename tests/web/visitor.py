"""One visitor of the hosted pages, and how a row of the table comes to a page."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from idvault_verify.attest.assertion import ProofEnd
from idvault_verify.registry import RegistryAnswer
from idvault_verify.session import Proof
from tests.support.session_world import BASE_URL
from tests.web.browser import Browser, Page
from tests.web.conftest import Site
from tests.web.test_pages import filled, form_of

# Synthetic, and in every field of every page: neither may be seen on another one.
NAME, NUMBER = "金丝雀", "11010519491231002X"
CHILD = "110105201601050024"
CANARIES = (NAME, NUMBER, CHILD, "canary-")
CANARY_LINE = "canary-金丝雀"
# A valid number with a wrong check digit.
TYPO = "110105194912310021"


@dataclass(frozen=True)
class Visit:
    """One visitor of the pages, who reads one language."""

    site: Site
    browser: Browser
    language: str

    async def link(self, **changes: Any) -> str:
        """Return the path of a new link in the visitor's language."""
        made = await self.site.link(locale=self.language, **changes)
        return str(made.url).removeprefix(BASE_URL)

    async def form(self, *script: RegistryAnswer) -> tuple[str, Page]:
        """Come to the form of a session; the registry answers by the script."""
        self.site.world.claims.registry.script.extend(script)
        return await form_of(self.site, self.browser, BASE_URL + await self.link())

    async def submitted(self, *script: RegistryAnswer) -> Page:
        """Send the form, and follow."""
        path, form = await self.form(*script)
        sent = await self.browser.post(f"{path}/identity", filled(form, name=NAME, number=NUMBER))
        return await self.browser.follow(sent)

    async def proof_form(self) -> tuple[str, Page]:
        """Come to the form of a session that demands a proof of the provider."""
        return await form_of(self.site, self.browser, BASE_URL + await self.link(proof=Proof.HOLDER))

    async def proving(self, outcome: ProofEnd | None = None) -> Page:
        """Send that form, and follow; outcome: end the proof at the provider."""
        path, form = await self.proof_form()
        sent = await self.browser.post(f"{path}/identity", filled(form, name=NAME, number=NUMBER))
        page = await self.browser.follow(sent)
        if outcome is not None and self.site.world.provider is not None:
            self.site.world.provider.end(page.links[0], outcome)
        return page

    async def proved(self, outcome: ProofEnd) -> Page:
        """End a proof, and say so."""
        page = await self.proving(outcome)
        return await self.browser.post(f"{page.path}/proof", {"form": page.hidden("form")})

    async def vouching(self) -> tuple[str, Page]:
        """Come to the page before a proof for which nothing is typed."""
        return await form_of(self.site, self.browser, BASE_URL + await self.link(proof=Proof.RESULT_ONLY))

    async def vouched(self) -> Page:
        """Go on from it, to the page that leads to the provider."""
        path, page = await self.vouching()
        fields = {each: page.hidden(each) for each in ("form", "attempt")}
        return await self.browser.follow(await self.browser.post(f"{path}/begin", fields))


@dataclass(frozen=True)
class Row:
    """How to come to a page, and what it answers."""

    come: Callable[[Visit], Awaitable[Page]]
    status: int = 200
