"""Accounts in my name by clicks in Chromium: two proofs, the list, a disowned account, and who opened it."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy import literal_column, select, update

from idvault.core.tables.session import account_lists, waiting_disavowals
from tests.support.known_history import LEGAL_BASIS
from tests.web.inquiry.test_pages import withdrawn
from tests.web.test_journey import BUTTONS, NAME, NUMBER, Place, look, place_of, visit
from tests.web.test_proof_journey import PROVIDER, serve
from tools.support import builders, sql
from tools.support.databases import Databases
from tools.support.flow_world import command

WORDS = {
    "zh": ("这不是我的账号", "再次核验本人", "撤回全部待处理事项"),
    "en": ("This account is not mine", "Prove again that it is you", "Cancel everything that waits"),
}
_DAYS = 4 * 86_400 * 1_000_000

pytestmark = pytest.mark.process


def proven(place: Place, page: Page, locale: str) -> None:
    """Send the form, prove to be present at the provider, and take the end of that, which comes first."""
    page.locator("#name").fill(NAME)
    page.locator("#number").fill(NUMBER)
    page.get_by_role("button", name=BUTTONS[locale][0]).click()
    look(place, page, "proof")
    page.locator("main a.button").click()
    page.get_by_role("button", name=PROVIDER[locale][1]).click()
    page.locator("main form button").first.click()
    look(place, page, "mine")


@pytest.mark.parametrize(("locale", "width"), [("zh", 320), ("en", 1280)])
async def test_a_person_disowns_an_account_by_clicks(
    sqlite_databases: Databases, tmp_path: Path, locale: str, width: int
) -> None:
    """No page shows what was typed or a token, and the provider learns no account; she reads openings."""
    disown, again, cancel = WORDS[locale]
    async with AsyncExitStack() as stack:
        book, client = await serve(stack)
        place = await stack.enter_async_context(
            place_of(sqlite_databases, tmp_path, locale=locale, provider=client)
        )
        claim = await place.world.claims.verify(command(1, builders.identity(name=NAME, number=NUMBER)))

        def asks(page: Page) -> None:
            page.goto(f"{place.base_url}/accounts?lang={locale}")
            look(place, page, "start")
            proven(place, page, locale)
            page.get_by_role("button", name=cancel).wait_for()

        def disowns(page: Page) -> None:
            page.goto(f"{place.base_url}/accounts?lang={locale}")
            proven(place, page, locale)
            page.get_by_role("button", name=disown).click()
            look(place, page, "disowning")
            page.get_by_role("button", name=disown).click()
            page.get_by_role("button", name=cancel).wait_for()
            assert page.get_by_role("button", name=disown).count() == 0
            look(place, page, "disowned")
            page.get_by_role("link", name=again).click()
            look(place, page, "start")

        def reads(page: Page) -> None:
            page.goto(f"{place.base_url}/accounts?lang={locale}")
            proven(place, page, locale)
            page.get_by_text(LEGAL_BASIS, exact=True).wait_for()
            look(place, page, "openings")

        viewport = {"width": width, "height": 700}
        await visit(asks, viewport=viewport)
        earlier = literal_column(f"asked_at - {_DAYS}")  # type: ignore[var-annotated]
        await sql.change(place.world.database, update(account_lists).values(asked_at=earlier))
        await visit(disowns, viewport=viewport)
        [waits] = await sql.rows(place.world.database, select(waiting_disavowals))
        assert waits.account_token == claim.account.account_token
        told = repr([(held.session, held.return_url, nonce) for nonce, held in book.proofs.items()])
        assert waits.account_token not in told
        gone = await withdrawn(place.world)
        await visit(reads, viewport=viewport)
        for secret in (NAME, NUMBER, waits.account_token, gone):
            assert not any(secret in text for text in place.seen)
