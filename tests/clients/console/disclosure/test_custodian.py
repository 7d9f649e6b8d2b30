"""The custodian's console: decisions with everything that is checked, drill, hand-over, own keys."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

from google.protobuf.message import Message

from idvault_client.errors import Unavailable
from idvault_people.console.disclosure import custodian as pages
from idvault_people.disclosure.custodian import Custodian
from idvault_verify.attest.people import roster_member as members
from idvault_verify.error import Reason
from idvault_verify.v1 import disclosure_pb2
from tests.clients.console.disclosure.steps import here, unfolded
from tests.support.console import Seen, Visitor, running
from tests.support.console_room import PATIENCE, ConsoleRoom
from tests.support.handover_world import D, Wire, adopt
from tools.support import builders, people
from tools.support.chamber import CUSTODIANS, roster_member

A, B, C = CUSTODIANS
APPROVED = disclosure_pb2.DISCLOSURE_STATE_APPROVED


async def waiting(owner: Visitor) -> Seen:
    """Return the list once each request verifies."""
    return await until(owner, "/", lambda page: "does not verify" not in page.words)


async def until(owner: Visitor, path: str, is_right: Callable[[Seen], bool]) -> Seen:
    """Return a page once it is right."""
    end = time.monotonic() + PATIENCE
    while not is_right(page := await owner.get(path)):
        assert time.monotonic() < end, page.words
        await asyncio.sleep(0.01)
    return page


async def test_a_request_is_shown_with_all_that_is_checked(house: ConsoleRoom) -> None:
    """Who asks, with which key, for what, how many others decided, and what was given today."""
    owner = await house.enter(A)
    assert "No request waits for you" in (await owner.get("/")).words
    account = await house.room.account()
    disclosure_id = await house.room.request(account)
    await house.approve(disclosure_id, B)
    page = await waiting(owner)
    auditor = roster_member("auditor-a")
    for text in (
        "案 2026-1",
        f"auditor-a ({auditor.organisation})",
        "since version 1 of the roster",
        "第一条 (synthetic)",
        "一次核查",
        "2 days left",
        "approvals: 1, denials: 0",
        "0 of 20",
        "Checked on this machine",
    ):
        assert text in page.words, text
    one = await owner.get(f"/requests/{disclosure_id}")
    assert f"{B} approved on" in one.words
    # What is compared by eye stands open, also where the code is typed.
    for seen in (page, one, await owner.get(f"/requests/{disclosure_id}/approve")):
        words = unfolded(seen)
        for text in (f"Account token {account}", members.fingerprint(auditor.ed25519)):
            assert (words.count(text), seen.words.count(text)) == (1, 1), text
        assert disclosure_id not in words


async def test_a_list_reads_the_roster_once(house: ConsoleRoom) -> None:
    """One client is made for it, however many requests wait."""
    for _ in range(3):
        await house.room.request(await house.room.account())
    session, made = house.custodian(A), list[str]()

    def counted() -> Custodian:
        made.append(A)
        return session.custodian()

    console = pages.console(replace(session, custodian=counted))
    owner = await (await house.stack.enter_async_context(running(console, session.folder))).enter()
    page = await owner.get("/")
    assert (page.text.count('<article class="card"'), len(made)) == (3, 1)


async def test_a_custodian_approves_with_a_code(house: ConsoleRoom) -> None:
    """A wrong code is said at its field; the share is given once the log has the approval."""
    disclosure_id = await house.room.request(await house.room.account())
    owner = await house.enter(A)
    await waiting(owner)
    path = f"/requests/{disclosure_id}/approve"
    wrong = await owner.post(path, await owner.get(path), code="000000")
    assert (wrong.status, "9 tries are left" in wrong.words) == (422, True)
    done = await owner.post(path, wrong, code=house.room.codes.code())
    assert done.title == "Your decision is recorded"
    assert ("your share was given" in done.words, "1 of 2" in done.words) == (True, True)
    assert "No request waits for you" in (await owner.get("/")).words
    assert (await owner.get(f"/requests/{'0' * 32}/decided")).status == 404
    for after in (path, path.replace("/approve", "/deny")):
        assert (await owner.get(after)).title == done.title
    sent = house.sent
    for secret in (people.secret(A, "hpke"), people.secret(A, "ed25519"), builders.NAME.encode()):
        assert secret not in sent


async def test_an_approval_that_was_cut_is_continued(house: ConsoleRoom) -> None:
    """After a lost approval, without a code before the release, and after a lost release."""
    disclosure_id = await house.room.request(await house.room.account())
    wire = house.edges[A] = Wire(house.room, A)
    owner = await house.enter(A)
    await waiting(owner)
    path = f"/requests/{disclosure_id}/approve"
    code = house.room.codes.code()
    for method, when in (
        ("ApproveDisclosure", "after"),
        ("ReleaseShare", "before"),
        ("ReleaseShare", "after"),
    ):
        wire.cut = _cutting(method, when)
        form = await owner.get(path)
        assert ("it needs no code" in form.words) == ((method, when) == ("ReleaseShare", "after"))
        lost = await owner.post(path, form, code=code)
        assert (lost.status, "safe to repeat" in lost.words) == (503, True), (method, when)
    wire.cut = lambda _method, _when: None
    assert (await owner.post(path, form)).title == "Your decision is recorded"


def _cutting(wanted: str, when: str) -> Callable[[str, str], None]:
    def cut(method: str, at: str) -> None:
        if (method.rpartition("/")[2], at) == (wanted, when):
            raise Unavailable(None, "UNAVAILABLE")

    return cut


async def test_a_denial_needs_a_reason(house: ConsoleRoom) -> None:
    """It is signed, and the auditor reads it."""
    disclosure_id = await house.room.request(await house.room.account())
    owner = await house.enter(B)
    await waiting(owner)
    path = f"/requests/{disclosure_id}/deny"
    for reason in ("", "x" * 501):
        wrong = await owner.post(path, await owner.get(path), reason=reason)
        assert (wrong.status, 'href="#reason"' in wrong.text) == (422, True)
    hidden = await owner.post(path, wrong, reason="a\u202eb")
    assert "cannot be seen" in hidden.words
    done = await owner.post(path, wrong, reason="依据不足\r\n(synthetic)")
    assert "You denied it" in done.words
    (case,) = await house.filed()
    assert [each.reason for each in case.decisions] == ["依据不足 (synthetic)"]


async def test_a_request_that_does_not_verify_shows_only_why(house: ConsoleRoom) -> None:
    """It cannot be approved, but denied; its texts are not shown."""
    disclosure_id = await house.room.request(await house.room.account())
    owner = await house.enter(A)
    await waiting(owner)

    def forge(method: str, answer: Message) -> Message:
        if isinstance(answer, disclosure_pb2.ListPendingDisclosuresResponse):
            signed = answer.disclosures[0].signed_request
            answer.disclosures[0].signed_request = signed[:-1] + bytes([signed[-1] ^ 1])
        return answer

    house.edge(A).tamper = forge
    page = await owner.get("/")
    assert ("does not verify, and cannot be approved" in page.words, "一次核查" in page.words) == (
        True,
        False,
    )
    assert f"/requests/{disclosure_id}/approve" not in page.text
    path = f"/requests/{disclosure_id}/approve"
    refused = await owner.post(path, await owner.get(path), code=house.room.codes.code())
    assert (refused.status, "A signature does not verify" in refused.words) == (409, True)


async def test_the_drill(house: ConsoleRoom) -> None:
    """Due, refused with a wrong code, passed, and then due in 90 days."""
    owner = await house.enter(A)
    assert "being created" in (await owner.get("/drill")).words
    await house.room.keep_drill()
    page = await until(owner, "/drill", lambda page: "due by" in page.words)
    assert "never with these keys" in page.words
    wrong = await owner.post("/drill", page, code="000000")
    assert (wrong.status, "9 tries are left" in wrong.words) == (422, True)
    passed = await owner.post("/drill", wrong, code=house.room.codes.code())
    assert "Drill: due by" not in (await owner.get("/")).words
    assert "never with these keys" not in passed.words
    assert "Passed: your share opened, and the log has it. The next drill is due by" in passed.words
    assert "<summary>Do it once more</summary>" in passed.text
    house.room.pass_time(days=100)
    await house.room.request(await house.room.account())
    assert "Drill: overdue since" in (await waiting(owner)).words
    late = await owner.get("/drill")
    assert ("overdue since" in late.words, "Passed:" in late.words) == (True, False)


async def test_the_own_page_has_the_fingerprints(house: ConsoleRoom) -> None:
    """Those that a roster or a hand-over compares; the log position; a key that the roster lacks."""
    owner = await house.enter(A)
    page = await owner.get("/own")
    found = roster_member(A)
    for key in (found.ed25519, found.hpke_public_key):
        assert sha256(key).hexdigest()[:4] in page.words
        assert members.fingerprint(key) in page.words
    assert ("no checkpoint seen yet" in page.words, "10 tries are left" in page.words) == (True, True)
    await house.room.request(await house.room.account())
    await waiting(owner)
    assert "entries" in (await owner.get("/own")).words


async def test_a_hand_over_shows_its_progress(house: ConsoleRoom) -> None:
    """To the successor whose fingerprint is shown; the page renews itself until it is done."""
    owner = await house.enter(A)
    assert "Nobody has replaced you" in (await owner.get("/hand-over")).words
    for _ in range(3):
        await house.room.account()
    adopt(house.room, D, B, C)
    page = await owner.get("/hand-over")
    assert members.fingerprint(roster_member(D).hpke_public_key) in page.words
    shown = await owner.post("/hand-over", page)
    assert ("It is running" in shown.words) == (shown.headers.get("Refresh") == "2; url=/hand-over")
    shown = await until(owner, "/hand-over", lambda page: "It is running" not in page.words)
    assert "The hand-over is done" in shown.words
    assert "3 of 3 shares handed over, 0 left" in shown.words
    again = await owner.post("/hand-over", page)
    assert "3 of 3" in again.words


async def test_a_hand_over_that_stops_says_why(house: ConsoleRoom) -> None:
    """And can be continued."""
    wire = house.edges[A] = Wire(house.room, A)
    owner = await house.enter(A)
    await house.room.account()
    adopt(house.room, D, B, C)
    page = await owner.get("/hand-over")
    wire.cut = _cutting("ListSharesToHandOver", "before")
    shown = await owner.post("/hand-over", page)
    shown = await until(owner, "/hand-over", lambda page: "It is running" not in page.words)
    assert "The vault cannot be reached" in shown.words
    wire.cut = lambda _method, _when: None
    shown = await owner.post(here(shown), shown)
    shown = await until(owner, "/hand-over", lambda page: "It is running" not in page.words)
    assert "1 of 1 shares handed over" in shown.words
    assert Reason.ACCESS_DENIED not in shown.words
