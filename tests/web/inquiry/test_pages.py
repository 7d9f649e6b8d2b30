"""The operator's page, without script: from the form to the list, and back if somebody cancels."""

from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import ColumnElement, delete, literal_column, select, update

from idvault.account import rules as account_rules
from idvault.account.rules import WithdrawalCause
from idvault.account.store import rows as account_rows
from idvault.account.store import withdrawal as withdrawal_store
from idvault.core.db.connection import Connection
from idvault.core.tables.account import accounts, withdrawals
from idvault.core.tables.claim import receipts
from idvault.core.tables.log import log_entries
from idvault.core.tables.session import account_lists, disavowals, sessions, waiting_disavowals
from idvault.session.disavowal.rules import Disavowal
from idvault.session.disavowal.store import ROWS
from idvault.web.edge import EdgeConnections
from idvault.web.limits import Buckets, InquiryLimits
from idvault_client.backend.rpc import Result, Rpc
from idvault_verify.attest.assertion import ProofEnd
from idvault_verify.session import DisavowalState
from idvault_verify.v1 import inquiry_pb2 as pb
from tests.support.known_history import LEGAL_BASIS
from tests.support.session_world import BASE_URL, TITLE, SessionWorld, browser_key
from tests.web.browser import Browser, Page
from tests.web.conftest import Site, site_of
from tools.support import builders, sql
from tools.support.flow_world import PARTY, at, command

NAME, NUMBER = "金丝雀", "11010519491231002X"
OTHER = "110101199001010015"
DAY = 86_400


async def verified(site: Site) -> str:
    """Return the token of an account of this number; nothing of it is disowned."""
    await sql.change(site.world.database, delete(waiting_disavowals))
    found = await sql.rows(site.world.database, select(account_lists))
    if found:
        rows = await sql.rows(site.world.database, select(accounts).where(accounts.c.state == "VERIFIED"))
        if rows:
            return str(rows[-1].account_token)
    who = builders.identity(name=NAME, number=NUMBER)
    made = await site.world.claims.verify(command(9_000, who))
    return made.account.account_token


async def withdrawn(world: SessionWorld) -> str:
    """Let a verification of this number be withdrawn whose record was opened; return its account."""
    who = builders.identity(name=NAME, number=NUMBER)
    made = await world.claims.verify(command(9_001, who))
    token, now = made.account.account_token, at(0).business
    database = world.database
    if await sql.rows(database, select(withdrawals).where(withdrawals.c.account_token == token)):
        return token
    [receipt] = await sql.rows(database, select(receipts).where(receipts.c.account_token == token))
    await world.histories.disclose(token, digest=bytes(receipt.record_digest))

    async def withdraw(connection: Connection) -> None:
        owner = await account_rows.lock_of(connection, account_token=token, relying_party=PARTY)
        row = account_rules.withdrawal(
            account=owner,
            withdrawal_id="ab" * 16,
            cause=WithdrawalCause.DISAVOWAL,
            case_id="cd" * 16,
            now=now,
        )
        await withdrawal_store.add(connection, row)
        after = account_rules.withdraw(account=owner, today=at(0).today(builders.ZONE), now=now)
        await account_rows.put(connection, after, claim_ended_at=now)

    await database.act("test", withdraw)
    return token


async def age(site: Site) -> None:
    """Let the 72 hours of every list pass."""
    earlier: ColumnElement[int] = literal_column(f"asked_at - {4 * DAY * 1_000_000}")
    await sql.change(site.world.database, update(account_lists).values(asked_at=earlier))


async def forget(site: Site) -> None:
    """Let nobody have asked for a list, and nothing wait."""
    await sql.change(site.world.database, delete(account_lists))
    await sql.change(site.world.database, delete(waiting_disavowals))


async def told(site: Site, session_id: str) -> str:
    """Let a platform have been told that a session's account is disowned; return the account."""
    [found] = await sql.rows(
        site.world.database, select(sessions.c.account_token).where(sessions.c.session_id == session_id)
    )
    [owner] = await sql.rows(
        site.world.database,
        select(accounts.c.person_id).where(accounts.c.account_token == found.account_token),
    )
    now, count = at(0).business, await sql.count(site.world.database, disavowals)
    due = at(15 * DAY).business
    filed = DisavowalState.FILED
    row = Disavowal(f"{count:032x}", PARTY, found.account_token, owner.person_id, filed, now, due)
    await sql.change(site.world.database, disavowals.insert().values(**ROWS.columns(row)))
    return str(found.account_token)


async def begun(browser: Browser, *, number: str = NUMBER) -> Page:
    """Send the form; return the page that leads to the provider."""
    form = await browser.get("/accounts")
    fields = {"form": form.hidden("form"), "document": "RESIDENT_ID", "name": NAME, "number": number}
    return await browser.follow(await browser.post("/accounts", fields))


async def proven(site: Site, browser: Browser, *, number: str = NUMBER) -> Page:
    """Prove to be present; return what the page shows then."""
    page = await begun(browser, number=number)
    assert site.world.provider is not None
    back = site.world.provider.end(page.links[0])
    assert back == f"{BASE_URL}/accounts/proof"
    returned = await browser.follow(await browser.get(urlsplit(back).path))
    return await browser.follow(await browser.post("/accounts/mine", {"form": returned.hidden("form")}))


DISOWNS = {"zh": "这不是我的账号", "en": "This account is not mine"}
SHOWS = {"zh": "<button>查看清单", "en": "<button>Show the list"}
COME_BACK = {"zh": "届时", "en": "come back then"}
DENIED = "The provider did not confirm you"
OPENED_AT = {"zh": "<dd>2026年2月1日 20:30（北京时间）</dd>", "en": "<dd>1 February 2026, 20:30 UTC+8</dd>"}
OPENED = {"zh": "认证已撤销的账号", "en": "When your details at withdrawn accounts were opened"}
NOTHING_OPENED = {"zh": "其信息从未被打开", "en": "of no withdrawn verification in your name were opened"}
WHERE_OPENED = {"zh": "打开记录在日志中的位置", "en": "Place of the opening in the log"}
NOT_LOGGED = {"zh": "日志中没有此条", "en": "not in the log"}
NOTHING_TO_DO = {"zh": "您无需做任何事", "en": "There is nothing that you have to do"}
CANCELS = {"zh": "撤回全部待处理事项", "en": "Cancel everything that waits"}


async def disowning(browser: Browser, page: Page) -> Page:
    """Press the button that disowns an account: on the list, or on the page that confirms it."""
    names = [each for each in ("form", "handle", "confirm") if page.hidden(each)]
    return await browser.post("/accounts/mine", {each: page.hidden(each) for each in names})


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_person_disowns_an_account_by_clicks(site: Site, language: str) -> None:
    """Two proofs, the list, one button; the platform's name is there, and no page shows what was typed."""
    token = await verified(site)
    browser = await site.browser(**{"Accept-Language": language})
    asked = await proven(site, browser)
    assert TITLE not in asked.text
    assert ("（北京时间）" in asked.text) == (language == "zh")
    assert (" UTC+8" in asked.text) == (language == "en")
    await age(site)
    listed = await proven(site, browser)
    assert TITLE in listed.text
    assert DISOWNS[language] in listed.text
    sure = await disowning(browser, listed)
    # One tap changes nothing: the page says what follows.
    assert (await sql.rows(site.world.database, select(waiting_disavowals)), sure.status) == ([], 200)
    assert (TITLE in sure.title, 'class="stop"' in sure.text, 'class="stop"' in listed.text) == (
        True,
        True,
        False,
    )
    done = await browser.follow(await disowning(browser, sure))
    # The button of a list that was shown before leads to the list, which says so.
    assert (await disowning(browser, listed)).headers["Location"] == "/accounts/mine"
    assert DISOWNS[language] not in done.text
    [waits] = await sql.rows(site.world.database, select(waiting_disavowals))
    assert waits.account_token == token
    victim = await proven(site, await site.browser(**{"Accept-Language": language}))
    assert CANCELS[language] in victim.text
    for each in browser.seen:
        assert not any(word in each.text + str(each.headers) for word in (NAME, NUMBER, token))
    site.edge.logs.access.flush()
    assert NAME not in site.edge.log.read_text("utf-8")


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_person_reads_who_opened_what_was_withdrawn(site: Site, language: str) -> None:
    """Time, auditor, legal basis and place, with the list alone, and words where there is nothing."""
    browser = await site.browser(**{"Accept-Language": language})
    assert OPENED[language] not in (await proven(site, browser)).text
    await age(site)
    empty = (await proven(site, browser)).text
    assert (NOTHING_OPENED[language] in empty, NOTHING_TO_DO[language] in empty) == (True, True)
    token = await withdrawn(site.world)
    page = unescape((await proven(site, browser)).text)
    copied = f'<code class="copy">{"66" * 16}</code>'
    for each in (OPENED[language], LEGAL_BASIS, copied, OPENED_AT[language]):
        assert each in page
    assert f"<dd>{'66' * 16}" not in page
    assert (NOTHING_OPENED[language] in page, NOTHING_TO_DO[language] in page) == (False, False)
    # One card, with the opening beside its release, as on "my identity".
    assert page.count(f"<dd>{TITLE}</dd>") == 1
    assert page.count(f"<dt>{WHERE_OPENED[language]}</dt>") == 1
    assert not any(token in each.text for each in browser.seen)
    await sql.change(site.world.database, update(log_entries).values(log_index=None))
    assert f"<dd>{NOT_LOGGED[language]}" in (await proven(site, browser)).text


class EarlierVault(EdgeConnections):
    """An edge of an earlier version, which does not say after which release an opening was."""

    def __init__(self, edge: EdgeConnections) -> None:
        self._edge = edge

    async def run(self, call: Rpc[Result]) -> Result:
        """Answer as the edge does, without what it did not know then."""
        answer = await self._edge.run(call)
        if isinstance(answer, pb.Inquiry):
            for each in answer.openings:
                each.ClearField("disclosure_index")
        return answer


async def test_an_opening_without_its_release_is_shown_apart(site: Site) -> None:
    """No release claims it, and none says that no opening followed."""
    browser = await site.browser(**{"Accept-Language": "en"})
    await verified(site)
    await proven(site, browser)
    await age(site)
    await withdrawn(site.world)
    site.pages.vault = EarlierVault(site.pages.vault)
    page = unescape((await proven(site, browser)).text)
    released, apart = page.split("The details were also opened at these times.")
    assert (released.count("<dt>Released</dt>"), apart.count("<dt>Opened</dt>")) == (1, 1)
    assert ("<dt>Opened</dt>" in released, "not opened before" in page) == (False, False)
    assert f"<dt>{WHERE_OPENED['en']}</dt>" in apart


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_what_is_wanted_is_the_first_button(site: Site, language: str) -> None:
    """Whoever comes back for the list has the button that shows it first; to cancel is the quiet one."""
    await verified(site)
    browser = await site.browser(**{"Accept-Language": language})
    await proven(site, browser)
    await age(site)
    page = await begun(browser)
    assert site.world.provider is not None
    site.world.provider.end(page.links[0])
    ready = unescape((await browser.get("/accounts/mine")).text)
    assert SHOWS[language] in ready
    assert ready.index(SHOWS[language]) < ready.index(f'<button class="quiet">{CANCELS[language]}')
    assert COME_BACK[language] not in ready
    await forget(site)


async def test_another_phone_cancels(site: Site) -> None:
    """Whoever proves to be the same person sees what waits, and takes all of it back."""
    await verified(site)
    thief, victim = await site.browser(), await site.browser()
    await proven(site, thief)
    seen = await proven(site, victim)
    sent = await victim.post("/accounts/mine", {"form": seen.hidden("form"), "cancel": "1"})
    await victim.follow(sent)
    await age(site)
    assert TITLE not in (await proven(site, thief)).text


@pytest.mark.parametrize("end", [ProofEnd.CANCELLED, ProofEnd.DENIED])
async def test_who_was_not_there_is_refused(site: Site, end: ProofEnd) -> None:
    """A cancelled or denied proof, none at all, and a browser without a key: each leads back to the form."""
    browser = await site.browser(**{"Accept-Language": "en"})
    page = await begun(browser)
    open_ = await browser.post("/accounts/mine", {"form": page.hidden("form")})
    assert open_.status == 409
    assert site.world.provider is not None
    assert "/accounts/mine" in open_.links
    site.world.provider.end(page.links[0], end)
    for answer in (
        await browser.post("/accounts/mine", {"form": page.hidden("form")}),
        await browser.get("/accounts/mine"),
    ):
        assert (answer.status, answer.links) == (409, ["/accounts"])
        assert answer.text.count(DENIED) == 2
        assert "Accounts in my name" in answer.text
    browser.cookies["__Host-inquiry"] = browser_key()
    over = await browser.get("/accounts/mine")
    assert (over.status, "This visit is over." in over.text, over.links) == (409, True, ["/accounts"])
    nobody = await site.browser()
    assert (await nobody.get("/accounts/mine")).headers["Location"] == "/accounts"
    nobody.cookies["__Host-inquiry"] = browser.cookies["__Host-inquiry"][::-1].translate({ord("z"): "0"})
    assert (await nobody.get("/accounts/mine")).status in {303, 409}


async def test_forms_of_others_do_nothing(site: Site) -> None:
    """Another site's form, a kind of document that there is none of, and a foreign handle."""
    browser = await site.browser()
    form = await browser.get("/accounts")
    typed = {"document": "RESIDENT_ID", "name": NAME, "number": NUMBER}
    assert (await browser.post("/accounts", {"form": "", **typed})).status == 403
    wrong = {**typed, "form": form.hidden("form"), "document": "PASSPORT_OF_NOBODY"}
    assert (await browser.post("/accounts", wrong)).status == 400
    page = await proven(site, browser)
    unlisted = {"form": page.hidden("form"), "handle": "0" * 26}
    assert (await browser.post("/accounts/mine", unlisted)).status == 409


async def test_a_network_begins_few_proofs(world: SessionWorld, tmp_path: Path) -> None:
    """Each costs the provider something."""
    limits = InquiryLimits(narrow=Buckets(burst=1, per_second=0), wide=Buckets(burst=9, per_second=0))
    async with site_of(world, tmp_path, inquiries=limits) as site:
        browser = await site.browser(**{"Accept-Language": "en"})
        await begun(browser)
        form = await browser.get("/accounts")
        fields = {"form": form.hidden("form"), "document": "RESIDENT_ID", "name": NAME, "number": NUMBER}
        refused = await browser.post("/accounts", fields)
        assert (refused.status, "5 minutes" in refused.text) == (429, True)


@pytest.mark.parametrize("everybody", [False, True])
async def test_proofs_of_everybody_and_looks_of_a_browser_are_few(
    world: SessionWorld, tmp_path: Path, everybody: bool
) -> None:
    """A proof of strangers from many networks is refused, and so is a browser that reloads an open one."""
    some = Buckets(burst=9, per_second=0)
    limits = InquiryLimits(narrow=some, wide=some, all=Buckets(burst=1 if everybody else 9, per_second=0))
    async with site_of(world, tmp_path, inquiries=limits) as site:
        browser = await site.browser()
        await begun(browser)
        if everybody:
            form = await browser.get("/accounts")
            fields = {"form": form.hidden("form"), "document": "RESIDENT_ID", "name": NAME, "number": NUMBER}
            assert (await browser.post("/accounts", fields)).status == 429
            return
        site.pages.browsers = Buckets(burst=1, per_second=0)
        assert [(await browser.get("/accounts/mine")).status for _ in range(2)] == [200, 429]
