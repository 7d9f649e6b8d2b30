"""Orders that were given, on the officer's console: the list, one order's history, its withdrawal."""

import asyncio
import re

import pytest
from google.protobuf.message import Message

from idvault_people.console.authority import listing
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.offline import order as order_check
from idvault_verify.order import OrderMeasure
from idvault_verify.sanction import Degree, OrderState
from idvault_verify.tip_off import TargetKind
from idvault_verify.v1 import authority_pb2
from tests.clients.console.authority.steps import REASON, TARGET, withdraw
from tests.support.officer_room import OfficerRoom
from tools.support import builders, people
from tools.support.authority_world import HOUR, TERM, carrying
from tools.support.flow_world import PARTY
from tools.support.orders import DOCUMENT_DIGEST, OFFICE, OTHER_OFFICE, roster


async def test_the_list_begins_with_what_is_overdue(office: OfficerRoom, key: ModeratorKey) -> None:
    """Then what runs out first, then what is over; each deadline has its zone, and what is left of it."""
    visitor = await office.enter()
    empty = await visitor.get("/")
    assert ("You have given no orders yet" in empty.words, 'href="/new"' in empty.text) == (True, True)
    token = await office.world.account()
    made = {}
    for name, deadline in (("done", 30), ("late", 25), ("later", 26), ("soon", 60), ("far", 90)):
        target = (PARTY, token) if name == "done" else ("platform-b", TARGET)
        [made[name]] = await office.world.issue(target, deadline=deadline * HOUR)
    order = await office.checked(made["done"])
    await office.world.impose(token, Degree.WARN, key=key, given=carrying(order))
    office.seconds = 28 * HOUR
    page = await visitor.get("/")
    places = [page.text.index(made[name].order_id) for name in ("late", "later", "soon", "far", "done")]
    assert places == sorted(places)
    assert "Overdue orders: 2. They come first." in page.words
    assert "2 Mar 2026, 13:00 UTC+8 (3 hours overdue)" in page.words
    assert '<span class="count late">2 overdue</span>' in page.text
    assert "(32 hours left)" in page.words
    assert len(re.findall(r'<span class="badge red"><svg[^>]*><use [^>]*#clock"', page.text)) == 2
    assert "carried out in time" in page.words


async def test_the_list_shows_one_state(office: OfficerRoom) -> None:
    """By a choice of the form; an unknown one is none, and an empty answer says so."""
    visitor = await office.enter()
    [late] = await office.world.issue((PARTY, TARGET), deadline=25 * HOUR)
    [open_] = await office.world.issue(("platform-b", TARGET), deadline=50 * HOUR)
    office.seconds = 26 * HOUR
    for state, shown, hidden in (("OVERDUE", late, open_), ("OPEN", open_, late)):
        page = await visitor.get(f"/?state={state}")
        assert (shown.order_id in page.text, hidden.order_id in page.text) == (True, False)
        assert f'<option value="{state}" selected>' in page.text
        one = await visitor.get(f"/orders/{shown.order_id}")
        assert f'<a href="/?state={state}">Back</a>' in one.text
    assert "No order is in this state" in (await visitor.get("/?state=WITHDRAWN")).words
    for query in ("state=ELSE", "page=0", "page=x", "page=99", "page=1000000000"):
        page = await visitor.get(f"/?{query}")
        assert late.order_id in page.text, query
    theirs = await office.enter(OTHER_OFFICE)
    assert late.order_id not in (await theirs.get("/")).text


async def test_the_menu_counts_overdue_orders_under_a_filter(office: OfficerRoom) -> None:
    """One that was withdrawn elsewhere is gone from the list of overdue ones, and counted no more."""
    visitor = await office.enter()
    [late] = await office.world.issue((PARTY, TARGET), deadline=25 * HOUR)
    office.seconds = 26 * HOUR
    assert '<span class="count late">1 overdue</span>' in (await visitor.get("/")).text
    await asyncio.to_thread(office.officer().withdraw, late, REASON, code=office.code())
    assert '<span class="count' in (await visitor.get("/?state=OPEN")).text
    assert '<span class="count' not in (await visitor.get("/?state=OVERDUE")).text


async def test_a_long_list_has_pages(office: OfficerRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state that was chosen is kept from page to page."""
    monkeypatch.setattr(listing, "_PAGE", 2)
    visitor = await office.enter()
    for number in range(5):
        await office.world.issue((PARTY, TARGET), deadline=(30 + number) * HOUR)
    first = await visitor.get("/?state=OPEN")
    assert first.text.count('<tr><th scope="row"') == 2
    assert 'href="/?state=OPEN&amp;page=2"' in first.text
    assert "Previous page" not in first.words
    last = await visitor.get("/?state=OPEN&page=3")
    assert last.text.count('<tr><th scope="row"') == 1
    assert ('href="/?state=OPEN&amp;page=2"' in last.text, "Next page" in last.words) == (True, False)
    assert 'href="/?page=2"' in (await visitor.get("/")).text


async def test_an_order_shows_what_became_of_it(office: OfficerRoom, key: ModeratorKey) -> None:
    """Acknowledged, objected to with a reason, missed, carried out late: each with its time, in order."""
    token = await office.world.account()
    visitor = await office.enter()
    [given] = await office.world.issue((PARTY, token), measure=OrderMeasure.LIMIT)
    path = f"/orders/{given.order_id}"
    page = await visitor.get(path)
    assert "Send the document, if you have not done so" in page.words
    office.seconds = HOUR
    await office.acknowledge(given, key=key)
    assert "has checked and read it" in (await visitor.get(path)).words
    office.seconds = 2 * HOUR
    await office.object_to(given, "没有该账号 <b>(synthetic)</b>", key=key)
    page = await visitor.get(path)
    assert "The deadline runs on unless you withdraw the order" in page.words
    assert '<p class="said">没有该账号 &lt;b&gt;(synthetic)&lt;/b&gt;</p>' in page.text
    office.seconds = TERM + HOUR
    assert await office.miss() == 1
    page = await visitor.get(path)
    assert ("60 minutes overdue" in page.words, "The public log has the miss" in page.words) == (
        True,
        True,
    )
    order = await office.checked(given)
    office.seconds = TERM + 2 * HOUR
    await office.world.impose(token, Degree.LIMIT, key=key, given=carrying(order), seconds=office.seconds)
    page = await visitor.get(path)
    told = [
        "1 Mar 2026, 12:00 UTC+8 Given to the platform",
        "1 Mar 2026, 13:00 UTC+8 Acknowledged by a moderator of the platform",
        "1 Mar 2026, 14:00 UTC+8 The platform objected",
        "2 Mar 2026, 13:00 UTC+8 The deadline passed; the public log names the platform",
        "2 Mar 2026, 15:00 UTC+8 Carried out",
    ]
    places = [page.words.index(each) for each in told]
    assert places == sorted(places)
    assert "carried out late" in page.words
    before, _, after = page.text.partition("<details>")
    for value in (DOCUMENT_DIGEST.hex(), given.order_id):
        assert (value in before.partition("<main")[2].replace(path, ""), value in after) == (False, True)
    for canary in (builders.NAME, builders.identity().document.number):
        assert canary not in "".join(seen.text for seen in visitor.seen)


async def test_a_content_is_named_by_the_platforms_reference(office: OfficerRoom) -> None:
    """And its measure, in words."""
    [given] = await office.world.issue(
        (PARTY, "post/17"), kind=TargetKind.CONTENT, measure=OrderMeasure.REMOVE
    )
    page = await (await office.enter()).get(f"/orders/{given.order_id}")
    for text in ("Content post/17", "Remove the content", "4,711 bytes"):
        assert text in page.words


async def test_what_was_signed_is_downloaded(office: OfficerRoom) -> None:
    """As a file that anybody checks with the authority's public key; another officer gets none."""
    [given] = await office.world.issue((PARTY, TARGET))
    owner = await office.enter()
    path = f"/orders/{given.order_id}"
    assert f'href="{path}/signed"' in (await owner.get(path)).text
    found = await owner.get(f"{path}/signed")
    assert f"order-{given.order_id}.bin" in found.headers["Content-Disposition"]
    key = people.roster_member(OFFICE, role="authority").ed25519
    assert order_check.check_by_key(found.body, public_key=key).order_id == given.order_id
    other = await office.enter(OTHER_OFFICE)
    assert (await other.get(f"{path}/signed")).status == 404


async def test_an_order_is_withdrawn_with_a_reason_and_a_code(office: OfficerRoom) -> None:
    """Each mistake is told at its field, and the reason stays; it is withdrawn once, for good."""
    visitor = await office.enter()
    [given] = await office.world.issue((PARTY, TARGET))
    path = f"/orders/{given.order_id}/withdraw"
    asked = await visitor.get(path)
    assert (TARGET in asked.words, "cannot be undone" in asked.words) == (True, True)
    for act in ("withdrawn", "given"):
        page = await visitor.get(f"/orders/{given.order_id}?done={act}")
        assert ("The order is withdrawn." in page.words, "Signed and given." in page.words) == (
            False,
            act == "given",
        )
    for reason, code, field in (("", "1", "reason"), ("x" * 501, "1", "reason"), (REASON, "", "code")):
        wrong = await visitor.post(path, asked, reason=reason, code=code)
        assert (wrong.status, f'href="#{field}"' in wrong.text) == (422, True), field
    wrong = await visitor.post(path, wrong, reason=REASON, code="000000")
    assert (wrong.status, "9 tries are left" in wrong.words) == (422, True)
    assert REASON in (await visitor.get(f"{path}?lang=zh")).text
    await visitor.get("/?lang=en")
    shown = await withdraw(visitor, given.order_id, office.code())
    for text in ("withdrawn", "Withdrawn by you", f"Why you withdrew it {REASON}", "The order is withdrawn."):
        assert text in shown.words
    assert "Withdraw this order" not in shown.words
    assert (await visitor.get(path)).title == shown.title
    assert (await visitor.post(path, wrong, reason="other", code=office.code())).title == shown.title
    [found] = await office.given()
    assert found.state is OrderState.WITHDRAWN


async def test_a_withdrawal_whose_answer_was_lost(office: OfficerRoom) -> None:
    """The reason is still there; sent again, it leads to the order, which is withdrawn once."""
    visitor = await office.enter()
    given = [(await office.world.issue((PARTY, TARGET)))[0] for _ in range(2)]
    for order, when in zip(given, ("before", "after"), strict=True):
        path = f"/orders/{order.order_id}/withdraw"
        office.edge().lose("WithdrawOrder", when)
        lost = await withdraw(visitor, order.order_id, code := office.code())
        assert (lost.status, f'href="{path}">Back' in lost.text) == (503, True)
        office.edge().mend()
        form = await visitor.get(path)
        if when == "before":
            assert REASON in form.text
            form = await withdraw(visitor, order.order_id, code)
        assert "Withdrawn by you" in form.words
    assert office.sent.count(REASON.encode()) == 2


async def test_what_does_not_verify_is_not_shown(office: OfficerRoom) -> None:
    """An order that the vault alters, one of another authority, and one that is none."""
    visitor = await office.enter()
    [given] = await office.world.issue((PARTY, TARGET))
    [theirs] = await office.world.issue((PARTY, TARGET), name=OTHER_OFFICE)
    for order_id in (theirs.order_id, "0" * 32):
        page = await visitor.get(f"/orders/{order_id}")
        assert (page.status, "no order of yours with this id" in page.words) == (404, True)
    assert (await visitor.get("/orders/x")).status == 404

    def forge(_method: str, answer: Message) -> Message:
        if isinstance(answer, authority_pb2.IssuedOrder):
            answer.signed_order = answer.signed_order[:-1] + bytes([answer.signed_order[-1] ^ 1])
        return answer

    office.edge().tamper = forge
    page = await visitor.get(f"/orders/{given.order_id}")
    assert (page.status, TARGET in page.text) == (409, False)
    assert "A signature does not verify" in page.words


async def test_the_own_page_has_the_fingerprints(office: OfficerRoom) -> None:
    """Those of the officer's keys, the roster's version, and the second factor."""
    visitor = await office.enter()
    page = await visitor.get("/own")
    officer = office.officer()
    for value in officer.identity.member(spki="").fingerprints().values():
        assert value in page.words
    assert ("1, with your key since 1" in page.words, "10 tries are left" in page.words) == (True, True)


async def test_an_authority_that_left_the_roster_is_told(office: OfficerRoom) -> None:
    """It signs nothing more; the refusal names the roster."""
    visitor = await office.enter()
    [given] = await office.world.issue((PARTY, TARGET))
    office.world.rosters.versions.append(roster(OTHER_OFFICE, version=2))
    page = await withdraw(visitor, given.order_id, office.code())
    assert (page.status, "does not name you as an authority" in page.words) == (409, True)
