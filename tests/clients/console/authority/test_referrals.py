"""Referred reports on the officer's console: the list, one of them, and its answer in two steps."""

import asyncio
import re

import pytest
from google.protobuf.message import Message

from idvault_people.authority.referral import GivenReferral
from idvault_verify.attest import order as papers
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import ReferralState
from idvault_verify.v1 import authority_pb2, tip_off_pb2
from tests.clients.console.authority.steps import answer, here, sign
from tests.support.officer_room import OfficerRoom
from tools.support.flow_world import PARTY
from tools.support.orders import OFFICE, OTHER_OFFICE

DAY = 86_400
CHECK = "Check exactly what you sign"


async def found(office: OfficerRoom, referral_id: str) -> GivenReferral:
    """Return a referral as its authority's own client reads it."""
    return await asyncio.to_thread(office.referrals().get, referral_id)


async def test_open_ones_come_first_with_the_days_that_are_left(
    office: OfficerRoom, key: ModeratorKey
) -> None:
    """What is over follows, newest first; a state can be chosen, and another authority reads nothing."""
    visitor = await office.enter()
    assert "No platform has referred a report to you." in (await visitor.get("/referrals")).words
    first = await office.refer(key)
    office.seconds = DAY
    second = await office.refer(key, category=SanctionCategory.FRAUD)
    third = await office.refer(key)
    await answer(visitor, first, "decline", office.code())
    await answer(visitor, third, "accept", office.code())
    office.seconds = 2 * DAY
    fourth = await office.refer(key)
    listed = await visitor.get("/referrals")
    places = [listed.text.index(f'href="/referrals/{each}"') for each in (second, fourth, third, first)]
    assert places == sorted(places)
    zone = "in the vault's time zone"
    for text in (
        "Waiting for your answer: 2.",
        f"fraud {PARTY} Content: post/17 9 March 2026, {zone} (6 days left) waits for your answer",
        f"10 March 2026, {zone} (7 days left)",
        "accepted by you",
        f"rumour {PARTY} not shown any more 8 March 2026, {zone} declined by you",
    ):
        assert text in listed.words, text
    chosen = await visitor.get("/referrals?state=DECLINED")
    assert (first in chosen.text, second in chosen.text) == (True, False)
    assert "No referral is in this state." in (await visitor.get("/referrals?state=LAPSED")).words
    office.seconds = 7 * DAY
    assert "(tomorrow is the last day)" in (await visitor.get(f"/referrals/{second}")).words
    office.seconds = 8 * DAY
    assert "(today is the last day)" in (await visitor.get(f"/referrals/{second}")).words
    other = await office.enter(OTHER_OFFICE)
    assert second not in (await other.get("/referrals")).text
    missing = await other.get(f"/referrals/{second}")
    assert (missing.status, "No report was referred to you under this id." in missing.words) == (404, True)


@pytest.mark.parametrize(
    ("last", "now", "left", "spent"),
    [
        ("2026-03-08", 3.5 * DAY, "3 days left", 50),
        ("2026-03-08", 8.25 * DAY, "ended", 100),
        ("2026-02-28", 0, "ended", 100),
    ],
)
async def test_the_bar_of_a_last_day(
    office: OfficerRoom, key: ModeratorKey, *, last: str, now: float, left: str, spent: int
) -> None:
    """It is full once the day is over by this machine's calendar, and whatever days the vault tells."""
    visitor = await office.enter()
    referral = await office.refer(key)
    office.seconds = now

    def open_until(_method: str, answer: Message) -> Message:
        if isinstance(answer, authority_pb2.Referral):
            answer.state, answer.last_date = tip_off_pb2.TipOff.REFERRAL_STATE_OPEN, last
        return answer

    office.edge().tamper = open_until
    page = await visitor.get(f"/referrals/{referral}")
    assert page.status == 200
    assert re.search(rf'\({left}\)<progress class="due[^"]*" value="{spent}"', page.text), page.text


@pytest.mark.parametrize(
    ("verb", "state"), [("accept", ReferralState.ACCEPTED), ("decline", ReferralState.DECLINED)]
)
async def test_an_answer_is_signed_as_it_was_shown(
    office: OfficerRoom, key: ModeratorKey, verb: str, state: ReferralState
) -> None:
    """Its bytes are on the preview; afterwards no page offers an answer."""
    visitor = await office.enter()
    referral = await office.refer(key)
    shown = await visitor.get(f"/referrals/{referral}")
    assert f'href="/referrals/{referral}/{verb}"' in shown.text
    first = await visitor.get("/")
    assert '<span class="count">1</span>' in first.text
    preview = await visitor.get(f"/referrals/{referral}/{verb}")
    assert preview.title == CHECK
    for text in (f"Authority {OFFICE}", f"Platform {PARTY}", "Category rumour", "Content post/17"):
        assert text in preview.words, text
    after = await sign(visitor, preview, office.code())
    assert ("is signed and sent." in after.words, '<span class="count">' in after.text) == (True, False)
    made = await found(office, referral)
    assert (made.state, papers.parse_answer(made.signed_answer).answer) == (state, state)
    assert made.signed_answer[:-64].hex() in preview.text
    assert papers.digest(made.signed_answer).hex() in after.text
    assert f"/referrals/{referral}/" not in after.text
    for path in (f"/referrals/{referral}/accept", f"/referrals/{referral}/decline"):
        assert (await visitor.get(path)).title == f"Report referred by {PARTY}"


async def test_the_first_page_counts_what_was_referred_meanwhile(
    office: OfficerRoom, key: ModeratorKey
) -> None:
    """Each time it is asked for as a whole, not for one state; a list in one state is led back to."""
    visitor = await office.enter()
    assert '<span class="count">' not in (await visitor.get("/")).text
    referral = await office.refer(key)
    calls = len(office.edge().calls)
    assert '<span class="count">' not in (await visitor.get("/?state=OPEN")).text
    assert not any(method.endswith("ListReferrals") for method, _ in office.edge().calls[calls:])
    assert '<span class="count">1</span>' in (await visitor.get("/")).text
    await visitor.get("/referrals?state=OPEN")
    assert '<a href="/referrals?state=OPEN">Back</a>' in (await visitor.get(f"/referrals/{referral}")).text


async def test_a_wrong_code_and_another_preview_sign_nothing(office: OfficerRoom, key: ModeratorKey) -> None:
    """Each is told on the preview; one that is too old, or was never shown, is made anew."""
    visitor = await office.enter()
    referral = await office.refer(key)
    path = f"/referrals/{referral}/accept"
    preview = await visitor.get(path)
    for code, text in (("", "Enter this"), ("000000", "tries are left")):
        wrong = await sign(visitor, preview, code)
        assert (wrong.status, text in wrong.words) == (422, True)
        assert wrong.hidden("digest") == preview.hidden("digest")
    office.seconds = 600
    old = await sign(visitor, preview, office.code())
    assert (old.status, "too old or has changed" in old.words) == (422, True)
    assert old.hidden("digest") != preview.hidden("digest")
    forged = await visitor.post(path, old, digest=preview.hidden("digest"), code=office.code())
    assert forged.status == 422
    # The decline's preview does not sign the acceptance.
    other = await visitor.get(f"/referrals/{referral}/decline")
    forged = await visitor.post(path, old, digest=other.hidden("digest"), code=office.code())
    assert forged.status == 422
    assert (await found(office, referral)).state is ReferralState.OPEN
    office.ahead = -3_600
    late = await sign(visitor, forged, office.code())
    assert (late.status, "Compare this machine's clock" in late.words) == (422, True)
    assert late.hidden("digest") == (await visitor.get(path)).hidden("digest")
    office.ahead = 0
    assert (await sign(visitor, late, office.code())).title == f"Report referred by {PARTY}"
    assert (await found(office, referral)).state is ReferralState.ACCEPTED


async def test_a_lost_answer_is_shown(office: OfficerRoom, key: ModeratorKey) -> None:
    """Whether it arrived or not, the form sent again leads to one answer."""
    visitor = await office.enter()
    for when in ("before", "after"):
        referral = await office.refer(key)
        preview = await visitor.get(f"/referrals/{referral}/accept")
        office.edge().lose("AnswerReferral", when)
        code = office.code()
        lost = await sign(visitor, preview, code)
        assert (lost.status, "may have taken effect or not" in lost.words) == (503, True)
        office.edge().mend()
        again = await sign(visitor, preview, code)
        assert again.title == f"Report referred by {PARTY}"
        assert (await found(office, referral)).state is ReferralState.ACCEPTED
    assert (await office.reports.events()).count("tipoff:referral:accept") == 2


async def test_what_came_between_is_shown(office: OfficerRoom, key: ModeratorKey) -> None:
    """An answer from elsewhere while this one was on its way, and a last day that has passed."""
    visitor = await office.enter()
    referral = await office.refer(key)
    preview = await visitor.get(f"/referrals/{referral}/accept")
    office.edge().delay("AnswerReferral")
    assert (await sign(visitor, preview, office.code())).status == 503
    office.edge().mend()
    declining = await visitor.get(f"/referrals/{referral}/decline")

    def cut(method: str, when: str) -> None:
        if (method.rpartition("/")[2], when) == ("AnswerReferral", "before"):
            office.edge().mend()
            asyncio.run_coroutine_threadsafe(office.edge().arrive(), office.world.loop).result(30)

    office.edge().cut = cut
    shown = await sign(visitor, declining, office.code())
    assert ("accepted by you" in shown.words, (await found(office, referral)).state) == (
        True,
        ReferralState.ACCEPTED,
    )
    lapsed = await office.refer(key)
    preview = await visitor.get(f"/referrals/{lapsed}/accept")
    office.seconds = 9 * DAY
    shown = await sign(visitor, preview, office.code())
    assert ("expired without your answer" in shown.words, "not shown any more" in shown.words) == (True, True)
    assert here(preview).startswith(f"/referrals/{lapsed}")


async def test_a_vault_that_lies_is_found(office: OfficerRoom, key: ModeratorKey) -> None:
    """An answer that was not signed here is refused; a category that this program does not know has none."""
    visitor = await office.enter()
    referral = await office.refer(key)

    def strange(_method: str, answer: authority_pb2.Referral) -> authority_pb2.Referral:
        answer.category = 99  # type: ignore[assignment]
        return answer

    def answered(_method: str, answer: authority_pb2.Referral) -> authority_pb2.Referral:
        answer.signed_answer = b"x"
        return answer

    office.edge().tamper = strange  # type: ignore[assignment]
    shown = await visitor.get(f"/referrals/{referral}")
    assert (shown.status, "Category Unknown state" in shown.words) == (200, True)
    assert f"/referrals/{referral}/accept" not in shown.text
    office.edge().tamper = answered  # type: ignore[assignment]
    refused = await visitor.get(f"/referrals/{referral}")
    assert (refused.status, "belongs to another request" in refused.words) == (409, True)
