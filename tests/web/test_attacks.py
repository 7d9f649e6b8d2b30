"""Attacks on the pages: hostile texts in every field, slow bodies, and many sessions at once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from idvault.web.limits import Buckets
from tests.resilience.fuzz import naughty
from tests.support.session_world import SessionWorld
from tests.web.conftest import Site, site_of
from tests.web.test_pages import NAME, NUMBER, filled, form_of

# Surrogates cannot be sent as UTF-8 at all.
TEXTS = [each for each in naughty.TEXTS if each.isascii() or not any("\ud800" <= c <= "\udfff" for c in each)]


@pytest.fixture
async def open_site(world: SessionWorld, tmp_path: Path) -> AsyncIterator[Site]:
    """Serve the pages without limits, which other tests show, and with a short patience for bodies."""
    unlimited: dict[str, Any] = {
        name: Buckets(burst=10_000, per_second=10_000) for name in ("addresses", "browsers")
    }
    async with site_of(world, tmp_path, body_patience=0.2, **unlimited) as made:
        yield made


async def test_hostile_texts_are_refused_and_not_repeated(open_site: Site) -> None:
    """Each text in each field ends with a page of ours that does not repeat it, and asks no registry."""
    site = open_site
    browser = await site.browser()
    path, form = await form_of(site, browser, (await site.link()).url)
    # Some listed texts are a number in another spelling, which is accepted: a name with a symbol is not.
    fields = filled(form, name="☃", number="110105194912310021")
    for place, text in enumerate(TEXTS):
        changes: list[dict[str, str]] = [{"name": f"☃{text}", "number": text}]
        if place % 10 == 0:
            changes += [{name: text} for name in ("document", "attempt", "form")]
        for change in changes:
            page = await browser.post(f"{path}/identity", {**fields, **change})
            assert page.status in (400, 403, 413, 422), (change.keys(), page.status)
            assert len(text) <= 12 or text not in page.text
    assert site.world.claims.registry.checks == []
    assert (await browser.get(path)).status == 200


async def test_hostile_addresses_are_answered(open_site: Site) -> None:
    """Whatever is in the query, a page of ours is shown."""
    site = open_site
    browser = await site.browser()
    path = (await site.link()).url.removeprefix("https://verify.example")
    # The HTTP parser refuses an address of more than 8 KiB before the pages see it.
    for text in (each for each in TEXTS if len(each.encode()) < 1_000):
        page = await browser.get(path, query={"lang": text, "document": text})
        assert page.status == 200
        assert page.headers["Cache-Control"] == "no-store"


async def test_a_broken_request_leaves_nothing_in_the_log(
    open_site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """What the HTTP parser refuses is not logged: its message would quote the address, and so the link."""
    browser = await open_site.browser()
    page = await browser.get(f"/v/{'0' * 26}", query={"a": "canary" * 2_000})
    assert page.status == 400
    assert "canary" not in caplog.text


async def test_a_slow_body_ends(open_site: Site) -> None:
    """A form that does not arrive in time is refused, and the server answers others meanwhile."""
    site = open_site
    reader, writer = await asyncio.open_connection(site.server.host, site.server.port)
    head = (
        "POST /v/x HTTP/1.1\r\nHost: a\r\nOrigin: https://verify.example\r\nContent-Length: 100\r\n\r\nform="
    )
    writer.write(head.encode())
    other = await site.browser()
    assert (await other.get("/static/style.css")).status == 200
    assert b" 408 " in await reader.readline()
    writer.close()


async def test_forty_people_of_one_address(open_site: Site) -> None:
    """Their sessions go side by side: each one asks once, and gets its own result."""
    site = open_site
    links = [await site.link() for _ in range(40)]

    async def person(link: Any) -> str:
        browser = await site.browser()
        path, form = await form_of(site, browser, link.url)
        done = await browser.follow(await browser.post(f"{path}/identity", filled(form)))
        return done.title

    titles = await asyncio.gather(*map(person, links))
    # The fifth account of one person is the last: the policy's limit, told after the match.
    assert titles.count("认证通过") == 5
    assert len(titles) == 40


async def test_a_first_answer_is_cheap(open_site: Site) -> None:
    """A page costs less CPU than a claim: most of it is the call that reads the session."""
    site = open_site
    path = (await site.link()).url.removeprefix("https://verify.example")
    browser = await site.browser()
    await browser.get(path)
    begun = process_time()
    for _ in range(50):
        await browser.get(path)
    # Client, pages, edge and database of this process together; generous for a slow machine.
    assert (process_time() - begun) / 50 < 0.1
    assert NAME not in browser.seen[-1].text
    assert NUMBER not in browser.seen[-1].text
