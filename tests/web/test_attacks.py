"""Attacks on every form of the pages: hostile texts, forged and oversized forms, slow bodies, crowds."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from markupsafe import escape

from idvault.web.limits import Buckets
from tests.support.session_world import SessionWorld
from tests.web import wire
from tests.web.browser import Browser, Page
from tests.web.conftest import Site, limits_of, site_of
from tests.web.markup import Form, read
from tests.web.page_table import tour
from tests.web.test_pages import filled, form_of
from tests.web.tip_off.test_pages import multipart
from tools.support.sampling import sampled
from tools.torture.fuzz import naughty

# A valid text would be a report or a claim each time: these make one field wrong.
SPOILT: dict[str, Any] = {"evidence": bytes(65_537)}
REFUSED = (303, 400, 403, 404, 409, 413, 422)
BROKEN = (b"", b"--x7", b"--x7\r\n\r\n", b"--x7\r\nContent-Disposition: form-data\r\n\r\nx\r\n--x7--")
SLOW = "HTTP/1.1\r\nHost: a\r\nOrigin: https://verify.example\r\nContent-Length: 100\r\n\r\n"
_MULTIPART = {"Content-Type": "multipart/form-data; boundary=x7"}


@cache
def texts() -> list[str]:
    """Return 997 listed and 207 drawn texts; surrogates cannot be sent as UTF-8 at all."""
    given = (*naughty.TEXTS, *naughty.drawn(207, seed=16))
    return [each for each in given if not any("\ud800" <= one <= "\udfff" for one in each)]


@cache
def tried() -> list[str]:
    """Return some of each listed kind, and some that were drawn."""
    kinds = {text: kind for kind, listed in naughty.LISTED.items() for text in listed}
    return sampled(texts(), 3, kind=kinds.get)


@pytest.fixture
async def open_site(
    request: pytest.FixtureRequest, world: SessionWorld, tmp_path: Path
) -> AsyncIterator[Site]:
    """Serve the pages without limits, which other tests show, and with a short patience for bodies."""

    def unlimited() -> Buckets:
        return Buckets(burst=1_000_000, per_second=1_000)

    options: dict[str, Any] = {"addresses": unlimited(), "browsers": Buckets(burst=60, per_second=10)}
    options["calls_methods"] = getattr(request, "param", False)
    async with site_of(world, tmp_path, body_patience=0.3, reports=limits_of(), **options) as made:
        yield made


async def forms_of(site: Site) -> list[tuple[Browser, Form]]:
    """Return every form of the table's pages, each kind once, with the browser that has it."""
    found: dict[tuple[str, ...], tuple[Browser, Form]] = {}
    for name, (page, browser) in (await tour(site, "en")).items():
        for form in read(page.text, path=page.path).forms:
            kind = (form.method, form.action.rpartition("/")[2][:12], *form.fields)
            if page.status == 200 or name == "wrong":
                found.setdefault(kind, (browser, form))
    site.pages.browsers = Buckets(burst=1_000_000, per_second=1_000)
    return list(found.values())


async def send(browser: Browser, form: Form, fields: dict[str, Any], **headers: str) -> Page:
    """Send a form with the cookies that the browser had, whatever the answer sets."""
    kept = dict(browser.cookies)
    if form.method == "get":
        page = await browser.get(form.action, query=fields)
    elif form.has_file:
        page = await browser.post(form.action, multipart(fields), **_MULTIPART, **headers)
    else:
        page = await browser.post(form.action, fields, **headers)
    browser.cookies = kept
    return page


def hostile(form: Form, text: str, *, in_token: bool) -> Iterator[dict[str, Any]]:
    """Yield the form with a text in the seen fields, in the hidden ones, and perhaps in its token."""
    seen = {name: text for name in form.fields if name not in form.hidden}
    hidden = {name: text for name in form.hidden if name != "form"}
    spoilt = {name: value for name, value in SPOILT.items() if name in form.fields}
    if "name" in seen:
        spoilt["name"] = f"☃{text}"
    for changes in (seen, hidden, {"form": text} if in_token else {}):
        if changes:
            yield {**form.fields, **changes, **spoilt}


# What the network to the edge does with a message does not depend on its texts.
@pytest.mark.parametrize("open_site", [True], ids=["without-network"], indirect=True)
@pytest.mark.long
async def test_hostile_texts_in_every_field(open_site: Site) -> None:
    """Each text in each field ends with a page that does not repeat it; nothing is claimed or filed.

    Whoever reports reads the own words again, before they are sent and after: as text, and never as markup.
    """
    site = open_site
    forms = [(browser, form) for browser, form in await forms_of(site) if form.method == "post"]
    assert len({name for _, form in forms for name in form.fields}) >= 13
    checks, filed = len(site.world.claims.registry.checks), await site.tip_offs.listed()
    assert len(texts()) >= 1_200

    async def attack(browser: Browser, form: Form, turn: int) -> None:
        connection = await wire.connect(str(site.server.host), int(site.server.port or 0))
        for number, text in enumerate(tried()):
            # One rule checks the token of every form: each text is tried on one of them.
            for fields in hostile(form, text, in_token=number % len(forms) == turn):
                page = await connection.post(browser, form, fields)
                is_own = form.action.startswith("/r/")
                assert page.status in REFUSED or (is_own and page.status == 200), (form.action, fields)
                # Of public accounts, a token of somebody else's is shown again: it is no secret.
                is_plain = (is_own or "/public/" in form.action) and escape(text) == text
                assert len(text) <= 12 or is_plain or text not in page.text, form.action
                assert page.headers.get("Location", "/").startswith("/"), form.action
        connection.writer.close()

    await asyncio.gather(*(attack(browser, form, turn) for turn, (browser, form) in enumerate(forms)))
    assert len(site.world.claims.registry.checks) == checks
    assert await site.tip_offs.listed() == filed


@pytest.mark.long
async def test_hostile_addresses_and_headers(open_site: Site) -> None:
    """Whatever is in path, query, cookie or header, a page of ours is shown, with no header of its own."""
    site = open_site
    browser = await site.browser()
    usual = set((await browser.get("/r")).headers)
    # The HTTP parser refuses an address of more than 8 KiB before the pages see it.
    for text in (each for each in tried() if len(each.encode()) < 1_000):
        segment = quote(text, safe="")
        for path in (f"/v/{segment}", f"/s/{segment}", f"/r/{segment}", f"/static/{segment}"):
            page = await browser.get(path, query={"lang": text, "document": text})
            # A dot or an empty segment leads to another page of ours.
            assert page.status in (200, 404, 405), path
            assert page.headers["Cache-Control"] == "no-store"
        written = "".join(each for each in text if " " <= each <= "~")
        browser.headers = {"Accept-Language": written, "Referer": written, "X-Forwarded-For": written}
        browser.cookies = {"language": written.replace(";", "")}
        page = await browser.get("/r")
        assert (page.status, set(page.headers)) == (200, usual)
        browser.headers, browser.cookies = {}, {}


@pytest.mark.parametrize("host", ["evil.example", "verify.example@evil.example", "evil.example:443"])
async def test_no_answer_sends_a_browser_away(open_site: Site, host: str) -> None:
    """Every redirect stays on these pages, whatever Host and query say; only the platform's link leaves."""
    site = open_site
    browser = await site.browser(Host=host, **{"X-Forwarded-Host": host})
    path = str((await site.link()).url).removeprefix("https://verify.example")
    begun = await browser.get(path, query={"return_url": f"https://{host}", "next": f"//{host}"})
    sent = await browser.post(f"{path}?next=//{host}", {"form": begun.hidden("form")})
    assert sent.headers["Location"].startswith("/s/")
    [leave] = (await browser.get(sent.headers["Location"])).links
    assert leave.startswith("https://chat.example/")
    for page in browser.seen:
        assert "evil" not in page.text + str(page.headers)


async def test_forged_forms(open_site: Site) -> None:
    """Another origin, no token and another visitor's token are refused by each form."""
    forms = await forms_of(open_site)
    thief = (await (await open_site.browser()).get("/r/platform-a")).hidden("form")
    for browser, form in forms:
        if form.method == "get":
            continue
        for origin in ("https://evil.example", "null", "https://verify.example.evil.example", ""):
            page = await send(browser, form, form.fields, origin=origin)
            assert page.status == 403, form.action
        page = await send(browser, form, form.fields, origin="null", **{"Sec-Fetch-Site": "cross-site"})
        assert page.status == 403, form.action
        for token in ("", "0" * 26, "你", thief):
            page = await send(browser, form, {**form.fields, "form": token})
            assert page.status == 403, form.action


async def test_oversized_and_broken_forms(open_site: Site) -> None:
    """Too long, not UTF-8, no form at all: each form answers with a page of ours."""
    for browser, form in await forms_of(open_site):
        if form.method == "get":
            continue
        token = form.fields["form"]
        large = await send(browser, form, {**form.fields, "form": token, "more": "x" * 140_000})
        assert large.status == 413, form.action
        assert (await browser.post(form.action, b"form=\xff\xfe%ff")).status in (400, 403), form.action
        for body in BROKEN:
            page = await browser.post(form.action, body, **_MULTIPART)
            assert page.status in (400, 403), (form.action, body)
        for long in ("(", ";", "a=b;"):
            hostile = {"Content-Type": "multipart/form-data; a=" + long * (6_000 // len(long))}
            assert (await browser.post(form.action, b"x", **hostile)).status == 400, form.action
        kind = {"Content-Type": "multipart/form-data"}
        assert (await browser.post(form.action, b"x", **kind)).status in (400, 403), form.action


async def test_a_broken_request_leaves_nothing_in_the_log(
    open_site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """What the HTTP parser refuses is not logged: its message would quote the address, and so the link."""
    browser = await open_site.browser()
    page = await browser.get(f"/v/{'0' * 26}", query={"a": "canary" * 2_000})
    assert page.status == 400
    assert "canary" not in caplog.text


async def test_slow_bodies_end(open_site: Site) -> None:
    """A form that does not arrive in time is refused, and the server answers others meanwhile."""
    site = open_site

    async def slow(path: str) -> bytes:
        reader, writer = await asyncio.open_connection(site.server.host, site.server.port)
        writer.write(f"POST {path} {SLOW}form=".encode())
        line = await reader.readline()
        writer.close()
        return line

    draft = f"/r/platform-a/{'0' * 26}"
    waiting = [asyncio.create_task(slow(path)) for path in ("/v/x", "/r/platform-a", f"{draft}/why") * 20]
    assert (await (await site.browser()).get("/static/style.css")).status == 200
    assert not any(each.done() for each in waiting)
    assert all(b" 408 " in line for line in await asyncio.gather(*waiting))


async def test_silent_connections_end(world: SessionWorld, tmp_path: Path) -> None:
    """One that sends nothing, half of a head, or no second request is closed; so nobody can hold them all."""
    async with site_of(world, tmp_path, silence=0.3) as site:

        async def closed(sent: str) -> bytes:
            reader, writer = await asyncio.open_connection(site.server.host, site.server.port)
            writer.write(sent.encode())
            async with asyncio.timeout(30):
                answer = await reader.read()
            writer.close()
            return answer

        head = "GET /r HTTP/1.1\r\nHost: a\r\n"
        answers = await asyncio.gather(closed(""), closed(head), closed(f"{head}\r\n"))
        assert [answer[:12] for answer in answers] == [b"", b"", b"HTTP/1.1 200"]


@pytest.mark.long
async def test_many_people_of_one_address(site: Site) -> None:
    """Within the limits their sessions go side by side: each gets its own result, and asks once."""
    links = [await site.link() for _ in sampled(range(200), 40)]
    site.pages.addresses = Buckets(burst=2_000, per_second=20)

    async def person(link: Any) -> str:
        browser = await site.browser()
        path, form = await form_of(site, browser, link.url)
        done = await browser.follow(await browser.post(f"{path}/identity", filled(form)))
        return done.title

    titles = await asyncio.gather(*map(person, links))
    # The fifth account of one person is the last: the policy's limit, told after the match.
    assert titles.count("认证通过") == 5
    assert len(titles) == len(site.world.claims.registry.checks) == len(links)
