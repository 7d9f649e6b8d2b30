"""A replaced number by clicks in Chromium: two persons become one, and a wrong notice is contested."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from idvault.core.tables.claim import persons
from idvault.core.tables.notice import person_marks
from idvault_client.sessions import Proof
from idvault_verify.notice import NoticeKind
from idvault_verify.sanction import Degree
from tests.web.test_journey import BUTTONS, DONE, Place, look, place_of, visit
from tests.web.test_proof_journey import PROVIDER, serve
from tools.support import sql
from tools.support.databases import Databases
from tools.support.notice_world import NoticeWorld, notice, person

OLD, NEW = person(1), person(2)
DENY = {"zh": "我的证件号码从未替换过其他号码", "en": "My document number never replaced another one"}
RECORDED = {"zh": "您的声明已记录", "en": "Your objection is recorded"}

pytestmark = pytest.mark.process


async def paired(place: Place, *, closed: bool) -> NoticeWorld:
    """Let a platform know the old number, closed or not, and the registry pair it with the new one."""
    world = NoticeWorld(place.world.database, life=1)
    token = await world.sign_up(OLD)
    if closed:
        keys = await world.sanctions.moderator(1), await world.sanctions.moderator(2)
        await world.sanctions.of_person(token, Degree.CLOSE, keys)
    await world.submit(notice(1, NoticeKind.NUMBER_REPLACED, OLD.document, new_document=NEW.document))
    return world


def prove(place: Place, page: Page, locale: str, former: str) -> None:
    """Come to the form, type a number and perhaps the one before, and prove it at the provider."""
    begin, leave, agree, kind, _ = BUTTONS[locale]
    _, confirm, finish = PROVIDER[locale]
    page.goto(f"{place.platform.origin}/login/somebody")
    page.get_by_role("button", name=begin).click()
    page.get_by_role("link", name=leave).click()
    page.get_by_role("button", name=agree).click()
    page.get_by_label(kind, exact=True).check()
    page.get_by_role("button", name=begin).click()
    page.locator("#name").fill(NEW.name)
    page.locator("#number").fill(NEW.document.number)
    page.locator("#former").fill(former)
    look(place, page, "form")
    page.get_by_role("button", name=begin).click()
    page.locator("main a.button").click()
    page.get_by_role("button", name=confirm).click()
    page.get_by_role("button", name=finish).click()


@pytest.mark.parametrize("locale", ["zh", "en"])
async def test_two_persons_become_one_by_clicks(
    sqlite_databases: Databases, tmp_path: Path, locale: str
) -> None:
    """The former number is typed beside the new one; neither the platform nor a page shows it."""
    async with AsyncExitStack() as stack:
        _, client = await serve(stack)
        place = await stack.enter_async_context(
            place_of(sqlite_databases, tmp_path, locale=locale, provider=client)
        )
        place.platform.session = {"proof": Proof.HOLDER}
        await paired(place, closed=False)

        def join(page: Page) -> None:
            prove(place, page, locale, OLD.document.number)
            page.get_by_role("heading", name=DONE[locale]).wait_for()
            look(place, page, "done")

        await visit(join, viewport={"width": 320, "height": 700})
        rows = await sql.rows(place.world.database, select(persons))
        assert sorted((row.accounts, row.joined_id is None) for row in rows) == [(0, False), (2, True)]
        told = ["\n".join(place.platform.received), *place.seen]
        for secret in (NEW.name, NEW.document.number, OLD.document.number):
            assert not any(secret in text for text in told)


@pytest.mark.parametrize("locale", ["zh", "en"])
async def test_a_wrong_notice_is_contested_by_clicks(
    sqlite_databases: Databases, tmp_path: Path, locale: str
) -> None:
    """Who is refused as closed after a proof says that the number never replaced another one."""
    async with AsyncExitStack() as stack:
        _, client = await serve(stack)
        place = await stack.enter_async_context(
            place_of(sqlite_databases, tmp_path, locale=locale, provider=client)
        )
        place.platform.session = {"proof": Proof.HOLDER}
        await paired(place, closed=True)

        def contest(page: Page) -> None:
            prove(place, page, locale, "")
            page.get_by_role("button", name=DENY[locale]).wait_for()
            look(place, page, "closed")
            page.get_by_role("button", name=DENY[locale]).click()
            page.get_by_role("heading", name=RECORDED[locale]).wait_for()
            look(place, page, "contested")

        await visit(contest, viewport={"width": 320, "height": 700})
        (mark,) = await sql.rows(place.world.database, select(person_marks))
        assert mark.contested_at is not None
