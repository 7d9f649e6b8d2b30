"""Reports without script: each question in order, what is never shown, and what is never lost or doubled."""

import re
import string
from html import unescape
from random import Random
from typing import Any

import pytest

from idvault_client.tip_offs import TipOffState
from idvault_verify.tip_off import TipOffChannel
from tests.support.session_world import TITLE
from tests.support.tip_off_world import DAY
from tests.web.browser import Browser, Page
from tests.web.conftest import Site
from tools.support.builders import NOW
from tools.support.edge import clock
from tools.support.flow_world import PARTY

# Synthetic.
WHERE, CONTACT, WHY = "帖子/金丝雀", "canary@example.org", "金丝雀：不实信息\r\n第二行 👩‍🚒"
FORM = f"/r/{PARTY}"
TYPED = ("金丝雀", "canary@", "不实信息")
# Too long for a cookie, hard to compress, and in no language.
LONG = "".join(Random(5).choices(f"{string.ascii_letters}{string.digits}", k=4_950))  # noqa: S311


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


async def checked(browser: Browser, check: Page, *, evidence: bytes = b"", **button: str) -> Page:
    """Send the page on which the answers are checked."""
    fields = {"form": check.hidden("form"), "evidence": evidence, **button}
    if carried := check.hidden("carried"):
        fields["carried"] = unescape(carried)
    path = check.path.rpartition("/")[0]
    kind = {"Content-Type": "multipart/form-data; boundary=x7"}
    return await browser.post(f"{path}/check", multipart(fields), **kind)


async def sent(browser: Browser, path: str, *, why: str = WHY, evidence: bytes = b"") -> Page:
    """Answer the last question, and send the report."""
    check = await answer(browser, path, "why", why)
    if check.status == 303:
        check = await browser.follow(check)
    return await checked(browser, check, evidence=evidence)


async def answered(browser: Browser, *, contact: str = CONTACT) -> str:
    """Come to the last question."""
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


def today() -> float:
    """Return the time of the pages, in seconds after that of the world of reports."""
    return int((clock().business - NOW).total_seconds())


async def reply(browser: Browser, state: Page, text: str) -> Page:
    """Answer the reply on the page of a report."""
    fields = {"form": state.hidden("form"), "numbers": state.hidden("numbers"), "answer": text}
    return await browser.post(f"{FORM}/reply", fields)


@pytest.mark.parametrize(("language", "title"), [("zh", "举报已提交"), ("en", "Your report has been sent")])
async def test_a_report_and_its_reply(site: Site, language: str, title: str) -> None:
    """Four questions, then number and secret; the moderators read it, and the reporter the thread."""
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
    assert "不实信息" in state.text
    assert TITLE in state.title
    # Read by whoever has the draft, or both numbers: where it is checked, and in the thread.
    seen = (*browser.seen, *other.seen)
    shown = {each.path for each in seen if any(word in each.text for word in TYPED)}
    assert shown == {f"{path}/check", f"{FORM}/reply"}
    for each in seen:
        assert not any(word in each.path + str(each.headers) for word in (*TYPED, secret, reference))
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
    for step in ("what", "where", "contact", "why", "check"):
        assert numbers(await browser.follow(await browser.get(f"{path}/{step}"))) == first
    assert len((await site.tip_offs.asks().list_page()).tip_offs) == 1


async def test_a_photograph_leads_back_to_the_answers(site: Site) -> None:
    """A file that is too large to be read: the answers are there again, and the report can be sent."""
    browser = await site.browser(**{"Accept-Language": "zh"})
    path = await answered(browser)
    check = await browser.follow(await answer(browser, path, "why", WHY))
    refused = await checked(browser, check, evidence=bytes(200_000))
    assert (refused.status, refused.title) == (413, check.title)
    assert re.search(r'id="evidence-error"[^\n]*</span>文件超过64 KB，没有提交。', refused.text)
    assert WHERE in refused.text
    assert len(numbers(await browser.follow(await checked(browser, refused)))) == 2
    # Nothing of a form that carries the text was read: the page before has it.
    other = await answered(browser)
    carried = await checked(browser, await answer(browser, other, "why", LONG), evidence=bytes(200_000))
    assert (carried.status, carried.title, "data-back" in carried.text) == (413, "举报没有提交", True)
    assert (await browser.follow(await browser.get(f"{other}/check"))).path == f"{other}/why"
    assert f'href="{other}/check"' in carried.text
    thief = await site.browser()
    await thief.get(FORM)
    assert (await checked(thief, refused, evidence=bytes(200_000))).status == 404


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
    for step in ("what", "where", "contact", "why", "check", "done"):
        assert (await thief.get(f"{path}/{step}")).status == 404
    token = (await browser.get(f"{path}/why")).hidden("form")
    assert (await thief.post(f"{path}/why", {"form": token, "why": WHY})).status == 403
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
    """The answers are shown again, and are sent without being typed again."""
    browser = await site.browser()
    path = await answered(browser)
    wrong = await sent(browser, path, evidence=bytes(65_537))
    assert (wrong.status, "evidence-error" in wrong.text, "不实信息" in wrong.text) == (422, True, True)
    assert len(numbers(await browser.follow(await checked(browser, wrong)))) == 2
    case = await site.tip_offs.get((await site.tip_offs.asks().list_page()).tip_offs[0])
    assert case.text.startswith("金丝雀")
    nothing = await answer(browser, await answered(browser), "why", "")
    assert (nothing.status, "why-error" in nothing.text) == (422, True)
    control = await answer(browser, await answered(browser), "why", "x" * 5_001)
    assert (control.status, "x" * 5_001 in control.text) == (422, True), "it comes back to be made shorter"


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
    assert ", 08:00 UTC+8, and then the right" in locked.text


def _without_token(page: Page) -> str:
    """Return what a page says, without its token and the number that its reader typed."""
    return re.sub(r'(id="reference"[^>]*) value="[0-9]+"', r"\1", page.text.replace(page.hidden("form"), ""))


async def test_only_presented_platforms_have_a_form(site: Site) -> None:
    """Every other name is told alike, without a call of the vault for it."""
    browser = await site.browser()
    for name in ("nobody", "web-1", "%252e%252e", "A"):
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


@pytest.mark.parametrize("why", [WHY, LONG], ids=["short", "long"])
async def test_answers_are_checked_and_changed(site: Site, why: str) -> None:
    """Each can be changed from the page that shows them, and all that was typed stays."""
    browser = await site.browser(**{"Accept-Language": "en"})
    path = await answered(browser)

    async def changing(check: Page, step: str, value: str) -> Page:
        """Follow the link of an answer, or press its button; return the page that shows all again."""
        if 'name="carried"' in check.text:
            page = await checked(browser, check, change=step)
        else:
            assert f'href="{path}/{step}"' in check.text
            page = await browser.get(f"{path}/{step}")
        assert page.status == 200
        fields = {"form": page.hidden("form"), "carried": unescape(page.hidden("carried")), step: value}
        after = await browser.post(f"{path}/{step}", fields)
        return await browser.follow(after) if after.status == 303 else after

    check = await answer(browser, path, "why", why)
    check = await browser.follow(check) if check.status == 303 else check
    assert ('name="carried"' in check.text) is (why == LONG)
    assert all(each in check.text for each in (WHERE, CONTACT, "Spreading rumours"))
    assert await site.tip_offs.listed() == []
    for step, value in (("what", "FRAUD"), ("where", "post/18"), ("contact", "")):
        check = await changing(check, step, value)
        assert check.title == "Check your answers before you send them"
    assert "No contact: the report is anonymous" in check.text
    check = await changing(check, "why", why + "!")
    assert len(numbers(await browser.follow(await checked(browser, check)))) == 2
    case = await site.tip_offs.get((await site.tip_offs.asks().list_page()).tip_offs[0])
    assert case.text == why.replace("\r\n", "\n").replace("\u200d", "") + "!"
    assert (case.tip_off.category, case.tip_off.target.key, case.contact) == ("FRAUD", "post/18", "")


async def test_going_back_shows_what_was_answered(site: Site) -> None:
    """Each question has its answer, and a link to the one before; to the check page once all are answered."""
    browser = await site.browser()
    path = await answered(browser)
    # The first question and the form for the numbers lead back to the platform's first page.
    for first in (f"{path}/what", f"{FORM}/reply"):
        assert f'href="{FORM}"' in (await browser.get(first)).text
    assert f'href="{path}/contact"' in (await browser.get(f"{path}/why")).text
    await answer(browser, path, "why", WHY)
    for step, shown in (("what", 'value="RUMOUR" required checked'), ("where", WHERE), ("contact", CONTACT)):
        page = await browser.get(f"{path}/{step}")
        assert shown in page.text
        assert f'href="{path}/check"' in page.text
    assert "金丝雀：不实信息" in (await browser.get(f"{path}/why")).text
    # Nothing was sent by reading, and the check page is there on reload.
    assert (await browser.get(f"{path}/check")).status == 200
    assert await site.tip_offs.listed() == []


async def test_markup_is_shown_and_nothing_else(site: Site) -> None:
    """What is typed comes back as text, on the check page, in its fields, and in the thread."""
    browser = await site.browser()
    markup = '</textarea><script>alert(1)</script>"><b>{{ 7 * 7 }}'
    path = await answered(browser, contact=markup)
    await answer(browser, path, "where", markup)
    done = await browser.follow(await sent(browser, path, why=markup))
    reference, secret = numbers(done)
    [filed] = (await site.tip_offs.asks().list_page()).tip_offs
    moderator = (await site.tip_offs.world.moderator(1)).moderator_id
    await site.tip_offs.answer(await site.tip_offs.assign(filed, moderator), moderator, markup)
    state = await follow(browser, reference, secret)
    wrong = await reply(browser, state, markup + "x" * 2_000)
    assert wrong.status == 422
    told = await reply(browser, wrong, markup)
    assert markup in unescape(told.text)
    for page in browser.seen:
        assert "<script>alert" not in page.text


async def test_the_reporter_answers_once(site: Site) -> None:
    """In the thread, in the order of time; a reload is the same answer, and a second one is told."""
    browser = await site.browser(**{"Accept-Language": "en"})
    filed = await site.tip_offs.file()
    moderator = (await site.tip_offs.world.moderator(1)).moderator_id
    for secret in ("0" * 16, "1"):
        wrong = await follow(browser, filed.tip_off.reference, secret)
        # The number stays; the secret does not.
        assert f'value="{filed.tip_off.reference}"' in wrong.text
        assert f'value="{secret}"' not in wrong.text
    none = await follow(browser, filed.tip_off.reference, filed.secret)
    assert 'name="answer"' not in none.text
    assert "There is no reply yet" in none.text
    await site.tip_offs.assign(filed.tip_off, moderator)
    await site.tip_offs.answer(filed.tip_off, moderator, "When was it?")
    state = await follow(browser, filed.tip_off.reference, filed.secret)
    assert filed.secret not in state.text
    empty = await reply(browser, state, " ")
    assert (empty.status, 'href="#answer"' in empty.text) == (422, True)
    told = await reply(browser, state, "On Monday.")
    again = await reply(browser, state, "On Monday.")
    assert told.status == again.status == 200
    assert ["has arrived" in each.text for each in (empty, told)] == [False, True]
    places = [
        told.text.index(each) for each in ("You reported: Spreading rumours", "When was it?", "On Monday.")
    ]
    assert places == sorted(places)
    assert 'name="answer"' not in told.text
    other = await reply(browser, state, "On Tuesday.")
    assert (other.status, "Your answer was not sent" in other.text, "On Monday." in other.text) == (
        409,
        True,
        True,
    )
    assert (await site.tip_offs.get(filed.tip_off)).supplement == "On Monday."
    assert re.search(r">\d+ \w+ 20\d\d, \d\d:\d\d UTC\+8<", told.text)


async def test_an_answer_comes_from_the_page_of_the_report(site: Site) -> None:
    """Its numbers are sealed for that browser and platform: a copy of the page is of no use elsewhere."""
    browser, thief = await site.browser(), await site.browser()
    filed = await site.tip_offs.file()
    moderator = (await site.tip_offs.world.moderator(1)).moderator_id
    await site.tip_offs.answer(await site.tip_offs.assign(filed.tip_off, moderator), moderator)
    state = await follow(browser, filed.tip_off.reference, filed.secret)
    token = (await thief.get(f"{FORM}/reply")).hidden("form")
    stolen = {"form": token, "numbers": state.hidden("numbers"), "answer": "mine"}
    assert (await thief.post(f"{FORM}/reply", stolen)).status == 422
    forged = {**stolen, "form": state.hidden("form")}
    assert (await thief.post(f"{FORM}/reply", forged)).status == 403
    spoilt = {
        "form": state.hidden("form"),
        "numbers": state.hidden("numbers")[:-4] + "AAAA",
        "answer": "mine",
    }
    assert (await browser.post(f"{FORM}/reply", spoilt)).status == 422
    assert (await site.tip_offs.get(filed.tip_off)).supplement == ""


def resent(page: Page) -> tuple[str, dict[str, str]]:
    """Return address and fields of the form that shows a page in the other language."""
    head = page.text.partition("</header>")[0]
    (form,) = re.findall(r'<form method="post" action="([^"]*)">(.*)</form>', head, re.S)
    fields = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form[1])
    return unescape(form[0]), {name: unescape(value) for name, value in fields}


async def test_the_other_language_keeps_the_report(site: Site) -> None:
    """The page of a report changes its language without its numbers in an address; nothing is sent by it."""
    browser = await site.browser(**{"Accept-Language": "en"})
    filed = await site.tip_offs.file()
    moderator = (await site.tip_offs.world.moderator(1)).moderator_id
    await site.tip_offs.answer(await site.tip_offs.assign(filed.tip_off, moderator), moderator)
    english = await follow(browser, filed.tip_off.reference, filed.secret)
    wrong = await reply(browser, english, "x" * 2_001)
    for page in (english, wrong):
        address, fields = resent(page)
        assert (address, set(fields)) == (f"{FORM}/reply?lang=zh", {"form", "numbers"})
        assert not any(each in str(fields) for each in (filed.secret, filed.tip_off.reference))
        chinese = await browser.post(address, fields)
        assert (chinese.status, 'lang="zh-CN"' in chinese.text) == (200, True)
        assert filed.tip_off.reference in chinese.text.replace(" ", "")
        assert resent(chinese)[0] == f"{FORM}/reply?lang=en"
    assert (await site.tip_offs.get(filed.tip_off)).supplement == ""
    # The form for the numbers has an address that leads to it.
    assert '<a href="?lang=' in (await browser.get(f"{FORM}/reply")).text


async def test_the_other_language_keeps_a_long_text(site: Site) -> None:
    """A text that no cookie keeps is carried on, on the page that checks it and on each question."""
    browser = await site.browser(**{"Accept-Language": "en"})
    path = await answered(browser)
    check = await answer(browser, path, "why", LONG)
    question = await checked(browser, check, change="where")
    for page, field in ((check, 'name="evidence"'), (question, 'name="where"')):
        address, fields = resent(page)
        assert address == f"{path}/check?lang=zh"
        chinese = await browser.post(address, fields)
        assert (chinese.status, 'lang="zh-CN"' in chinese.text) == (200, True)
        assert unescape(chinese.hidden("carried")) == unescape(page.hidden("carried"))
        assert (field in page.text, field in chinese.text) == (True, True)
    assert await site.tip_offs.listed() == []


@pytest.mark.parametrize(
    ("language", "row"),
    [("en", r"Reply due by</dt><dd>[^<]* \([67] days left\)"), ("zh", "处理期限</dt><dd>[^<]*，还剩[67]天")],
)
async def test_an_open_report_says_how_much_time_is_left(site: Site, language: str, row: str) -> None:
    """In words and as a bar, which a decision or the deadline ends."""
    browser = await site.browser(**{"Accept-Language": language})
    filed = await site.tip_offs.file(seconds=today())
    numbers_of = (filed.tip_off.reference, filed.secret)
    waits = await follow(browser, *numbers_of)
    bar = r'<progress class="due" value="\d\d?" max="100" aria-hidden="true"></progress></dd>'
    assert len(re.findall(f"<dt>{row}{bar}", waits.text)) == 1
    moderator = (await site.tip_offs.world.moderator(1)).moderator_id
    await site.tip_offs.assign(filed.tip_off, moderator, seconds=today())
    await site.tip_offs.dismiss(filed.tip_off, moderator, reply="no rule (synthetic)", seconds=today())
    late = await site.tip_offs.file(seconds=today() - 8 * DAY)
    for each in (numbers_of, (late.tip_off.reference, late.secret)):
        assert "<progress" not in (await follow(browser, *each)).text


async def test_an_overdue_report_says_so(site: Site) -> None:
    """With the deadline, and what the public log shows; before the worker has written it, that it will."""
    browser = await site.browser(**{"Accept-Language": "en"})
    filed = await site.tip_offs.file(seconds=today() - 8 * DAY)
    numbers_of = (filed.tip_off.reference, filed.secret)
    waiting = await follow(browser, *numbers_of)
    assert "This report is overdue" in waiting.text
    assert "The service writes this into the public log" in waiting.text
    await site.tip_offs.remind(seconds=today())
    late = await follow(browser, *numbers_of)
    for each in ("This report is overdue", "No reply in time", "No decision in time", "tipoff:solution:miss"):
        assert each in late.text
    assert "The deadline passed" in late.text
    fresh = await site.tip_offs.file(seconds=today())
    assert "overdue" not in (await follow(browser, fresh.tip_off.reference, fresh.secret)).text
