"""Reports without script: each question in order, what is never shown, and what is never lost or doubled."""

import re
from typing import Any

import pytest

from idvault_client.tip_offs import TipOffState
from idvault_verify.tip_off import TipOffChannel
from tests.support.session_world import TITLE
from tests.web.browser import Browser, Page
from tests.web.conftest import Site
from tools.support.flow_world import PARTY

# Synthetic.
WHERE, CONTACT, WHY = "帖子/金丝雀", "canary@example.org", "金丝雀：不实信息\r\n第二行 👩‍🚒"
FORM = f"/r/{PARTY}"
TYPED = ("金丝雀", "canary@", "不实信息")


async def begun(browser: Browser, form: str = FORM) -> str:
    """Begin a report; return the address of the draft."""
    start = await browser.get(form)
    first = await browser.post(form, {"form": start.hidden("form")})
    return first.headers["Location"].rpartition("/")[0]


async def answer(browser: Browser, path: str, step: str, value: str, **button: str) -> Page:
    """Answer a question. button: the name and value of the one that is pressed, if it has a name."""
    page = await browser.get(f"{path}/{step}")
    assert page.status == 200
    return await browser.post(f"{path}/{step}", {"form": page.hidden("form"), step: value, **button})


def multipart(fields: dict[str, Any], *, boundary: str = "x7") -> bytes:
    """Return a form as a browser sends one with a file."""
    parts = []
    for name, value in fields.items():
        kind = '; filename="shot.png"\r\nContent-Type: image/png' if name == "evidence" else ""
        data = value if isinstance(value, bytes) else value.encode()
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{kind}\r\n\r\n'
        parts.append(head.encode() + data + b"\r\n")
    return b"".join((*parts, f"--{boundary}--\r\n".encode()))


async def sent(browser: Browser, path: str, *, why: str = WHY, evidence: bytes = b"", kept: str = "") -> Page:
    """Send the last page."""
    page = await browser.get(f"{path}/why")
    body = multipart({"form": page.hidden("form"), "kept": kept, "why": why, "evidence": evidence})
    return await browser.post(f"{path}/why", body, **{"Content-Type": "multipart/form-data; boundary=x7"})


async def answered(browser: Browser, *, contact: str = CONTACT) -> str:
    """Come to the last page."""
    path = await begun(browser)
    for step, value in (("what", "RUMOUR"), ("where", WHERE), ("contact", contact)):
        assert (await answer(browser, path, step, value)).status == 303
    return path


def numbers(done: Page) -> list[str]:
    return re.findall(r'class="number">([0-9 ]+)<', done.text)


async def follow(browser: Browser, reference: str, secret: str) -> Page:
    page = await browser.get(f"{FORM}/reply")
    assert page.status == 200, page.text
    given = {"form": page.hidden("form"), "reference": reference, "secret": secret}
    return await browser.post(f"{FORM}/reply", given)


@pytest.mark.parametrize(("language", "title"), [("zh", "举报已提交"), ("en", "Your report has been sent")])
async def test_a_report_and_its_reply(site: Site, language: str, title: str) -> None:
    """Four questions, then number and secret; the moderators read it, and the reporter their reply."""
    browser = await site.browser(**{"Accept-Language": f"{language}-XX, fr;q=0.5"})
    [listed] = re.findall(r'href="(/r/[^"]*)"', (await browser.get("/r")).text)
    assert listed == FORM
    path = await answered(browser)
    done = await browser.follow(await sent(browser, path, evidence=b"\x89PNG\r\n\r\n--"))
    assert done.title == title
    reference, secret = numbers(done)
    assert (len(reference), len(secret)) == (14, 19)
    page = await site.tip_offs.asks().list_page()
    case = await site.tip_offs.get(page.tip_offs[0])
    assert (case.text, case.contact, case.content) == (
        "金丝雀：不实信息\n第二行 👩🚒",
        CONTACT,
        b"\x89PNG\r\n\r\n--",
    )
    assert (case.tip_off.channel, case.tip_off.target.key) == (TipOffChannel.WEB, WHERE)
    moderator = (await site.tip_offs.world.moderator(1)).moderator_id
    await site.tip_offs.assign(case.tip_off, moderator)
    await site.tip_offs.answer(case.tip_off, moderator, "谢谢 <b>")
    other = await site.browser()
    state = await follow(other, reference, secret.replace(" ", "-"))
    assert "谢谢 &lt;b&gt;" in state.text
    assert TITLE in state.title
    for page_seen in (*browser.seen, *other.seen):
        assert not any(word in page_seen.text + str(page_seen.headers) for word in TYPED)
    site.edge.logs.access.flush()
    assert not any(word in site.edge.log.read_text("utf-8") for word in (*TYPED, secret, reference))


async def test_an_anonymous_report(site: Site) -> None:
    """Contact and file may be left out; then nothing tells reports of one person apart."""
    browser = await site.browser()
    path = await answered(browser, contact="")
    assert len(numbers(await browser.follow(await sent(browser, path)))) == 2
    page = await site.tip_offs.asks().list_page()
    assert page.tip_offs[0].reporter_id == ""


async def test_sending_again_files_once(site: Site) -> None:
    """Reload, the back button and a second tab show the same numbers; another text is not filed with them."""
    browser = await site.browser()
    path = await answered(browser)
    before = dict(browser.cookies)
    first = numbers(await browser.follow(await sent(browser, path)))
    # The answer was lost: the browser still has the draft, and sends the same again.
    browser.cookies = before
    assert numbers(await browser.follow(await sent(browser, path))) == first
    again = await browser.post(f"{path}/what", {"form": (await browser.get(FORM)).hidden("form")})
    assert numbers(await browser.follow(again)) == first
    for step in ("what", "where", "contact", "why"):
        assert numbers(await browser.follow(await browser.get(f"{path}/{step}"))) == first
    assert len((await site.tip_offs.asks().list_page()).tip_offs) == 1


async def test_two_drafts_do_not_mix(site: Site) -> None:
    """A second tab has a draft of its own; no question is jumped over, and an earlier one can be changed."""
    browser = await site.browser()
    one = await begun(browser)
    await answer(browser, one, "what", "FRAUD")
    ahead = await browser.get(f"{one}/why")
    assert ahead.headers["Location"] == f"{one}/where"
    changed = await answer(browser, one, "what", "RUMOUR")
    assert changed.headers["Location"] == f"{one}/where"
    # The cookie of a draft goes to its own addresses only, and opens for no other.
    other = await begun(browser)
    assert other != one
    assert (await browser.get(f"{one}/what")).status == 404
    assert (await browser.get(f"{other}/what")).status == 200


async def test_another_browser_has_no_draft(site: Site) -> None:
    """The address of a draft is of no use elsewhere, with the cookie of the draft neither."""
    browser, thief = await site.browser(), await site.browser()
    path = await answered(browser)
    thief.cookies["__Secure-draft"] = browser.cookies["__Secure-draft"]
    await thief.get(FORM)
    for step in ("what", "where", "contact", "why", "done"):
        assert (await thief.get(f"{path}/{step}")).status == 404
    assert (await sent(thief, path)).status == 403
    # Its own token does not help.
    token = (await thief.get(FORM)).hidden("form")
    assert (await thief.post(f"{path}/what", {"form": token, "what": "RUMOUR"})).status == 404


@pytest.mark.parametrize(
    ("step", "value"),
    [("what", ""), ("what", "EVIL"), ("where", " "), ("where", "x" * 201), ("contact", "x" * 201)],
)
async def test_a_wrong_answer_is_named(site: Site, step: str, value: str) -> None:
    """The error is linked to its field, described by it, and does not repeat what was typed."""
    browser = await site.browser()
    path = await begun(browser)
    for each, right in (("what", "RUMOUR"), ("where", WHERE), ("contact", "")):
        if each == step:
            break
        await answer(browser, path, each, right)
    wrong = await answer(browser, path, step, value)
    assert wrong.status == 422
    assert f'href="#{step}"' in wrong.text
    assert f'id="{step}-error"' in wrong.text
    assert value.strip() not in wrong.text or len(value) < 5


async def test_a_refused_file_loses_no_text(site: Site) -> None:
    """The text comes back sealed, in a form that sends it as it was."""
    browser = await site.browser()
    path = await answered(browser)
    wrong = await sent(browser, path, evidence=bytes(65_537))
    assert (wrong.status, "evidence-error" in wrong.text) == (422, True)
    assert "不实信息" not in wrong.text
    kept = wrong.hidden("kept")
    worse = await sent(browser, path, why="", evidence=bytes(65_537), kept=kept)
    done = await browser.follow(await sent(browser, path, why="", kept=worse.hidden("kept")))
    assert len(numbers(done)) == 2
    case = await site.tip_offs.get((await site.tip_offs.asks().list_page()).tip_offs[0])
    assert case.text.startswith("金丝雀")
    assert (await sent(browser, await answered(browser), why="", kept=kept)).status == 422


async def test_clearing_the_page(site: Site) -> None:
    """After the reporter has number and secret, the browser forgets them."""
    browser = await site.browser()
    path = await answered(browser)
    done = await browser.follow(await sent(browser, path))
    finished = await browser.post(f"{path}/done", {"form": done.hidden("form")})
    assert finished.headers["Location"] == FORM
    assert (await browser.get(f"{path}/done")).status == 404


async def test_wrong_numbers(site: Site) -> None:
    """Unknown, wrong and locked numbers get one answer; after ten tries a day a reference is locked."""
    browser = await site.browser(**{"Accept-Language": "en"})
    filed = await site.tip_offs.file()
    short = await follow(browser, "12", "x")
    assert (short.status, 'href="#reference"' in short.text, 'href="#secret"' in short.text) == (
        422,
        True,
        True,
    )
    unknown = await follow(browser, "0" * 12, "0" * 16)
    for _ in range(10):
        wrong = await follow(browser, filed.tip_off.reference, "0" * 16)
    locked = await follow(browser, filed.tip_off.reference, filed.secret)
    assert {each.status for each in (unknown, wrong, locked)} == {404}
    assert len({_without_token(each) for each in (unknown, wrong, locked)}) == 1
    assert "is locked until the next day" in locked.text


def _without_token(page: Page) -> str:
    return page.text.replace(page.hidden("form"), "")


async def test_only_presented_platforms_have_a_form(site: Site) -> None:
    """Every other name is told alike, without a call of the vault for it."""
    browser = await site.browser()
    for name in ("nobody", "web-1", "%2e%2e", "A"):
        assert (await browser.get(f"/r/{name}")).status == 404
    assert (await browser.post("/r/nobody", {})).status == 404


async def test_a_decision_is_told_in_words(site: Site) -> None:
    """The reporter reads what was decided and why."""
    browser = await site.browser(**{"Accept-Language": "en"})
    filed = await site.tip_offs.file()
    moderator = (await site.tip_offs.world.moderator(1)).moderator_id
    await site.tip_offs.assign(filed.tip_off, moderator)
    await site.tip_offs.dismiss(filed.tip_off, moderator, reply="no rule (synthetic)")
    state = await follow(browser, filed.tip_off.reference, filed.secret)
    assert "Decided: it breaks no rule" in state.text
    assert TipOffState.RESOLVED.value not in state.text
