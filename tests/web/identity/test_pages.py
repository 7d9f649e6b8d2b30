""" "My identity" without script: each page, what it never shows, and the appeal that is sent from it."""

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import update

from idvault.core.tables.account import accounts
from idvault.core.tables.erasure import erasures
from idvault.erasure import acts as erasure_acts
from idvault.erasure.acts import ErasureCall
from idvault.session import store as session_store
from idvault_client.sessions import ContestState, ReinstatementState
from idvault_verify.offline import disclosure_history
from idvault_verify.sanction import AppealState, Degree
from tests.support.known_history import LEGAL_BASIS
from tests.support.session_world import ORIGIN, RETURN_URL, TITLE
from tests.web.browser import Browser, Page
from tests.web.conftest import Site
from tests.web.test_pages import bound, filled, form_of
from tools.support import builders, logs, sql
from tools.support.edge import clock
from tools.support.flow_world import PARTY, at, command

TEXT = "It was satire, 请看全文 <b>(synthetic)</b>"
# The edge has a real clock, and an appeal has a term.
TODAY = (clock().business - builders.NOW).total_seconds()
PAGES = ("stored", "verifications", "disclosures", "standing", "receipt", "erase", "public")
TITLES = {
    "zh": ("保存了什么", "认证记录", "您的信息被打开", "处置、理由", "验证回执", "注销账号", "我的公众账号"),
    "en": (
        "What is stored",
        "Verification history",
        "When your details were opened",
        "Decisions",
        "Check a receipt",
        "Erase",
        "My public accounts",
    ),
}


async def opened(site: Site, token: str, *, locale: str = "en") -> tuple[Browser, str, Page]:
    """Open "my identity" in a browser that the platform confirms; return it, the path, and the first page."""
    made = await site.platform.sessions.create_identity(token, return_url=RETURN_URL, locale=locale)
    browser = await site.browser()
    path = await bound(site, browser, made.url)
    overview = await browser.follow(await browser.get(path))
    return browser, f"/i/{made.session_id}", overview


@pytest.mark.parametrize("locale", ["zh", "en"])
async def test_an_owner_finds_each_page(site: Site, locale: str) -> None:
    """The overview leads to each question; each answer is small, uncacheable, and goes back."""
    token = await site.world.moderation.account()
    browser, path, overview = await opened(site, token, locale=locale)
    assert TITLE in overview.title
    for name, title in zip(PAGES, TITLES[locale], strict=True):
        assert f'href="{path}/{name}"' in overview.text
        page = await browser.get(f"{path}/{name}")
        assert (page.status, page.title[: len(title)]) == (200, title)
        assert f'href="{path}"' in page.text
        assert page.headers["Cache-Control"] == "no-store"
        assert len(page.text.encode()) < 20_000
    [back] = overview.links
    assert back.startswith(ORIGIN)
    assert set(parse_qs(urlsplit(back).query)) == {"from", "session_id"}
    for page in browser.seen:
        assert "110000190101011" not in page.text + str(page.headers)


async def test_the_language_changes_on_each_page(site: Site) -> None:
    """The link is there on every page, and the choice stays."""
    browser, path, _ = await opened(site, await site.world.moderation.account(), locale="zh")
    english = await browser.get(f"{path}/stored", query={"lang": "en"})
    assert english.title == "What is stored, and until when"
    assert '<html lang="en">' in english.text


async def test_what_is_stored(site: Site) -> None:
    """A verified account has a sealed record with its custodians; an imported one has none."""
    browser, path, _ = await opened(site, await site.world.moderation.account())
    stored = await browser.get(f"{path}/stored")
    assert "Your name and number, encrypted" in stored.text
    for custodian in ("custodian-a", "custodian-b", "custodian-c"):
        assert f"<li>{custodian}</li>" in stored.text
    (token,) = await site.world.campaigns.members(1)
    browser, path, _ = await opened(site, token)
    assert "are not stored" in (await browser.get(f"{path}/stored")).text
    assert "never verified" in (await browser.get(f"{path}/verifications")).text


async def test_disclosures_are_listed_with_their_proof(site: Site, tmp_path: Path) -> None:
    """The file that the page gives is one that the client checks offline; what it cannot prove is said."""
    token = await site.world.moderation.account()
    await site.world.histories.disclose(token)
    browser, path, _ = await opened(site, token)
    page = await browser.get(f"{path}/disclosures")
    assert "1 February 2026, 20:30 UTC+8" in page.text
    assert "第一条 &lt;b&gt;(synthetic)&lt;/b&gt;" in page.text
    assert LEGAL_BASIS not in page.text
    assert "this service&#39;s statement" in page.text
    file = await browser.get(f"{path}/history")
    proved = disclosure_history.check(disclosure_history.parse(file.text), policy=logs.POLICY)
    assert (len(proved.disclosures), len(proved.openings)) == (1, 1)
    assert json.loads(file.text)["accountToken"] == token
    other, elsewhere, _ = await opened(site, await site.world.moderation.account(2))
    assert "never opened or released" in (await other.get(f"{elsewhere}/disclosures")).text


async def test_a_receipt_is_never_sent(site: Site) -> None:
    """The form has no field that a browser would send, and without script the program is named."""
    browser, path, _ = await opened(site, await site.world.moderation.account())
    page = await browser.get(f"{path}/receipt")
    form = page.text[
        page.text.index('<form id="receipt-check" method="get" hidden>') : page.text.index("</form>")
    ]
    assert "name=" not in form
    assert "idvault-verify check-receipt" in page.text
    assert page.text.count("<noscript>") == 1
    for name in ("strict.js", "receipt_check.js", "receipt.js"):
        assert f'<script src="/static/{name}" defer>' in page.text
        script = await browser.get(f"/static/{name}")
        assert script.headers["Content-Type"].startswith("text/javascript")
        assert not re.search(r"fetch|XMLHttpRequest|sendBeacon|WebSocket|innerHTML", script.text)


async def test_an_appeal_is_sent_from_the_page(site: Site) -> None:
    """With the statement of reasons before it; once sent, the page shows it, and its text nowhere."""
    token, sanction, key = await site.world.moderation.case(Degree.LIMIT, seconds=TODAY)
    browser, path, _ = await opened(site, token)
    standing = await browser.get(f"{path}/standing")
    for shown in ("terms 4.2", "case 17", "write to appeals", "Publishing limited", "in force"):
        assert shown in standing.text
    form_path = f"{path}/sanctions/{sanction.sanction_id}/appeal"
    assert standing.links == [form_path]
    form = await browser.get(form_path)
    assert "terms 4.2" in form.text
    empty = await browser.post(form_path, {"form": form.hidden("form"), "text": " "})
    assert (empty.status, 'href="#text"' in empty.text) == (422, True)
    fields = {"form": form.hidden("form"), "text": TEXT * 40}
    for _ in range(2):
        sent = await browser.post(form_path, fields)
        shown_again = (await browser.follow(sent)).text
        assert ("waits for a decision" in shown_again, "Your appeal has been sent." in shown_again) == (
            True,
            True,
        )
    again = await browser.follow(await browser.post(form_path, {**fields, "text": "other"}))
    assert again.links == []
    (appeal,) = (await site.world.moderation.asks(TODAY).list_appeals(account_token=token)).appeals
    assert (await site.world.moderation.read(appeal)).text == TEXT * 40
    await site.world.moderation.decide(
        appeal, AppealState.REJECTED, key=key, reason="as stated", seconds=TODAY
    )
    decided = await browser.get(f"{path}/standing")
    assert "rejected" in decided.text
    assert "Internet Court (synthetic)" in decided.text
    site.edge.logs.access.flush()
    for text in (*(page.text + str(page.headers) for page in browser.seen), site.edge.log.read_text("utf-8")):
        assert "satire" not in text


async def withdraw(site: Site) -> str:
    """Let the newest account's verification be contested and withdrawn; return the account."""
    claim = site.world.claims.records.sealed[-1][0]
    past = await site.world.database.read("test", lambda one: session_store.past_claims(one, claim, 1))
    sessions = site.platform.sessions
    contest = await sessions.contest(claim, past[0].claim_id, "not me (synthetic)")
    first, second = [await site.world.moderation.moderator(number) for number in (1, 2)]
    proposed = await sessions.decide_contest(
        contest.contest_id, ContestState.UPHELD, "new telephone", key=first
    )
    await sessions.confirm_contest(proposed, key=second)
    return claim


async def test_a_withdrawal_is_appealed_from_the_page(site: Site) -> None:
    """Only by whom it concerns, once, with the answer of another pair; the text nowhere."""
    token = await site.world.moderation.account()
    browser, path, _ = await opened(site, token)
    address = f"{path}/withdrawal/appeal"
    assert (await browser.get(address)).status == 404
    assert address not in (await browser.get(f"{path}/verifications")).text
    assert await withdraw(site) == token
    listed = await browser.get(f"{path}/verifications")
    assert ("You can appeal until" in listed.text, address in listed.text) == (True, True)
    form = await browser.get(address)
    assert "who did not decide on the withdrawal" in form.text
    assert (await browser.post(address, {"form": form.hidden("form"), "text": ""})).status == 422
    fields = {"form": form.hidden("form"), "text": TEXT * 40}
    shown = await browser.follow(await browser.post(address, fields))
    assert ("waits for a decision" in shown.text, address in shown.text) == (True, False)
    assert "Your appeal has been sent." in shown.text
    assert (await browser.post(address, {**fields, "text": "other"})).status == 303
    sessions = site.platform.sessions
    (appeal,) = (await sessions.list_reinstatements()).reinstatements
    assert (await sessions.get_reinstatement(appeal.reinstatement_id)).text == TEXT * 40
    keys = [await site.world.moderation.moderator(number) for number in (3, 4)]
    proposed = await sessions.decide_reinstatement(
        appeal.reinstatement_id, ReinstatementState.UPHELD, "own telephone", key=keys[0]
    )
    waits = await browser.get(f"{path}/verifications")
    assert ("a second moderator looks at it" in waits.text, "own telephone" in waits.text) == (True, False)
    await sessions.confirm_reinstatement(proposed, key=keys[1])
    decided = await browser.get(f"{path}/verifications")
    assert "upheld: the account has its verification back" in decided.text
    assert ("own telephone" in decided.text, "receipt.json" in decided.text) == (True, True)
    assert "Verification withdrawn" not in (await browser.get(path)).text
    assert all("satire" not in page.text + str(page.headers) for page in browser.seen)


async def test_a_contest_is_sent_from_the_page(site: Site) -> None:
    """Beside the verification it is about, with the platform's answer; the text nowhere."""
    token = await site.world.moderation.account()
    browser, path, _ = await opened(site, token)
    listed = await browser.get(f"{path}/verifications")
    (address,) = re.findall(rf'href="({path}/verifications/[0-9a-f]+/contest)"', listed.text)
    form = await browser.get(address)
    assert "confirmed" in form.text
    assert (await browser.post(address, {"form": form.hidden("form"), "text": ""})).status == 422
    fields = {"form": form.hidden("form"), "text": TEXT * 40}
    shown = await browser.follow(await browser.post(address, fields))
    assert ("waits for a decision" in shown.text, address in shown.text) == (True, False)
    assert "Your contest has been sent." in shown.text
    again = await browser.post(address, {**fields, "text": "other"})
    assert again.status == 303
    (contest,) = (await site.platform.sessions.list_contests()).contests
    assert (await site.platform.sessions.get_contest(contest.contest_id)).text == TEXT * 40
    keys = [await site.world.moderation.moderator(number) for number in (1, 2)]
    proposed = await site.platform.sessions.decide_contest(
        contest.contest_id, ContestState.UPHELD, "new telephone", key=keys[0]
    )
    waits = await browser.get(f"{path}/verifications")
    assert ("a second moderator looks at it" in waits.text, "new telephone" in waits.text) == (True, False)
    await site.platform.sessions.confirm_contest(proposed, key=keys[1])
    assert "Verification withdrawn" in (await browser.get(path)).text
    stored = await browser.get(f"{path}/stored")
    assert "What somebody verified with" in stored.text
    decided = await browser.get(f"{path}/verifications")
    assert "upheld: it was not you" in decided.text
    assert ("confirmed, and withdrawn later" in decided.text, "receipt.json" in decided.text) == (True, False)
    assert "new telephone" in decided.text
    assert all("satire" not in page.text + str(page.headers) for page in browser.seen)
    other, elsewhere, _ = await opened(site, await site.world.moderation.account(2))
    assert (await other.get(address.replace(path, elsewhere))).status == 404


async def test_an_erasure_is_requested_and_cancelled_on_the_page(site: Site) -> None:
    """In two steps, with both dates; sent twice it is one; cancelled, it can be requested again."""
    token = await site.world.moderation.account()
    browser, path, _ = await opened(site, token)
    first = await browser.get(f"{path}/erase")
    assert ("Your request waits" in first.text, "<form" in first.text) == (True, False)
    assert f'class="button stop" href="{path}/erase/confirm"' in first.text
    form = await browser.get(f"{path}/erase/confirm")
    for page in (first, form):
        assert re.findall(r"<dt>([^<]+)</dt><dd>\d+ \w+ 20\d\d, \d\d:\d\d UTC\+8</dd>", page.text) == [
            "The account is erased",
            "Your details are destroyed",
        ]
    fields = {"form": form.hidden("form")}
    forged = await browser.post(f"{path}/erase/confirm", {"form": "x" * 43})
    assert forged.status == 403
    # The first page's address requests nothing.
    await browser.post(f"{path}/erase", fields)
    assert await site.world.moderation.events("erasure:") == []
    for _ in range(2):
        requested = await browser.follow(await browser.post(f"{path}/erase/confirm", fields))
        assert "waits, and can be cancelled" in requested.text
        assert re.search("The erasure is requested. Until .* 20.* you can keep the account", requested.text)
        assert "Keep the account" in requested.text
    assert (await browser.get(f"{path}/erase/confirm")).status == 303
    assert await site.world.moderation.events("erasure:") == ["erasure:request:file"]
    for _ in range(2):
        kept = await browser.follow(await browser.post(f"{path}/erase", fields))
        assert ">cancelled<" in kept.text
        assert re.search(r"<dt>Cancelled</dt><dd>\d+ \w+ 20\d\d, \d\d:\d\d UTC\+8</dd>", kept.text)
        # What was done is said first, and red is not what comes next.
        assert '<p class="note good"><b>The erasure is cancelled. Your account stays.</b>' in kept.text
        # No date of an erasure that nobody has requested; it can be requested again.
        assert ("Erase this account…" in kept.text, "are destroyed<" in kept.text) == (False, False)
        fresh = await browser.get(f"{path}/erase", query={"again": "1"})
        assert f'class="button stop" href="{path}/erase/confirm"' in fresh.text
        assert ("If you request it now" in fresh.text, "is cancelled" in fresh.text) == (True, False)
        assert "?lang=zh&amp;again=1" in fresh.text
    told = re.findall(r'<a href="[^"]*/erase">([^<]*)</a></p>', (await browser.get(f"{path}/timeline")).text)
    assert told == ["Erasure cancelled", "Erasure requested"]
    again = await browser.follow(await browser.post(f"{path}/erase/confirm", fields))
    assert "waits, and can be cancelled" in again.text
    assert await site.world.moderation.events("erasure:") == [
        "erasure:request:cancel",
        "erasure:request:file",
        "erasure:request:file",
    ]


async def test_an_erased_account_shows_its_disclosures(site: Site) -> None:
    """Until its keys are destroyed; then the page says so, and every other page is there."""
    token = await site.world.moderation.account()
    await site.world.histories.disclose(token)
    browser, path, _ = await opened(site, token)
    form = await browser.get(f"{path}/erase/confirm")
    await browser.post(form.path, {"form": form.hidden("form")})
    changes = {
        "ERASED": ("1 February 2026, 20:30 UTC+8", "Account erased"),
        "DESTROYED": ("The keys that connect entries", "Your details destroyed"),
    }
    for state, (disclosed, happened) in changes.items():
        await sql.change(site.world.database, update(accounts).values(state="ERASED"))
        await sql.change(site.world.database, update(erasures).values(state=state, due_at=None))
        browser, path, overview = await opened(site, token)
        assert happened in overview.text
        assert disclosed in (await browser.get(f"{path}/disclosures")).text
        for name in PAGES:
            page = await browser.get(f"{path}/{name}")
            assert (page.status, "Erase this account…" in page.text) == (200, False)
    timeline = await browser.get(f"{path}/timeline")
    assert "Releases and openings are missing here" in timeline.text


BANNERS = {
    "zh": ("有人申请注销", "撤回注销申请"),
    "en": ("was requested. The account is", "Keep the account"),
}


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize("asks", ["owner", "platform"])
async def test_every_page_tells_of_a_requested_erasure(site: Site, locale: str, asks: str) -> None:
    """In a fresh session, whoever asked for it; the button on each page cancels it, without script."""
    token = await site.world.moderation.account()
    said, button = BANNERS[locale]
    for name in ("", *(f"/{each}" for each in PAGES)):
        browser, path, overview = await opened(site, token, locale=locale)
        assert said not in overview.text
        if asks == "owner":
            form = await browser.get(f"{path}/erase/confirm")
            await browser.post(form.path, {"form": form.hidden("form")})
        else:
            asked = ErasureCall(PARTY, "b" * 32, site.world.new_id(), "EraseAccount", b"", token)
            context = site.world.identity_context.erasures
            await erasure_acts.request(site.world.vault, asked, at(TODAY), context=context)
        browser, path, _ = await opened(site, token, locale=locale)
        page = await browser.get(f"{path}{name}")
        assert (said in page.text) is (name != "/erase")
        assert page.text.count(button) == 1
        fields = {"form": page.hidden("form")}
        assert f'action="{path}/erase"' in page.text
        kept = await browser.follow(await browser.post(f"{path}/erase", fields))
        assert (said in kept.text, button in kept.text) == (False, False)
    steps = len(PAGES) + 1
    assert await site.world.moderation.events("erasure:") == [
        *["erasure:request:cancel"] * steps,
        *["erasure:request:file"] * steps,
    ]


async def test_the_page_says_how_long_a_request_waits(site: Site) -> None:
    """30 days without a fresh verification, and that there is a shorter way; then the usual time."""
    token = await site.world.moderation.account()
    browser, path, _ = await opened(site, token)
    form = await browser.get(f"{path}/erase")
    assert "The wait is 30 days" in form.text
    await site.world.claims.verify(
        command(77, builders.identity(number="11000019010101000X"), account_token=token), seconds=TODAY - 60
    )
    assert "The wait is 30 days" not in (await browser.get(f"{path}/erase")).text


async def test_each_limit_has_an_id_of_its_own(site: Site) -> None:
    """An account with two sanctions has two banners, and no id stands twice."""
    token = await site.world.moderation.account()
    for degree, measure in ((Degree.LIMIT, "no-video"), (Degree.SUSPEND, "")):
        await site.world.moderation.case(degree, token=token, measure=measure, seconds=TODAY)
    _, _, overview = await opened(site, token)
    ids = re.findall(r' id="([^"]*)"', overview.text)
    assert overview.text.count('class="note stop"') == 2
    assert len(ids) == len(set(ids))


async def test_an_appeal_that_is_too_late_is_told_on_its_page(site: Site) -> None:
    """With the reason, in the session's language, and the way back."""
    token, sanction, _ = await site.world.moderation.case()
    browser, path, _ = await opened(site, token)
    form_path = f"{path}/sanctions/{sanction.sanction_id}/appeal"
    form = await browser.get(form_path)
    late = await browser.post(form_path, {"form": form.hidden("form"), "text": TEXT})
    assert (late.status, "The time for an appeal is over" in late.text) == (422, True)
    assert f'href="{path}/standing"' in late.text


async def test_another_browser_sees_nothing(site: Site) -> None:
    """No page, no file and no form without the browser's key; nor another account's sanction."""
    token, sanction, _ = await site.world.moderation.case()
    browser, path, _ = await opened(site, token)
    stranger = await site.browser()
    await stranger.get("/v/" + "0" * 26)
    for name in ("", "/history", *(f"/{each}" for each in PAGES)):
        assert (await stranger.get(f"{path}{name}")).status == 404
        stranger.cookies["__Host-browser"] = "0" * 26
    form_path = f"{path}/sanctions/{sanction.sanction_id}/appeal"
    assert (await stranger.post(form_path, {"form": "x", "text": TEXT})).status == 404
    assert (await browser.post(form_path, {"form": "x", "text": TEXT})).status == 403
    other, elsewhere, _ = await opened(site, await site.world.moderation.account(2))
    foreign = f"{elsewhere}/sanctions/{sanction.sanction_id}/appeal"
    assert (await other.get(foreign)).status == 404
    form = (await other.get(f"{elsewhere}/standing")).hidden("form")
    assert form == ""


async def test_a_verification_has_no_identity_pages(site: Site) -> None:
    """A session in which somebody verifies shows no account."""
    made = await site.link()
    browser = await site.browser()
    await bound(site, browser, made.url)
    assert (await browser.get(f"/i/{made.session_id}")).status == 409


async def test_the_limit_is_shown_after_a_match(site: Site) -> None:
    """On the result page of the person's second account, and nowhere in the platform's answers."""
    titles = []
    for number in range(2):
        made = await site.link(locale="en")
        browser = await site.browser()
        path, form = await form_of(site, browser, made.url)
        done = await browser.follow(await browser.post(f"{path}/identity", filled(form)))
        titles.append("no further public account" in done.text)
        found = await site.platform.sessions.get(made.session_id)
        assert "limit" not in repr(found).lower()
        if number == 0:
            assert found.verification is not None
            await site.world.publishing.open(found.verification.account_token, seconds=0)
    assert titles == [False, True]
