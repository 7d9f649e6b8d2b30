"""Hosted verification by clicks in Chromium, small and large; test_rendering looks at each page."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from socket import AF_INET, socket
from typing import Any

import pytest
from aiohttp.test_utils import TestServer, get_port_socket
from playwright.sync_api import Browser, Page, Route

from idvault.core.db.database import Database
from idvault.registry.ports import ProofProvider
from idvault.web.app import Pages
from idvault.web.edge import connect
from idvault.web.server import LARGE_FORMS, whole
from idvault_client import aio
from idvault_verify.registry import RegistryAnswer
from idvault_verify.session import Proof
from tests.support import closing
from tests.support.session_edge import served
from tests.support.session_world import SessionWorld
from tests.support.tip_off_world import TipOffWorld, key_files
from tests.support.web_platform import WebPlatform
from tools.support.browser import SHARED
from tools.support.builders import ZONE
from tools.support.databases import Databases

# Synthetic: the number has a valid check digit; neither belongs to a real person.
NAME, NUMBER, TYPO = "金丝雀", "11010519491231002X", "110105194912310021"
BUTTONS = {
    "zh": ("继续", "前往", "同意并继续", "居民身份证", "提交认证"),
    "en": ("Continue", "Go to", "Agree", "Resident identity card", "Verify"),
}
DONE = {"zh": "认证通过", "en": "You are verified"}

pytestmark = pytest.mark.process


@dataclass
class Place:
    """A world with pages and a platform, each on a port of this machine. pages: what was seen, as text."""

    world: SessionWorld
    platform: WebPlatform
    base_url: str
    log: Path
    tip_offs: TipOffWorld
    seen: list[str] = field(default_factory=list)


def _held(held: socket, *_: object) -> socket:
    """Return a socket that has its port already."""
    return held


@asynccontextmanager
async def place_of(
    databases: Databases, folder: Path, *, locale: str, provider: ProofProvider | None = None
) -> AsyncIterator[Place]:
    """Serve both until the block ends. provider: of proofs of both kinds."""
    async with AsyncExitStack() as stack:
        database = Database(url=databases.main_url)
        stack.push_async_callback(database.close)
        # Addresses name the ports before anybody listens: they are held, or another test takes them.
        held = [stack.enter_context(get_port_socket("127.0.0.1", 0, AF_INET)) for _ in range(2)]
        ports = [each.getsockname()[1] for each in held]
        base_url, origin = f"http://localhost:{ports[0]}", f"http://127.0.0.1:{ports[1]}"
        world = SessionWorld(database, base_url=base_url)
        if provider is not None:
            world.context.providers = dict.fromkeys((Proof.HOLDER, Proof.RESULT_ONLY), provider)
            world.accepted = frozenset(Proof)
        stack.push_async_callback(world.claims.verification.drain)
        await world.prepare(origins=(origin,))
        tip_offs = TipOffWorld(database, key_files(folder), sanctions=world.moderation)
        edge = await stack.enter_async_context(served(world, folder, services=[tip_offs.form_service]))
        web_vault = await stack.enter_async_context(connect(edge.target, tls=edge.web, timeout=60))
        own_vault = await stack.enter_async_context(aio.connect(edge.target, tls=edge.platform, timeout=60))
        platform = WebPlatform(own_vault, origin, locale=locale)
        pages = Pages(vault=web_vault, base_url=base_url, large_forms=LARGE_FORMS)
        apps = (whole(pages, zone=ZONE), platform.application())
        for app, own in zip(apps, held, strict=True):
            server = TestServer(app, socket_factory=partial(_held, own))
            await server.start_server()
            stack.push_async_callback(closing.close, server)
        yield Place(world, platform, base_url, edge.log, tip_offs)


async def visit(work: Callable[[Page], None], **options: Any) -> None:
    """Let a person use a browser, in a thread."""

    def run(browser: Browser) -> None:
        with browser.new_context(**options) as context:
            context.set_default_timeout(60_000)
            work(context.new_page())

    await SHARED.use(run)


@contextmanager
def before_the_script(page: Page) -> Iterator[None]:
    """Hold back the script of a page that comes within, until the end: a slow network does so, too."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/*.js", hold)
    yield
    for each in held:
        each.continue_()
    page.unroute("**/*.js")


def look(place: Place, page: Page, name: str) -> None:
    """Keep what a page shows, and check that nothing is wider than the screen."""
    page.locator("h1").wait_for()
    # The heading is there before the style sheet.
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    place.seen.append(page.content())


def kept_of(page: Page) -> list[Any]:
    """Return what the form has in its fields, and how much the browser keeps beside them."""
    fields = page.locator("#name, #number").evaluate_all("all => all.map(each => each.value)")
    return [*fields, page.evaluate("sessionStorage.length + localStorage.length")]


def look_at_help(page: Page) -> None:
    """Help opens beside a form, which stays as it is, and keeps nothing that was typed anywhere."""
    typed = kept_of(page)
    with page.expect_popup() as opened:
        page.locator("footer a").first.click()
    opened.value.locator("h1").wait_for()
    assert opened.value.locator("[data-back] a").is_visible(), "a link needs no history"
    assert opened.value.evaluate("[opener, sessionStorage.length]") == [None, 0]
    opened.value.close()
    assert kept_of(page) == typed == ["错一一", TYPO, 0]


def come_back_from_help(page: Page) -> None:
    """Within an app there is no button of a browser: help leads back to a page where nothing is typed."""
    title = page.title()
    page.locator("footer a").first.click()
    page.locator("[data-back] a").click()
    page.wait_for_function("title => document.title === title", arg=title)


@pytest.mark.parametrize(("locale", "width"), [("zh", 320), ("en", 1280)])
async def test_a_person_verifies_by_clicks(
    sqlite_databases: Databases, tmp_path: Path, locale: str, width: int
) -> None:
    """With a typing error and a mismatch on the way; the platform's process never receives name or number."""
    begin, leave, agree, kind, submit = BUTTONS[locale]
    async with place_of(sqlite_databases, tmp_path, locale=locale) as place:
        place.world.claims.registry.script.append(RegistryAnswer.MISMATCH)

        def person(page: Page) -> None:
            page.goto(f"{place.platform.origin}/login/somebody")
            look(place, page, "start")
            page.get_by_role("button", name=begin).click()
            look(place, page, "leave")
            page.get_by_role("link", name=leave).click()
            look(place, page, "terms")
            come_back_from_help(page)
            page.get_by_role("button", name=agree).click()
            look(place, page, "document")
            page.get_by_label(kind, exact=True).check()
            with before_the_script(page):
                page.get_by_role("button", name=begin).click()
                page.locator("#name").fill("错一一")
                page.locator("#number").fill(TYPO)
            look(place, page, "identity")
            look_at_help(page)
            # The script notices a wrong check digit before anything is sent, and however late it comes.
            assert page.locator("#number").evaluate("each => !each.validity.valid")
            page.locator("#number").fill(NUMBER)
            page.get_by_role("button", name=submit).click()
            page.locator(".errors").wait_for()
            look(place, page, "again")
            assert kept_of(page) == ["", "", 0], "whoever uses this browser next finds them"
            page.locator("#name").fill(NAME)
            page.locator("#number").fill(NUMBER)
            page.locator("#number").press("Enter")
            page.get_by_role("heading", name=DONE[locale]).wait_for()
            look(place, page, "done")
            page.go_back()
            page.goto(page.url)
            page.get_by_role("heading", name=DONE[locale]).wait_for()
            page.locator("a.button").click()
            page.get_by_text("SUCCEEDED").wait_for()
            assert page.url.count("=") == 1

        await visit(person, viewport={"width": width, "height": 700})
        assert len(place.world.claims.registry.checks) == 2
        received = "\n".join(place.platform.received)
        for secret in (NAME, NUMBER, "错一一"):
            assert secret not in received
            assert not any(secret in text for text in place.seen)


async def test_a_person_verifies_by_keyboard_without_script(
    sqlite_databases: Databases, tmp_path: Path
) -> None:
    """Every step is reached by Tab and Enter; the tree of the form has its labels and hints in order."""
    async with place_of(sqlite_databases, tmp_path, locale="en") as place:

        def person(page: Page) -> None:
            page.goto(f"{place.platform.origin}/login/somebody")

            def press(name: str, role: Any) -> None:
                target = page.get_by_role(role, name=name)
                for _ in range(12):
                    page.keyboard.press("Tab")
                    if target.first.evaluate("each => each === document.activeElement"):
                        break
                else:
                    raise AssertionError(f"{name} is not reached by keyboard")
                page.keyboard.press("Enter")

            press("Continue", "button")
            press("Go to", "link")
            press("Agree", "button")
            page.locator("#RESIDENT_ID").focus()
            page.keyboard.press("Space")
            press("Continue", "button")
            page.locator("#name").wait_for()
            tree = page.locator("main").aria_snapshot()
            assert (
                tree.index('textbox "Name"') < tree.index('textbox "Document number"') < tree.index("Verify")
            )
            page.locator("#name").fill(NAME)
            page.locator("#number").fill(TYPO)
            press("Verify", "button")
            page.locator(".errors").wait_for()
            wrong = page.locator("main").aria_snapshot()
            assert "alert" in wrong
            look(place, page, "wrong")
            page.locator("#name").fill(NAME)
            page.locator("#number").fill(NUMBER)
            press("Verify", "button")
            page.get_by_role("heading", name=DONE["en"]).wait_for()

        await visit(person, java_script_enabled=False, viewport={"width": 640, "height": 700})
        assert NAME not in "\n".join(place.platform.received)


async def test_a_victim_is_not_confirmed(sqlite_databases: Databases, tmp_path: Path) -> None:
    """Somebody who opens another person's link is stopped at the platform, before any form."""
    async with place_of(sqlite_databases, tmp_path, locale="en") as place:
        made = await place.platform.vault.sessions.create(
            return_url=f"{place.platform.origin}/verified",
            policy_version="terms-3",
            policy_text="x",
            locale="en",
        )
        place.platform.asked["attacker"] = made.session_id

        def victim(page: Page) -> None:
            page.goto(made.url)
            page.get_by_role("button", name="Continue").click()
            page.get_by_role("link", name="Go to").click()
            page.get_by_text("this is not your session").wait_for()

        await visit(victim)
        found = await place.platform.vault.sessions.get(made.session_id)
        assert found.state is not None
        assert found.state.value == "REDEEMED"
