"""Proving an address on the form, without script: what the pages show, and what they never show."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from idvault.core.policy import TipOffPolicy
from idvault.tip_off.contact import acts
from idvault_verify.tip_off import ReporterStanding
from tests.support.contact_world import ContactWorld, code_of
from tests.support.notified import MailHandler, mail_server
from tests.support.session_world import SessionWorld
from tests.web.browser import Browser, Page
from tests.web.conftest import Site, limits_of, site_of
from tests.web.tip_off import codes
from tests.web.tip_off.test_pages import LONG, answer, answered, checked, numbers, resent, sent
from tools.support.builders import ZONE
from tools.support.edge import clock


@pytest.fixture
async def mails() -> AsyncIterator[MailHandler]:
    """Return a mail server."""
    async with mail_server() as made:
        yield made


@pytest.fixture
async def worker(site: Site, mails: MailHandler) -> ContactWorld:
    """Return a worker that sends codes."""
    made = await site.sends_codes()
    made.serve(mails)
    return made


async def asked(browser: Browser) -> tuple[str, Page]:
    """Ask for a code; return the address of the draft, and the page that asks for it."""
    page = await codes.asked(browser)
    return page.path.removesuffix("/code"), page


async def proved(browser: Browser, worker: ContactWorld, mails: MailHandler) -> str:
    """Prove the address; return the address of the draft."""
    path, page = await asked(browser)
    assert page.path == f"{path}/code"
    await worker.deliver()
    code = code_of(mails.raw[-1])
    after = await answer(browser, path, "code", f"{code[:4]} {code[4:]}")
    assert after.headers["Location"] == f"{path}/why"
    return path


TITLES = [("zh", "您收到的验证码是什么？"), ("en", "Which code did you get?")]


@pytest.mark.parametrize(("language", "title"), TITLES)
async def test_a_reporter_proves_an_address(
    site: Site, worker: ContactWorld, mails: MailHandler, language: str, title: str
) -> None:
    """The mail is in the page's language; the report has a reporter, and its staff see that it is proved."""
    browser = await site.browser(**{"Accept-Language": language})
    path, page = await asked(browser)
    assert page.title == title
    await worker.deliver()
    assert mails.mails[0]["Subject"] is not None
    code = code_of(mails.raw[0])
    await answer(browser, path, "code", code)
    assert len(numbers(await browser.follow(await sent(browser, path)))) == 2
    [report] = (await site.tip_offs.asks().list_page()).tip_offs
    case = await site.tip_offs.get(report)
    assert (case.contact, case.contact_proved, len(report.reporter_id)) == (codes.ADDRESS, True, 32)
    for seen in browser.seen:
        shown = "" if seen.path.endswith("/check") else seen.text
        assert not any(word in shown + str(seen.headers) for word in ("canary", code))
        assert code not in seen.text
    site.edge.logs.access.flush()
    log = site.edge.log.read_text("utf-8")
    assert not any(word in log for word in ("canary", code))


async def test_a_wrong_code_and_another_one(site: Site, worker: ContactWorld, mails: MailHandler) -> None:
    """It is refused at its field, and a new one can be asked for; a reload sends no second mail."""
    browser = await site.browser()
    path, _ = await asked(browser)
    for typed, status in (("1234", 422), ("", 422), ("abcdefgh", 422), ("12345678", 409)):
        wrong = await answer(browser, path, "code", typed)
        assert wrong.status == status
        assert "error" in wrong.text
        assert "12345678" not in wrong.text
    before = dict(browser.cookies)
    for _ in range(2):
        browser.cookies = dict(before)
        again = await answer(browser, path, "contact", codes.ADDRESS, prove="1")
        assert again.headers["Location"] == f"{path}/code"
    await worker.deliver()
    assert len(mails.raw) == 2
    last = [await answer(browser, path, "code", code_of(raw)) for raw in mails.raw]
    assert sorted(each.status for each in last) in ([303, 303], [303, 409])
    assert (await browser.get(f"{path}/code")).headers["Location"] == f"{path}/why"


async def test_the_other_language_keeps_a_long_text(site: Site, worker: ContactWorld) -> None:
    """A text that no cookie keeps is carried on while a code is waited for, too."""
    browser = await site.browser(**{"Accept-Language": "en"})
    path = await answered(browser)
    question = await checked(browser, await answer(browser, path, "why", LONG), change="contact")
    fields = {"form": question.hidden("form"), "carried": unescape(question.hidden("carried"))}
    code = await browser.post(f"{path}/contact", {**fields, "contact": codes.ADDRESS, "prove": "1"})
    assert code.title == "Which code did you get?"
    chinese = await browser.post(*resent(code))
    assert (chinese.status, chinese.title) == (200, "您收到的验证码是什么？")
    assert unescape(chinese.hidden("carried")) == LONG
    assert worker.server is not None


async def test_without_a_proof(site: Site, worker: ContactWorld) -> None:
    """Whoever gets no mail goes on; the report has the contact, and is nobody's."""
    browser = await site.browser()
    path, _ = await asked(browser)
    ahead = await browser.get(f"{path}/why")
    assert ahead.headers["Location"] == f"{path}/code"
    page = await browser.get(f"{path}/code")
    skipped = await browser.post(f"{path}/code", {"form": page.hidden("form"), "skip": "1"})
    assert skipped.headers["Location"] == f"{path}/why"
    await sent(browser, path)
    [report] = (await site.tip_offs.asks().list_page()).tip_offs
    case = await site.tip_offs.get(report)
    assert (case.contact, case.contact_proved, report.reporter_id) == (codes.ADDRESS, False, "")
    assert worker.server is not None


async def test_only_an_address_is_mailed_to(site: Site, worker: ContactWorld, mails: MailHandler) -> None:
    """The error is at the field, and says what a code can be sent to; nothing is sent."""
    browser = await site.browser()
    path = await codes.at_contact(browser)
    for typed in ("", "010 12345678", "a@b.example, c@d.example"):
        wrong = await answer(browser, path, "contact", typed, prove="1")
        assert (wrong.status, 'id="contact-error"' in wrong.text) == (422, True)
    await worker.deliver()
    assert mails.raw == []


async def test_without_a_mail_server_everything_is_as_before(site: Site) -> None:
    """The form offers no proof, and takes none."""
    browser = await site.browser()
    path = await codes.at_contact(browser)
    page = await browser.get(f"{path}/contact")
    assert 'name="prove"' not in page.text
    after = await answer(browser, path, "contact", codes.ADDRESS, prove="1")
    assert after.headers["Location"] == f"{path}/why"
    assert (await browser.get(f"{path}/code")).headers["Location"] == f"{path}/why"
    await sent(browser, path)
    [report] = (await site.tip_offs.asks().list_page()).tip_offs
    assert report.reporter_id == ""


async def test_a_trusted_flagger_comes_first(site: Site, worker: ContactWorld, mails: MailHandler) -> None:
    """The address that the platform trusts, once it is proved."""
    for _ in range(2):
        browser = await site.browser()
        await sent(browser, await proved(browser, worker, mails))
        [reporter] = await site.tip_offs.reporters()
        await site.tip_offs.set_standing(reporter.reporter_id, ReporterStanding.TRUSTED)
    page = (await site.tip_offs.asks().list_page()).tip_offs
    assert [each.trusted for each in page] == [True, False]


async def test_a_proof_that_is_over(site: Site, worker: ContactWorld, mails: MailHandler) -> None:
    """The report is not lost: the page says so, and what is sent again is filed without proof."""
    browser = await site.browser()
    path = await proved(browser, worker, mails)
    later = replace(clock(), real=clock().real + timedelta(days=1))
    # The proof, and the count of a day that is over then at whatever hour this runs.
    assert await acts.purge(worker.worker, later) == 2
    wrong = await sent(browser, path)
    assert wrong.status == 409
    done = await browser.follow(await checked(browser, wrong))
    assert len(numbers(done)) == 2
    [report] = (await site.tip_offs.asks().list_page()).tip_offs
    assert report.reporter_id == ""


async def test_the_limit_of_the_day_is_told_after_the_proof(
    site: Site, worker: ContactWorld, mails: MailHandler
) -> None:
    """Then the report can be filed without proof."""
    site.tip_offs.context.policy = TipOffPolicy(ZONE, reports_per_day=1)
    browser = await site.browser()
    await sent(browser, await proved(browser, worker, mails))
    other = await site.browser()
    path = await proved(other, worker, mails)
    wrong = await sent(other, path)
    assert wrong.status == 429
    # The same address keeps its proof; another one has none.
    await answer(other, path, "contact", codes.ADDRESS)
    assert (await sent(other, path)).status == 429
    back = await answer(other, path, "contact", f"x{codes.ADDRESS}")
    assert back.headers["Location"] == f"{path}/check"
    done = await other.follow(await sent(other, path))
    assert len(numbers(done)) == 2


async def test_strangers_are_limited(world: SessionWorld, tmp_path: Path) -> None:
    """By address, network and form; the page says so, and nothing reaches the vault."""
    async with site_of(world, tmp_path, reports=limits_of(narrow_codes=2)) as site:
        await site.sends_codes()
        browser = await site.browser()
        for _ in range(2):
            path, page = await asked(browser)
            assert page.path == f"{path}/code"
        path = await codes.at_contact(browser)
        many = await answer(browser, path, "contact", codes.ADDRESS, prove="1")
        assert (many.status, many.headers["Retry-After"]) == (429, "300")
