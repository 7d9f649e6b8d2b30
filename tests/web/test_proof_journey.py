"""A proof at a provider by clicks in Chromium: three sites, each on a port of its own, and real redirects."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Page
from sqlalchemy import select

from idvault.core.tables.account import accounts
from idvault.registry.provider import HttpProofProvider, ProviderSettings
from idvault_client.sessions import Proof, SessionPurpose
from idvault_dev.mock_provider.book import ProofBook
from idvault_dev.mock_provider.server import ProviderPages
from idvault_verify.claim import OpaqueIdentity
from tests.support import closing
from tests.web.test_journey import BUTTONS, DONE, NAME, NUMBER, Place, look, place_of, visit
from tools.support import sql
from tools.support.databases import Databases
from tools.support.fakes.provider import VAULT
from tools.support.organizations import REPRESENTATIVE, organization

KEY = Ed25519PrivateKey.from_private_bytes(b"j" * 32)
SECRET = "s" * 32
PROVIDER = {"zh": ("取消", "It is me", "查看结果"), "en": ("Cancel", "It is me", "See the result")}
CREDENTIAL = "credential-7"
AGAIN = {"zh": "重新填写姓名和证件号码", "en": "Type name and number again"}

pytestmark = pytest.mark.process


async def serve(stack: AsyncExitStack) -> tuple[ProofBook, HttpProofProvider]:
    """Serve a mock provider until the stack is left; return its book, and the vault's client."""
    book = ProofBook(issuer="", audience=VAULT, key=KEY, clock=lambda: datetime.now(UTC))
    server = TestServer(ProviderPages(book=book, secret=SECRET).application())
    await server.start_server()
    stack.push_async_callback(closing.close, server)
    book.issuer = str(server.make_url("")).rstrip("/")
    client = HttpProofProvider(ProviderSettings("核验机构", book.issuer, book.public_key, SECRET))
    stack.push_async_callback(client.close)
    return book, client


def fill(place: Place, page: Page, begin: str) -> None:
    """Send the form, and go to the provider."""
    page.locator("#name").fill(NAME)
    page.locator("#number").fill(NUMBER)
    page.get_by_role("button", name=begin).click()
    look(place, page, "proof")
    page.locator("main a.button").click()


@pytest.mark.parametrize(("locale", "width"), [("zh", 320), ("en", 1280)])
async def test_a_person_proves_to_be_the_holder_by_clicks(
    sqlite_databases: Databases, tmp_path: Path, locale: str, width: int
) -> None:
    """With a cancelled proof on the way; the platform learns no name, and the provider not the session."""
    begin, leave, agree, kind, _ = BUTTONS[locale]
    cancel, confirm, finish = PROVIDER[locale]
    async with AsyncExitStack() as stack:
        book, client = await serve(stack)
        place = await stack.enter_async_context(
            place_of(sqlite_databases, tmp_path, locale=locale, provider=client)
        )
        place.platform.session = {"proof": Proof.HOLDER}

        def person(page: Page) -> None:
            page.goto(f"{place.platform.origin}/login/somebody")
            look(place, page, "start")
            page.get_by_role("button", name=begin).click()
            page.get_by_role("link", name=leave).click()
            page.get_by_role("button", name=agree).click()
            page.get_by_label(kind, exact=True).check()
            page.get_by_role("button", name=begin).click()
            fill(place, page, begin)
            assert page.url.startswith(book.issuer)
            page.get_by_role("button", name=cancel).click()
            page.get_by_role("button", name=finish).click()
            look(place, page, "refused")
            page.locator("main a").click()
            page.get_by_role("link", name=AGAIN[locale]).click()
            page.get_by_label(kind, exact=True).check()
            page.get_by_role("button", name=begin).click()
            fill(place, page, begin)
            page.get_by_role("button", name=confirm).click()
            page.get_by_role("button", name=finish).click()
            page.get_by_role("heading", name=DONE[locale]).wait_for()
            look(place, page, "done")
            page.locator("a.button").click()
            page.get_by_text("SUCCEEDED").wait_for()

        await visit(person, viewport={"width": width, "height": 700})
        assert place.world.claims.registry.checks == []
        received = "\n".join(place.platform.received)
        for secret in (NAME, NUMBER):
            assert secret not in received
            assert not any(secret in text for text in place.seen)
        (session_id,) = place.platform.asked.values()
        told: list[Any] = [(held.session, held.return_url, nonce) for nonce, held in book.proofs.items()]
        assert len(told) == 2
        assert session_id not in repr(told)


WORDS = {
    "zh": ("贵单位正在办理认证", "还差一步", "贵单位已通过认证", "法定代表人"),
    "en": (
        "Your organisation is to be verified",
        "One step is left",
        "Your organisation is verified",
        "Legal",
    ),
}


def _agreed(place: Place, page: Page, login: str, locale: str) -> None:
    """Come from the platform, and agree to its terms."""
    begin, leave, agree, *_ = BUTTONS[locale]
    page.goto(f"{place.platform.origin}/login/{login}")
    look(place, page, "start")
    page.get_by_role("button", name=begin).click()
    page.get_by_role("link", name=leave).click()
    page.get_by_role("button", name=agree).click()


def _fill_organization(place: Place, page: Page, submit: str) -> None:
    """Send the form of an organisation with its representative's name and number."""
    person, company = REPRESENTATIVE, organization()
    page.locator("#name").fill(company.name)
    page.locator("#number").fill(company.document.number)
    page.locator("#representative_name").fill(person.name)
    if (choice := page.locator("#RESIDENT_ID")).count():
        choice.check()
    page.locator("#representative_number").fill(person.document.number)
    look(place, page, "organization")
    page.get_by_role("button", name=submit).click()


@pytest.mark.parametrize(("locale", "width"), [("zh", 320), ("en", 1280)])
async def test_a_company_and_then_its_representative_by_clicks(
    sqlite_databases: Databases, tmp_path: Path, locale: str, width: int
) -> None:
    """First somebody types the four elements; then the representative comes by a link of his own."""
    begin, *_others, submit = BUTTONS[locale]
    _, confirm, finish = PROVIDER[locale]
    invited, pending, done, who = WORDS[locale]
    async with AsyncExitStack() as stack:
        _book, client = await serve(stack)
        place = await stack.enter_async_context(
            place_of(sqlite_databases, tmp_path, locale=locale, provider=client)
        )

        def clerk(page: Page) -> None:
            _agreed(place, page, "company", locale)
            page.locator("#UNIFIED_SOCIAL_CREDIT_CODE").check()
            page.get_by_role("button", name=begin).click()
            page.get_by_text(who).first.wait_for()
            _fill_organization(place, page, submit)
            page.get_by_role("heading", name=pending).wait_for()
            look(place, page, "pending")

        def representative(page: Page) -> None:
            _agreed(place, page, "representative", locale)
            page.locator("#RESIDENT_ID").check()
            page.get_by_role("button", name=begin).click()
            page.locator("#name").fill(REPRESENTATIVE.name)
            page.locator("#number").fill(REPRESENTATIVE.document.number)
            page.get_by_role("button", name=begin).click()
            page.locator("main a.button").click()
            page.get_by_role("button", name=confirm).click()
            page.get_by_role("button", name=finish).click()
            page.get_by_role("heading", name=done).wait_for()
            look(place, page, "done")

        await visit(clerk, viewport={"width": width, "height": 700})
        (row,) = await sql.rows(place.world.database, select(accounts))
        place.platform.session = {
            "proof": Proof.HOLDER,
            "purpose": SessionPurpose.REPRESENTATIVE,
            "account_token": row.account_token,
        }
        await visit(representative, viewport={"width": width, "height": 700})
        assert any(invited in text for text in place.seen)
        (row,) = await sql.rows(place.world.database, select(accounts))
        assert row.state == "VERIFIED"
        received = "\n".join(place.platform.received)
        for secret in (REPRESENTATIVE.name, REPRESENTATIVE.document.number, organization().name):
            assert secret not in received
            assert not any(secret in text for text in place.seen)


@pytest.mark.parametrize(("locale", "width"), [("zh", 320), ("en", 1280)])
async def test_a_person_is_vouched_for_by_clicks(
    sqlite_databases: Databases, tmp_path: Path, locale: str, width: int
) -> None:
    """Nothing is typed but at the provider, which learns no account; another credential is somebody else."""
    begin, leave, agree, _, _ = BUTTONS[locale]
    _, confirm, finish = PROVIDER[locale]
    async with AsyncExitStack() as stack:
        book, client = await serve(stack)
        place = await stack.enter_async_context(
            place_of(sqlite_databases, tmp_path, locale=locale, provider=client)
        )
        place.platform.session = {"proof": Proof.RESULT_ONLY}

        def person(page: Page) -> None:
            page.goto(f"{place.platform.origin}/login/somebody")
            look(place, page, "start")
            page.get_by_role("button", name=begin).click()
            page.get_by_role("link", name=leave).click()
            page.get_by_role("button", name=agree).click()
            look(place, page, "result")
            assert page.locator("input:not([type=hidden])").count() == 0
            page.get_by_role("button", name=begin).click()
            page.locator("main a.button").click()
            assert page.url.startswith(book.issuer)
            page.locator("input[name=credential]").fill(CREDENTIAL)
            page.get_by_role("button", name=confirm).click()
            page.get_by_role("button", name=finish).click()
            page.get_by_role("heading", name=DONE[locale]).wait_for()
            look(place, page, "done")
            page.locator("a.button").click()
            page.get_by_text("SUCCEEDED").wait_for()

        await visit(person, viewport={"width": width, "height": 700})
        assert place.world.claims.registry.checks == []
        ((_, sealed),) = place.world.claims.records.sealed
        assert sealed == OpaqueIdentity(book.issuer, book.opaque_id(CREDENTIAL))
        received = "\n".join([*place.platform.received, *place.seen])
        assert CREDENTIAL not in received
        assert book.opaque_id(CREDENTIAL) not in received
        (held,) = book.proofs.values()
        assert held.person == {}
        (session_id,) = place.platform.asked.values()
        assert session_id not in repr((held.session, held.return_url, *book.proofs))
