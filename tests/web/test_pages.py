"""Hosted verification without script: each page in order, what is never shown, and what is never repeated."""

import re
from datetime import timedelta
from html import unescape
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from babel.dates import format_date

from idvault.campaign import acts as campaign_acts
from idvault.campaign.invitation.rules import Stage
from idvault_client.sessions import SessionPurpose, SessionState
from idvault_verify.campaign import ReverificationMethod
from idvault_verify.registry import RegistryAnswer
from tests.support.session_world import ORIGIN, TERMS, TITLE
from tests.web.browser import Browser, Page
from tests.web.conftest import Site
from tools.support import builders
from tools.support.edge import clock
from tools.support.flow_world import PARTY

# Synthetic: the number has a valid check digit; neither belongs to a real person.
NAME, NUMBER = "金丝雀", "11010519491231002X"


async def bound(site: Site, browser: Browser, url: str) -> str:
    """Open a link and let the platform confirm the browser; return the path of the session."""
    leave = await browser.open(url)
    query = parse_qs(urlsplit(leave.links[0]).query)
    assert leave.links[0].startswith(ORIGIN)
    done = await site.platform.sessions.bind(query["session_id"][0], query["bind_code"][0])
    return urlsplit(done.continue_url).path


async def form_of(site: Site, browser: Browser, url: str) -> tuple[str, Page]:
    """Come to the form; return the path of the session, and the form."""
    path = await bound(site, browser, url)
    terms = await browser.get(path)
    assert TERMS in terms.text
    await browser.post(f"{path}/terms", {"form": terms.hidden("form")})
    return path, await browser.get(f"{path}?document=RESIDENT_ID")


def filled(form: Page, *, name: str = NAME, number: str = NUMBER) -> dict[str, str]:
    hidden = {each: form.hidden(each) for each in ("form", "attempt", "document")}
    return {**hidden, "name": name, "number": number}


@pytest.mark.parametrize("locale", ["zh", "en"])
async def test_a_person_verifies_without_script(site: Site, locale: str) -> None:
    """From the link to the last valid day; name and number are in no answer and no address."""
    made = await site.link(locale=locale)
    browser = await site.browser()
    path, form = await form_of(site, browser, made.url)
    sent = await browser.post(f"{path}/identity", filled(form))
    done = await browser.follow(sent)
    assert done.title == {"zh": "认证通过", "en": "You are verified"}[locale]
    [back] = done.links
    assert parse_qs(urlsplit(back).query) == {"from": ["vault"], "session_id": [made.session_id]}
    for page in browser.seen:
        assert NAME not in page.text + str(page.headers)
        assert NUMBER not in page.text + str(page.headers)
    found = await site.platform.sessions.get(made.session_id)
    assert found.state is SessionState.SUCCEEDED
    assert found.verification is not None
    expire_date = found.verification.status.expire_date
    assert expire_date is not None
    last = expire_date - timedelta(days=1)
    assert format_date(last, "long", locale={"zh": "zh_CN", "en": "en_GB"}[locale]) in done.text
    site.edge.logs.access.flush()
    assert NAME not in site.edge.log.read_text("utf-8")


async def test_pages_have_the_headers(site: Site) -> None:
    """Every answer, also a refusal, is uncacheable, unframed, without referrer, and runs no other script."""
    made = await site.link()
    browser = await site.browser()
    for page in (await browser.get(made.url[len("https://verify.example") :]), await browser.get("/x")):
        headers = page.headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["Strict-Transport-Security"].startswith("max-age=")
        assert headers["Server"] == "idvault"
        assert "style=" not in page.text
        assert "<script>" not in page.text
        assert len(page.text.encode()) < 20_000
    cookie = browser.seen[0].headers["Set-Cookie"]
    assert cookie.startswith("__Host-browser=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=900"):
        assert part in cookie
    largest = max(len(each.text) for each in browser.seen)
    style = await browser.get("/static/style.css")
    script = await browser.get("/static/form.js")
    assert len(style.text) + len(script.text) + largest < 30_000


async def test_the_language_of_a_refused_form_changes(site: Site) -> None:
    """The link leads by the address of the form back to it, with the same document; nothing else is there."""
    browser = await site.browser()
    path, form = await form_of(site, browser, (await site.link(locale="zh")).url)
    refused = await browser.post(f"{path}/identity", filled(form, number="1"))
    # Nobody was asked: the page says what it did before, not that something was not confirmed.
    assert (refused.status, refused.title) == (422, form.title)
    (switch,) = re.findall(r'<a href="(\?lang=en[^"]*)"', refused.text)
    answer = await browser.get(f"{path}/identity{unescape(switch)}")
    assert (answer.status, answer.headers["Location"]) == (303, f"{path}?document=RESIDENT_ID")
    assert answer.headers["Set-Cookie"].startswith("language=en;")
    assert (await browser.follow(answer)).hidden("document") == "RESIDENT_ID"
    for each in ("terms", "answer", "begin", "proof", "pairing", "identity?document=NONE"):
        assert (await browser.get(f"{path}/{each}")).headers["Location"] == path
    assert (await browser.get(f"{path}/other")).status == 404


async def test_somebody_elses_link_is_of_no_use(site: Site) -> None:
    """The attacker's browser cannot confirm the victim's, nor use the link that the victim opened."""
    made = await site.link()
    victim, attacker = await site.browser(), await site.browser()
    await victim.open(made.url)
    path = made.url.removeprefix("https://verify.example")
    start = await attacker.get(path)
    taken = await attacker.post(path, {"form": start.hidden("form")})
    assert taken.status == 409
    # The attacker's own browser has no code of the victim's: the platform can confirm nothing with it.
    assert (await attacker.get(f"/s/{made.session_id}")).status == 404
    assert (await site.platform.sessions.get(made.session_id)).state is SessionState.REDEEMED


async def test_a_form_comes_from_our_page(site: Site) -> None:
    """Another origin and a wrong token are refused; a hidden origin needs Sec-Fetch-Site."""
    made = await site.link()
    browser = await site.browser()
    path = made.url.removeprefix("https://verify.example")
    token = (await browser.get(path)).hidden("form")
    for origin in ("https://evil.example", "null", "https://verify.example.evil.example"):
        assert (await browser.post(path, {"form": token}, origin=origin)).status == 403
    cross = await browser.post(path, {"form": token}, origin="null", **{"Sec-Fetch-Site": "cross-site"})
    assert cross.status == 403
    for wrong in ({}, {"form": ""}, {"form": "0" * 26}, {"form": "你"}):
        assert (await browser.post(path, wrong)).status == 403
    hidden = await browser.post(path, {"form": token}, origin="null", **{"Sec-Fetch-Site": "same-origin"})
    assert hidden.status == 303


async def test_a_preview_uses_nothing_up(site: Site) -> None:
    """Any number of GETs leave the link; it works in the browser that presses the button."""
    made = await site.link()
    path = made.url.removeprefix("https://verify.example")
    for _ in range(3):
        preview = await site.browser()
        assert (await preview.get(path)).status == 200
    assert (await (await site.browser()).open(made.url)).status == 200


async def test_reload_back_and_two_tabs_ask_once(site: Site) -> None:
    """Every POST may be sent again, from the history or a second tab: one claim is made."""
    made = await site.link()
    browser = await site.browser()
    path, form = await form_of(site, browser, made.url)
    assert (await browser.open(made.url)).title != ""
    fields = filled(form)
    for name in (NAME, NAME, "别一一"):
        sent = await browser.post(f"{path}/identity", {**fields, "name": name})
        assert sent.status == 303
    assert (await browser.follow(sent)).title == "认证通过"
    assert len(site.world.claims.registry.checks) == 1
    refused = await browser.post(f"{path}/identity", {**fields, "form": ""})
    assert (refused.status, f'href="{path}"' in refused.text) == (403, True)


async def test_a_mistyped_name_leaves_the_link(site: Site) -> None:
    """A mismatch shows the form again with what to do; the second try succeeds."""
    made = await site.link()
    browser = await site.browser()
    path, form = await form_of(site, browser, made.url)
    site.world.claims.registry.script.append(RegistryAnswer.MISMATCH)
    await browser.post(f"{path}/identity", filled(form, name="错一一"))
    again = await browser.get(f"{path}?document=RESIDENT_ID")
    assert again.title == "未能确认，请核对后重试"
    # The summary leads to a field, and both halves of the pair are marked.
    assert '<li><a href="#name">姓名：姓名与证件号码不一致，请核对后重新提交。</a>' in again.text
    assert again.text.count('aria-invalid="true"') == 2
    assert again.hidden("attempt") == "2"
    assert "错一一" not in again.text
    done = await browser.follow(await browser.post(f"{path}/identity", filled(again)))
    assert done.title == "认证通过"


async def invitation(site: Site, *, locale: str = "zh", **plan: Any) -> tuple[Any, Any]:
    """Start a campaign by link; return it, and the session of its one invitation. plan: what else it has."""
    await site.world.campaigns.members(1)
    campaign = await site.world.campaigns.started(methods=(ReverificationMethod.HOSTED_LINK,), **plan)
    # The edge has a real clock, and a code is valid for a day.
    today = (clock().business - builders.NOW).total_seconds()
    (shown,) = (await site.world.campaigns.take(campaign, seconds=today)).invitations
    link = await site.link(
        account_token=shown.account_token,
        purpose=SessionPurpose.INVITATION,
        invitation_code=shown.code,
        locale=locale,
    )
    return campaign, link


@pytest.mark.parametrize(("answer", "title"), [("LATER", "You will be asked later"), ("DISMISSED", "again")])
async def test_an_invitation_is_answered_on_the_page(site: Site, answer: str, title: str) -> None:
    """Once the platform has confirmed the browser, the person may say later or never; or verify after all."""
    campaign, made = await invitation(site, locale="en")
    browser = await site.browser()
    path = await bound(site, browser, made.url)
    assert "Do not ask me again" in browser.seen[0].text
    terms = await browser.get(path)
    sent = await browser.post(f"{path}/answer", {"form": terms.hidden("form"), "answer": answer})
    noted = await browser.follow(sent)
    assert noted.title.endswith(title)
    (back,) = noted.links
    assert back.startswith(ORIGIN)
    assert f'href="{path}"' in noted.text
    assert TERMS in (await browser.get(path)).text
    _, figures = await campaign_acts.progress(site.world.campaigns.vault, PARTY, campaign.campaign_id)
    assert Stage(answer) in {stage for _, _, stage in figures.reached}
    refused = await browser.post(f"{path}/answer", {"form": terms.hidden("form"), "answer": "NEVER"})
    assert refused.status == 400


async def test_a_page_without_an_invitation_offers_no_answer(site: Site) -> None:
    """A sign-up has nothing to postpone: no button, and a form of one's own is refused."""
    made = await site.link()
    browser = await site.browser()
    path = await bound(site, browser, made.url)
    terms = await browser.get(path)
    assert "/answer" not in terms.text
    refused = await browser.post(f"{path}/answer", {"form": terms.hidden("form"), "answer": "LATER"})
    assert refused.status == 409


async def test_wrong_fields_are_named_and_not_repeated(site: Site) -> None:
    """The error is linked to its field and described by it; what was typed is in no answer."""
    made = await site.link(locale="en")
    browser = await site.browser()
    path, form = await form_of(site, browser, made.url)
    wrong = await browser.post(f"{path}/identity", filled(form, name="☃canary", number="110105194912310021"))
    assert wrong.status == 422
    for id_ in ("name", "number"):
        assert f'href="#{id_}"' in wrong.text
        assert f'aria-describedby="{id_}-hint {id_}-error"' in wrong.text
    assert "canary" not in wrong.text
    assert "110105194912310021" not in wrong.text
    assert wrong.hidden("attempt") == "1"


async def test_a_waiting_page_catches_up(site: Site) -> None:
    """While the registry is silent the page says so; the worker's result is shown by the same address."""
    made = await site.link()
    browser = await site.browser()
    path, form = await form_of(site, browser, made.url)
    site.world.claims.registry.script.append(RegistryAnswer.NOT_SENT)
    waiting = await browser.follow(await browser.post(f"{path}/identity", filled(form)))
    assert (waiting.title, "data-waits" in waiting.text) == ("正在核验", True)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"form=" + b"a" * 20_000, 413),
        (b"\xff\xfe=%ff", 400),
        (b"form[]=a&form=b&form=c", 403),
        (b"", 403),
    ],
)
async def test_odd_bodies_are_refused(site: Site, body: bytes, status: int) -> None:
    """An oversized form, broken text and repeated fields end with a page of ours."""
    made = await site.link()
    browser = await site.browser()
    path = made.url.removeprefix("https://verify.example")
    await browser.get(path)
    refused = await browser.post(path, body)
    assert refused.status == status
    assert refused.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("code", ["0" * 26, "short", "..%2f..%2fetc", "%0d%0aSet-Cookie:a=b", "' OR 1=1"])
async def test_an_unknown_link_is_told_alike(site: Site, code: str) -> None:
    """Unknown and malformed codes get one answer, and no header is injected."""
    page = await (await site.browser()).get(f"/v/{code}")
    assert page.status == 404
    assert page.headers.get("a") is None


async def test_an_address_where_nothing_is_leads_to_the_front_page(site: Site) -> None:
    """Whoever mistyped an address is not left without a way on."""
    page = await (await site.browser()).get("/nowhere")
    assert (page.status, 'class="button" href="/"' in page.text) == (404, True)


@pytest.mark.parametrize(("language", "told"), [("zh", "服务暂时不可用"), ("en", "not available right now")])
async def test_a_fault_of_ours_is_told_without_its_text(site: Site, language: str, told: str) -> None:
    """In the language of the rest of the page, with the way back to the session."""

    class Faulty:
        async def run(self, _call: Any) -> Any:
            raise RuntimeError(NAME)

    made = await site.link()
    browser = await site.browser()
    path, form = await form_of(site, browser, made.url)
    site.pages.vault = cast(Any, Faulty())
    page = await browser.post(f"{path}/identity?lang={language}", filled(form))
    assert (page.status, told in page.text, NAME in page.text) == (503, True, False)
    assert f'href="{path}"' in page.text


async def test_titles_and_terms_are_escaped(site: Site) -> None:
    """What a platform writes is text, never markup."""
    made = await site.link(policy_text="<script>alert(1)</script>&amp;")
    browser = await site.browser()
    path = await bound(site, browser, made.url)
    terms = await browser.get(path)
    assert "<script>alert" not in terms.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;" in terms.text
    assert TITLE in terms.title


async def test_an_address_is_limited_and_its_neighbour_is_not(site: Site) -> None:
    """Beyond its burst an address waits; 200 sessions of one address are within it."""
    site.pages.clock = lambda: 0.0  # no bucket fills again
    path = (await site.link()).url.removeprefix("https://verify.example")
    pages = [await (await site.browser()).get(path) for _ in range(200)]
    assert {page.status for page in pages} == {200}
    browser = await site.browser()
    statuses = [(await browser.get(path)).status for _ in range(62)]
    assert statuses[-1] == 429
    assert (await (await site.browser()).get(path)).status == 200
