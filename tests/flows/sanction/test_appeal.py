"""Appeals over both databases: what happens to sanctions and standings, what is logged and deleted."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from idvault_client.errors import (
    PreconditionFailed,
)
from idvault_client.sanctions import AccountAppeal, OperationFigure
from idvault_verify.account import Standing
from idvault_verify.error import Reason
from idvault_verify.sanction import AppealState, Degree, SanctionState, Scope
from tests.support.appeal_world import TEXT, AppealWorld
from tests.support.misses import missed
from tests.support.refusal import fields_of, reason_of
from tools.support import builders
from tools.support.campaign_world import DAY
from tools.support.feed import Feed
from tools.support.flow_world import PARTY, at, command, request_id
from tools.support.sanction_world import until
from tools.support.storage_world import World as StorageWorld

HOUR = 3_600
# The tests begin at noon in Shanghai, and every deadline is a midnight there.
DUE = 15 * DAY + 12 * HOUR
DELETED = 90 * DAY + 12 * HOUR
LAST_DAY_OVER = 180 * DAY + 12 * HOUR
FILED, UPHELD, REJECTED = AppealState.FILED, AppealState.UPHELD, AppealState.REJECTED


async def test_an_upheld_appeal_restores_the_account(world: AppealWorld) -> None:
    """The standing is that of what else is in force, as if the sanction had not been."""
    token, closed, judge = await world.case(Degree.CLOSE)
    key = await world.moderator(1)
    await world.impose(token, Degree.WARN, key=key)
    appeal = await world.file(closed)
    assert (appeal.state, appeal.due_time) == (FILED, at(DUE).business)
    assert (await world.status(token)).standing is Standing.CLOSED
    upheld = await world.decide(appeal, UPHELD, key=judge, seconds=5)
    assert (upheld.state, upheld.decide_moderator_id, upheld.outside_body) == (UPHELD, judge.moderator_id, "")
    assert (await world.status(token)).standing is Standing.WARNED
    overturned = await world.get(closed)
    assert (overturned.state, overturned.lift_moderator_id, overturned.lift_reason) == (
        SanctionState.OVERTURNED,
        judge.moderator_id,
        "read again",
    )
    assert await world.events("appeal:") == ["appeal:case:file", "appeal:case:uphold"]
    assert await world.events("sanction:close") == [
        "sanction:close:impose",
        "sanction:close:overturn",
        "sanction:close:propose",
    ]


async def test_a_rejected_appeal_changes_nothing_but_names_the_way_on(world: AppealWorld) -> None:
    """The sanction stays, and the appeal names the outside body and its last day."""
    token, made, judge = await world.case(Degree.LIMIT, given=until(30 * DAY))
    rejected = await world.decide(await world.file(made), REJECTED, key=judge)
    assert (rejected.outside_body, rejected.outside_due_time) == (
        "Internet Court (synthetic)",
        at(60 * DAY + 12 * HOUR).business,
    )
    assert await world.get(made) == made
    assert (await world.status(token)).standing is Standing.PUBLISHING_LIMITED
    assert (await world.status(token, seconds=30 * DAY)).standing is Standing.GOOD
    assert await world.events("appeal:") == ["appeal:case:file", "appeal:case:reject"]
    assert await world.read(rejected) == replace(rejected, text=TEXT)


async def test_nothing_is_decided_without_a_valid_signature(world: AppealWorld) -> None:
    """Neither by who imposed the sanction, nor by another's key, nor by who was revoked."""
    _, warned, judge = await world.case()
    appeal, first, other = await world.file(warned), await world.moderator(1), await world.moderator(4)
    assert await reason_of(world.decide(appeal, UPHELD, key=first)) is Reason.SELF_APPROVAL
    forged = replace(other, private_key=judge.private_key)
    assert await fields_of(world.decide(appeal, UPHELD, key=forged)) == ["signature.signature"]
    await world.revoke(judge)
    assert await reason_of(world.decide(appeal, UPHELD, key=judge)) is Reason.MODERATOR_REVOKED
    assert await world.read(appeal) == replace(appeal, text=TEXT)


async def test_one_appeal_for_each_sanction(world: AppealWorld) -> None:
    """Of several at once one is filed; a second one is refused, also after the decision."""
    _, made, judge = await world.case()
    answers = await asyncio.gather(*(world.file(made) for _ in range(4)), return_exceptions=True)
    (appeal,) = [each for each in answers if isinstance(each, AccountAppeal)]
    told = [each for each in answers if isinstance(each, PreconditionFailed)]
    assert [each.reason for each in told] == [Reason.APPEAL_EXISTS] * 3
    await world.decide(appeal, REJECTED, key=judge)
    assert await reason_of(world.file(made)) is Reason.APPEAL_EXISTS
    assert await world.events("appeal:case:file") == ["appeal:case:file"]


async def test_of_several_decisions_one_wins(world: AppealWorld) -> None:
    """The others are told both states."""
    token, made, judge = await world.case()
    other = await world.moderator(4)
    appeal = await world.file(made)
    answers = await asyncio.gather(
        world.decide(appeal, UPHELD, key=judge),
        world.decide(appeal, REJECTED, key=other),
        world.decide(appeal, UPHELD, key=other),
        return_exceptions=True,
    )
    (won,) = [each for each in answers if isinstance(each, AccountAppeal)]
    told = [each.states for each in answers if isinstance(each, PreconditionFailed)]
    assert [each and each[0] for each in told] == [won.state] * 2
    standing = (await world.status(token)).standing
    assert standing is (Standing.GOOD if won.state is UPHELD else Standing.WARNED)


async def test_a_sanction_that_has_ended_is_overturned(world: AppealWorld) -> None:
    """Its history says so; its end stays, and the log does not count it as ended twice."""
    token, lifted, judge = await world.case(Degree.LIMIT)
    key = await world.moderator(1)
    lapsed = await world.impose(token, Degree.SUSPEND, key=key, given=until(HOUR))
    unstored = await world.impose(token, Degree.WARN, key=key, given=until(HOUR))
    appeals = [await world.file(each) for each in (lifted, lapsed, unstored)]
    ended = await world.lift(lifted, key=key, seconds=9)
    await world.work(seconds=HOUR)
    for appeal in appeals:
        await world.decide(appeal, UPHELD, key=judge, seconds=2 * HOUR)
    found = [await world.get(each, seconds=2 * HOUR) for each in (lifted, lapsed, unstored)]
    assert found[0] == replace(ended, state=SanctionState.OVERTURNED)
    assert [(each.state, each.finish_time) for each in found[1:]] == [
        (SanctionState.OVERTURNED, at(HOUR).business)
    ] * 2
    assert (await world.status(token, seconds=2 * HOUR)).standing is Standing.GOOD
    assert await world.events("sanction:") == [
        "sanction:limit:impose",
        "sanction:limit:lift",
        "sanction:suspend:impose",
        "sanction:suspend:lapse",
        "sanction:warn:impose",
        "sanction:warn:lapse",
    ]


async def test_repeats_are_the_same_act(world: AppealWorld) -> None:
    """A request id files or decides once, whenever it is signed; another body is refused."""
    token, made, judge = await world.case()
    appeal = await world.file(made, request_id=request_id(41))
    revision = (await world.status(token)).revision
    again = await world.file(made, request_id=request_id(41), seconds=LAST_DAY_OVER)
    assert again == replace(appeal, overdue=True)
    work = world.file(made, "another text", request_id=request_id(41))
    assert await reason_of(work) is Reason.REQUEST_ID_REUSED
    assert (await world.status(token)).revision == revision
    decided = await world.decide(appeal, REJECTED, key=judge, request_id=request_id(42))
    same: dict[str, Any] = {"key": judge, "request_id": request_id(42)}
    assert await world.decide(appeal, REJECTED, **same) == decided
    assert await world.decide(appeal, REJECTED, **same, seconds=HOUR, signed=0) == decided
    late = world.decide(appeal, REJECTED, key=judge, seconds=HOUR, signed=0)
    assert await reason_of(late) is Reason.INVALID_MESSAGE
    work = world.decide(appeal, UPHELD, **same)
    assert await reason_of(work) is Reason.REQUEST_ID_REUSED
    assert await world.events("appeal:") == ["appeal:case:file", "appeal:case:reject"]


async def test_the_feed_tells_of_both_ends(world: AppealWorld) -> None:
    """Filing and deciding each raise the revision once, whether or not the standing changes."""
    token, made, judge = await world.case(Degree.LIMIT)
    other = await world.impose(token, Degree.LIMIT, key=await world.moderator(1))
    feed = Feed(world.database)
    revisions: list[tuple[int, int]] = []

    async def told() -> None:
        await feed.arrange(limit=100)
        after = revisions[-1][0] if revisions else 0
        chunk = await feed.changes(after=after, limit=100)
        assert token in str(chunk.accounts)
        revisions.append((chunk.place, (await world.status(token)).revision))

    await told()
    appeals = [await world.file(made), await world.file(other)]
    await told()
    await world.decide(appeals[0], REJECTED, key=judge)
    await told()
    await world.decide(appeals[1], UPHELD, key=judge)
    await told()
    steps = [later[1] - former[1] for former, later in pairwise(revisions)]
    assert steps == [2, 1, 1]


async def test_an_overdue_appeal_is_logged_once(world: AppealWorld) -> None:
    """By the worker, or by the late decision; the list and the count tell of it until it is decided."""
    _, made, judge = await world.case()
    other = await world.impose(await world.account(2), Degree.WARN, key=await world.moderator(1))
    first, second = await world.file(made), await world.file(other, seconds=DAY)
    assert await world.sweep_all(seconds=DUE - 1) == (0, 0)
    assert await world.appeal_pages(overdue=True, seconds=DUE - 1) == [[]]
    assert await world.sweep_all(seconds=DUE) == (1, 0)
    assert await world.sweep_all(seconds=DUE) == (0, 0)
    assert await world.appeal_pages(overdue=True, seconds=DUE) == [[first.appeal_id]]
    assert await world.appeal_pages(overdue=True, seconds=DUE + DAY) == [[first.appeal_id, second.appeal_id]]
    counts = [await world.overdue(seconds=seconds) for seconds in (DUE - 1, DUE + DAY)]
    for appeal, verdict in ((first, UPHELD), (second, REJECTED)):
        await world.decide(appeal, verdict, key=judge, seconds=DUE + DAY)
    noted = [(await world.stored_appeal(each)).overdue_at for each in (first, second)]
    assert noted == [at(DUE).business, at(DUE + DAY).business]
    assert [*counts, await world.overdue(seconds=DUE + DAY)] == [0, 2, 0]
    assert await world.sweep_all(seconds=DUE + DAY) == (0, 0)
    assert await world.events("appeal:case:overdue") == ["appeal:case:overdue"] * 2
    assert {each[:2] for each in await missed(world.database)} == {("appeal:case:overdue", PARTY)}


async def test_sweeps_of_several_workers_log_once(world: AppealWorld) -> None:
    """Each change is made by one of them."""
    _, made, judge = await world.case()
    appeal = await world.file(made)
    noted = await asyncio.gather(*(world.note_overdue(seconds=DUE) for _ in range(3)))
    assert sum(noted) == 1
    await world.decide(appeal, REJECTED, key=judge)
    deleted = await asyncio.gather(*(world.delete_texts(seconds=DELETED) for _ in range(3)))
    assert sum(deleted) == 1
    assert await world.events("appeal:") == [
        "appeal:case:file",
        "appeal:case:overdue",
        "appeal:case:reject",
        "appeal:text:delete",
    ]


async def test_a_text_is_deleted_in_time(world: AppealWorld) -> None:
    """Nobody reads it from the 90th day after the decision, and the worker then removes its bytes."""
    _, made, judge = await world.case()
    appeal = await world.file(made)
    assert await world.stored_text(appeal) is not None
    decided = await world.decide(appeal, REJECTED, key=judge)
    assert (await world.read(decided, seconds=DELETED - 1)).text == TEXT
    assert await world.sweep_all(seconds=DELETED - 1) == (0, 0)
    assert (await world.read(decided, seconds=DELETED)).text == ""
    assert await world.sweep_all(seconds=DELETED) == (0, 1)
    assert await world.sweep_all(seconds=DELETED) == (0, 0)
    assert await world.stored_text(appeal) is None
    bare = await world.stored_appeal(appeal)
    assert (bare.delete_at, bare.text_deleted_at) == (None, at(DELETED).business)
    assert await world.read(decided, seconds=DELETED) == decided
    assert await world.events("appeal:text:delete") == ["appeal:text:delete"]


async def test_texts_are_nowhere_in_clear(world: AppealWorld) -> None:
    """No table and no leaf contains an appeal's text, and no two rows look alike."""
    token, made, judge = await world.case()
    other = await world.impose(token, Degree.WARN, key=await world.moderator(1))
    appeals = [await world.file(each) for each in (made, other)]
    await world.decide(appeals[0], REJECTED, key=judge)
    contents = str(await StorageWorld(world.database).contents())
    for part in (TEXT, "satire", "请看全文"):
        assert part not in contents
        assert repr(part.encode())[2:-1] not in contents
    first, second = [await world.stored_text(each) for each in appeals]
    assert first is not None
    assert second is not None
    assert b"satire" not in first
    assert first[13:] != second[13:]


async def test_lists_filter_and_do_not_move(world: AppealWorld) -> None:
    """By account, state and lateness; an appeal that is filed meanwhile moves no other."""
    key, judge = await world.moderator(1), await world.moderator(3)
    tokens = [await world.account(number) for number in (1, 2)]
    made = [await world.impose(tokens[place % 2], Degree.WARN, key=key) for place in range(6)]
    appeals = [await world.file(each, seconds=place) for place, each in enumerate(made)]
    ids = [each.appeal_id for each in appeals]
    await world.decide(appeals[1], UPHELD, key=judge, seconds=9)
    await world.decide(appeals[2], REJECTED, key=judge, seconds=9)
    assert await world.appeal_pages() == [ids]
    assert await world.appeal_pages(size=4) == [ids[:4], ids[4:]]
    assert await world.appeal_pages(size=6) == [ids]
    assert await world.appeal_pages(state=UPHELD) == [[ids[1]]]
    assert await world.appeal_pages(state=FILED, size=2) == [[ids[0], ids[3]], ids[4:]]
    assert await world.appeal_pages(account_token=tokens[0]) == [ids[::2]]
    assert await world.appeal_pages(account_token=tokens[0], state=REJECTED) == [[ids[2]]]
    assert await world.appeal_pages(account_token=tokens[1], overdue=True, seconds=DUE) == [[ids[3], ids[5]]]
    assert await world.appeal_pages(party="platform-b") == [[]]
    first = await world.appeal_pages(size=2)
    await world.file(await world.impose(tokens[0], Degree.WARN, key=key), seconds=10)
    assert (await world.appeal_pages(size=2))[:3] == first
    assert await fields_of(world.asks().list_appeals(page_token="f" * 32)) == ["page_token"]


async def test_only_ones_own(world: AppealWorld) -> None:
    """Another platform's sanction and appeal are unknown, in the same words as one that does not exist."""
    _, made, _ = await world.case()
    appeal = await world.file(made)
    theirs = await world.moderator(1, party="platform-b")
    unknown = replace(made, sanction_id="f" * 32)
    for work in (world.file(made, party="platform-b"), world.file(unknown)):
        assert await reason_of(work) is Reason.SANCTION_NOT_FOUND
    reads = (
        world.decide(appeal, UPHELD, key=theirs, party="platform-b"),
        world.read(appeal, party="platform-b"),
        world.read(replace(appeal, appeal_id="f" * 32)),
    )
    for each in reads:
        assert await reason_of(each) is Reason.APPEAL_NOT_FOUND


async def test_a_text_or_reason_that_is_refused(world: AppealWorld) -> None:
    """The error names the field, and nothing is stored."""
    _, made, judge = await world.case()
    assert await fields_of(world.file(made, "\0")) == ["text"]
    appeal = await world.file(made)
    assert await fields_of(world.decide(appeal, UPHELD, key=judge, reason="")) == ["reason"]
    assert await world.events("appeal:") == ["appeal:case:file"]


async def test_a_campaigns_limit_stays(world: AppealWorld) -> None:
    """An upheld appeal ends the moderator's sanction and nothing that a campaign has set."""
    campaigns = world.campaigns
    (token,) = await campaigns.members(1)
    campaign = await campaigns.started(enforcement_date=builders.TODAY + timedelta(days=10))
    await campaigns.take(campaign)
    await campaigns.record(campaign, token)
    assert await campaigns.enforce(at(10 * DAY)) == 1
    _, made, judge = await world.case(Degree.SUSPEND, token=token)
    await world.decide(await world.file(made), UPHELD, key=judge)
    assert (await world.status(token)).standing is Standing.PUBLISHING_LIMITED


async def test_the_persons_other_accounts_are_released(world: AppealWorld) -> None:
    """What follows an overturned sanction of a person ends as after a lift, also if it had been lifted."""
    token = await world.account()
    keys = (await world.moderator(1), await world.moderator(2))
    judge = await world.moderator(3)
    other = (await world.claims.verify(command(2, builders.identity(number="11000019010101000X")))).account
    made = await world.of_person(token, Degree.LIMIT, keys)
    appeal = await world.file(made)
    again = command(3, builders.identity(number="11000019010101000X"), account_token=other.account_token)
    await world.claims.verify(again)
    assert (await world.status(other.account_token)).standing is Standing.PUBLISHING_LIMITED
    await world.decide(appeal, UPHELD, key=judge)
    assert (await world.status(token)).standing is Standing.GOOD
    assert (await world.status(other.account_token)).standing is Standing.PUBLISHING_LIMITED
    assert await world.release(seconds=3 * DAY) == 1
    assert (await world.status(other.account_token, seconds=3 * DAY)).standing is Standing.GOOD
    assert await world.events("person:limit") == [
        "person:limit:impose",
        "person:limit:overturn",
        "person:limit:propose",
    ]


async def test_an_operation_counts_what_was_overturned(world: AppealWorld) -> None:
    """A sanction that an appeal overturns is no longer counted as in force, lifted or lapsed."""
    operation = await world.begin()
    named: dict[str, Any] = {"operation": operation}
    token, made, judge = await world.case(**named)
    lifted = await world.impose(token, Degree.WARN, key=await world.moderator(1), **named)
    await world.lift(lifted, key=judge)
    for sanction in (made, lifted):
        await world.decide(await world.file(sanction), UPHELD, key=judge)
    counted = await world.asks().get_operation(operation.operation_id)
    assert counted.figures == (OperationFigure(Degree.WARN, Scope.ACCOUNT, 2, 0, 0, 0, 2),)
