"""Orders of authorities at the desk: checked on this machine, carried out, answered, or not followed."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from idvault.core.db.connection import Connection
from idvault.sanction import acts as sanction_acts
from idvault.sanction.order import store as order_store
from idvault.sanction.order.rules import RecordedOrder
from idvault.sanction.rules import Sanction
from idvault_client.sanctions import PlatformOrder
from idvault_people.authority.officer import GivenOrder
from idvault_people.moderation.shown import short_key
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.order import OrderMeasure
from idvault_verify.sanction import AuthorityOrder, Degree, OrderState, SanctionState
from idvault_verify.tip_off import TargetKind, TipOffTarget
from tests.support.console import Visitor
from tests.support.moderation_console import Office, post, submit
from tests.support.tip_off_world import opened
from tools.support import builders, orders
from tools.support.authority_world import HOUR, AuthorityWorld
from tools.support.flow_world import PARTY
from tools.support.sanction_world import signing

CARRIED = {"category": "RUMOUR", "redress": "Write to appeals within 180 days"}


@pytest.fixture
async def authority(place: Office, tmp_path: Path) -> AuthorityWorld:
    """Authorities beside the office, over its database."""
    world = AuthorityWorld(place.world.database, tmp_path, life=7)
    await world.register_platforms(PARTY)
    return world


async def given(place: Office, authority: AuthorityWorld, token: str, **changes: object) -> GivenOrder:
    """Give an order to the platform, now."""
    now = place.age
    (made,) = await authority.issue((PARTY, token), seconds=now, deadline=now + 30 * HOUR, **changes)  # type: ignore[arg-type]
    return made


async def state(place: Office, order_id: str) -> PlatformOrder:
    listed = (await place.world.world.asks(place.age).list_orders()).orders
    return next(each for each in listed if each.order_id == order_id)


async def imposed(place: Office, token: str) -> list[Sanction]:
    """Return the sanctions of an account, the oldest first."""
    pages = await place.world.world.pages(size=9, account_token=token)
    vault = place.world.world.vault
    return [await sanction_acts.find(vault, PARTY, each) for page in pages for each in page]


async def test_an_order_is_carried_out(place: Office, browser: Visitor, authority: AuthorityWorld) -> None:
    """Checked by the roster, its words fill the statement, and the sanction carries it out."""
    token = await place.world.world.account()
    made = await given(place, authority, token)
    here = f"/orders/{made.order_id}"
    assert "Orders to carry out How many 1" in (await browser.get("/")).words
    page = await browser.get("/orders")
    assert f'href="{here}"' in page.text
    assert "hours left" in page.words
    assert f"a warning at least account {short_key(token)}" in page.words, "what is ordered, and against whom"
    page = await browser.get(here)
    for word in (token, "a warning at least", "第一条 (synthetic)", "signed by the authority"):
        assert word in page.words, word
    assert f'href="{here}/sanction"' in page.text
    assert f'href="{here}/content"' not in page.text
    page = await submit(browser, f"{here}/sanction", **CARRIED)
    assert page.title == "Check before you sign", page.words
    assert "案 2026-7 (synthetic)" in page.words.partition("What the owner reads")[2]
    page = await submit(browser, f"{here}/sanction", page)
    assert "carried out" in page.words
    (done,) = await imposed(place, token)
    assert f'href="/sanctions/{done.sanction_id}"' in page.text, "what carried it out"
    assert f'href="{here}/sanction"' not in page.text
    assert (await state(place, made.order_id)).state is OrderState.CARRIED_OUT
    assert f'href="{here}"' not in (await browser.get("/orders")).text
    assert f'href="{here}?view=all"' in (await browser.get("/orders?view=all")).text
    assert "Orders · 案 2026-7 (synthetic) signed a sanction Warning" in (await browser.get("/history")).words


async def test_an_order_about_content_is_carried_out(
    place: Office, browser: Visitor, authority: AuthorityWorld
) -> None:
    """By the measure that was ordered, on the content that it names."""
    made = await given(place, authority, "post/17", kind=TargetKind.CONTENT, measure=OrderMeasure.REMOVE)
    here, target = f"/orders/{made.order_id}", TipOffTarget(TargetKind.CONTENT, "post/17")
    filed = (await place.world.file(target=target)).tip_off
    assert f'href="/reports/{filed.tip_off_id}"' in (await browser.get(here)).text
    page = await submit(browser, f"{here}/content", **CARRIED)
    assert page.title == "Check before you sign", page.words
    await submit(browser, f"{here}/content", page)
    assert (await state(place, made.order_id)).state is OrderState.CARRIED_OUT
    assert place.wire.calls("ImposeContentMeasure")
    assert 'href="/measures/' in (await browser.get(here)).text.partition("<main")[2]


async def test_an_order_is_answered(place: Office, browser: Visitor, authority: AuthorityWorld) -> None:
    """Read, then objected to with a reason, each once; the deadline runs on."""
    made = await given(place, authority, await place.world.world.account())
    here = f"/orders/{made.order_id}"
    page = await submit(browser, f"{here}/acknowledgement", await browser.get(here))
    assert "read, waits" in page.words
    assert f'action="{here}/acknowledgement"' not in page.text
    page = await submit(browser, f"{here}/objection", page, reason="")
    assert (page.status, 'href="#reason"' in page.text) == (422, True)
    page = await submit(browser, f"{here}/objection", page, reason="The account is another one's")
    assert "The account is another one's" in page.words
    assert f'action="{here}/objection"' not in page.text
    assert f'href="{here}/sanction"' in page.text, "it can still be carried out"
    assert (await state(place, made.order_id)).state is OrderState.OBJECTED


async def test_an_order_that_does_not_verify_is_not_followed(
    place: Office, key: ModeratorKey, authority: AuthorityWorld
) -> None:
    """Without the roster, or by one without its authority, nothing can be done, and the page says why."""
    made = await given(place, authority, await place.world.world.account())
    here = f"/orders/{made.order_id}"
    for versions, told in (
        (None, "start the desk with --roster FILE"),
        (lambda: (orders.roster(orders.OTHER_OFFICE),), "This order does not verify"),
    ):
        place.roster = versions
        async with place.works(key) as browser:
            page = await browser.get(here)
            assert told in page.words
            assert f"{here}/" not in page.text, "no act is offered"
            assert (await browser.get(f"{here}/sanction")).status == 404
            before = len(place.wire.sent)
            fields = {"form": page.hidden("form"), "once": page.hidden("once"), "step": "sign"}
            assert (await post(browser, f"{here}/sanction", fields)).status == 404
            assert {path.rpartition("/")[2] for path, _ in place.wire.sent[before:]} == {"ListOrders"}


async def test_an_order_on_paper(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """Shown as it was recorded; whoever carries it out says on what, and no authority reads an answer."""
    named = AuthorityOrder("the authority (synthetic)", "order 7", builders.NOW.date(), bytes(range(32)))
    now = place.age
    asks = place.world.world.asks(now)
    due = builders.NOW.replace(year=builders.NOW.year + 5)
    made = await asks.record_order(named, deadline=due, key=signing(key, now))
    here = f"/orders/{made.order_id}"
    page = await browser.get(here)
    assert "on paper" in page.words
    for step in ("sanction", "content"):
        assert f'href="{here}/{step}"' in page.text
    assert f'action="{here}/objection"' not in page.text
    asked = {"account": await place.world.world.account(), "degree": "WARN", "rule_reference": "order 7"}
    page = await submit(browser, f"{here}/sanction", **CARRIED, **asked)
    assert page.title == "Check before you sign", page.words
    await submit(browser, f"{here}/sanction", page)
    assert (await state(place, made.order_id)).state is OrderState.CARRIED_OUT
    assert (await browser.get(f"/orders/{'f' * 32}")).status == 404


async def test_the_chosen_operation_is_signed(
    place: Office, browser: Visitor, authority: AuthorityWorld
) -> None:
    """What the form offers and the preview shows is what is signed and stored."""
    token, operation = await place.world.world.account(), await opened(place.world)
    made = await given(place, authority, token)
    where = f"/orders/{made.order_id}/sanction"
    page = await submit(browser, where, operation=operation.operation_id, **CARRIED)
    assert operation.title in page.words.partition("What is signed")[2]
    await submit(browser, where, page)
    (found,) = await imposed(place, token)
    assert found.operation_id == operation.operation_id


async def test_a_new_order_behind_a_thousand_others(
    place: Office, browser: Visitor, authority: AuthorityWorld
) -> None:
    """It is in the list, counted and shown, however many were recorded before; all of them are in pages."""
    begun = builders.NOW - timedelta(days=90)

    async def record(connection: Connection) -> None:
        for number in range(1_001):
            named = AuthorityOrder("a (synthetic)", str(number), begun.date(), number.to_bytes(32))
            at = begun + timedelta(seconds=number)
            old = RecordedOrder(f"{number:032x}", PARTY, named, at + timedelta(days=1), at)
            assert await order_store.add(connection, old) is None

    await place.world.database.act("test", record)
    made = await given(place, authority, await place.world.world.account())
    here = f"/orders/{made.order_id}"
    assert f'href="{here}"' in (await browser.get("/orders")).text
    assert f'href="{here}' not in (await browser.get("/orders?view=overdue")).text
    assert "Orders to carry out How many 100 or more" in (await browser.get("/")).words
    page = await browser.get(here)
    assert (page.status, "第一条 (synthetic)" in page.words) == (200, True)
    page, count = await browser.get("/orders?view=all"), 0
    while f'href="{here}?view=all' not in page.text:
        count += len(re.findall(r'scope="row"', page.text))
        page = await browser.get(
            re.findall(r'class="button quiet" href="(/orders[^"]*)"', page.text)[0].replace("&amp;", "&")
        )
    assert count == 1_000


async def test_a_closing_waits_for_a_second_moderator(
    place: Office, browser: Visitor, authority: AuthorityWorld
) -> None:
    """The order says so and is not carried out twice, though the vault would take it; again once it ended."""
    token, other = await place.world.world.account(), await place.moderator(2)
    made = await given(place, authority, token, measure=OrderMeasure.CLOSE)
    here = f"/orders/{made.order_id}"
    async with place.works(other) as second:
        slow = await submit(second, f"{here}/sanction", **CARRIED)
        page = await submit(browser, f"{here}/sanction", **CARRIED)
        place.wire.loses = "ImposeSanction"
        page = await submit(browser, f"{here}/sanction", page)
        assert page.status == 503
        page = await submit(browser, f"{here}/sanction", page)
        after = await submit(browser, f"{here}/sanction", page)
        (found,) = await imposed(place, token)
        assert (found.degree, found.state) == (Degree.CLOSE, SanctionState.PROPOSED)
        told = "A sanction for this order waits for a second moderator."
        for page in (
            after,
            await browser.get(f"{here}/sanction"),
            await second.get(f"{here}/content"),
            await submit(second, f"{here}/sanction", slow),
        ):
            assert (page.title, told in page.words) == (
                "示例机构 (synthetic): 案 2026-7 (synthetic)",
                True,
            ), page.words
            assert f'href="/sanctions/{found.sanction_id}"' in page.text
            assert f'href="{here}/sanction"' not in page.text
        assert "Nothing yet." in (await second.get("/history")).words, "nothing was imposed there"
    page = await browser.get(f"{here}/sanction?view=all")
    assert '<a href="/orders?view=all">Back to the list</a>' in page.text
    assert len(await imposed(place, token)) == 1
    await submit(browser, f"/sanctions/{found.sanction_id}/end", reason="A mistake")
    page = await browser.get(here)
    assert (told in page.words, f'href="{here}/sanction"' in page.text) == (False, True)
