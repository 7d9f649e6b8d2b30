"""Reports over both databases: filing, following, the moderators' work, and what is logged."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from idvault.core.db.database import Database
from idvault.core.db.statement import statement
from idvault.tip_off.acts.filing import TRIES_A_DAY
from idvault_client.errors import (
    Exhausted,
    InvalidFields,
    RequestIdReused,
    VaultError,
)
from idvault_client.tip_offs import TipOffReport
from idvault_verify.account import Standing
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.error import Reason
from idvault_verify.sanction import Degree, Origin
from idvault_verify.tip_off import (
    ReporterStanding,
    TargetKind,
    TipOff,
    TipOffOutcome,
    TipOffState,
    TipOffTarget,
)
from tests.support.refusal import fields_of, reason_of
from tests.support.tip_off_world import DAY, TipOffWorld, key_files
from tools.support.flow_world import request_id
from tools.support.public_account_world import PublicAccountWorld
from tools.support.sanction_world import reasons

_SWAP = statement(
    text(
        "UPDATE tip_off_texts SET data = (SELECT other.data FROM tip_off_texts AS other"
        " WHERE other.tip_off_id = :other) WHERE tip_off_id = :one"
    )
)
RECEIVED, ASSIGNED, ANSWERED = TipOffState.RECEIVED, TipOffState.ASSIGNED, TipOffState.ANSWERED
MERGED, RESOLVED = TipOffState.MERGED, TipOffState.RESOLVED


async def assigned(world: TipOffWorld, key: ModeratorKey, **changes: Any) -> TipOffReport:
    filed = await world.file(**changes)
    return await world.assign(filed.tip_off, key.moderator_id)


async def test_a_right_secret_is_no_try(world: TipOffWorld) -> None:
    """Whoever knows the secret may read as often as they like, and nobody who tries secrets can tell."""
    filed, unread = await world.file(), await world.file()
    for _ in range(2 * TRIES_A_DAY):
        await world.follow(filed)
    told = []
    for each in (filed, unread):
        for place in range(TRIES_A_DAY + 1):
            if place == TRIES_A_DAY - 1 and each is filed:
                await world.follow(filed)
            told.append(await reason_of(world.follow(each, secret="0" * 16)))
    assert set(told) == {Reason.TIP_OFF_NOT_FOUND}
    for each in (filed, unread):
        assert await reason_of(world.follow(each)) is Reason.TIP_OFF_NOT_FOUND
    filed = await world.file()
    typed = f"{filed.secret[:8]} {filed.secret[8:]}"
    assert (await world.follow(filed, secret=typed)).reference == filed.tip_off.reference


async def test_tries_at_the_same_time_share_a_count(world: TipOffWorld) -> None:
    """Of thirty calls at once no more secrets are looked at than of thirty in a row."""
    filed, secrets = await world.file(), world.context.secrets
    looked = list[str]()

    class Counting(type(secrets)):  # type: ignore[misc]
        def check(self, tip_off: TipOff, *, secret: str) -> None:
            looked.append(secret)
            super().check(tip_off, secret=secret)

    world.context.secrets = Counting(keys=secrets.keys)  # type: ignore[attr-defined]
    await asyncio.gather(*(reason_of(world.follow(filed, secret="0" * 16)) for _ in range(30)))
    assert len(looked) == TRIES_A_DAY


async def test_a_repetition_returns_the_same_secret(world: TipOffWorld) -> None:
    """The answer was lost: the same call finds report and secret; another body is refused."""
    first = await world.file(request_id=request_id(1))
    again = await world.file(request_id=request_id(1))
    assert (again.tip_off, again.secret) == (first.tip_off, first.secret)
    with pytest.raises(RequestIdReused):
        await world.file(request_id=request_id(1), text="another")
    other = await world.file(request_id=request_id(2))
    assert other.secret != first.secret
    assert len(await world.listed()) == 2


async def test_accounts_of_a_report(world: TipOffWorld) -> None:
    """Reported and reporter must be the platform's; an unknown one is refused, and nothing is stored."""
    token = await world.world.account(1)
    target = TipOffTarget(TargetKind.ACCOUNT, token)
    filed = await world.file(target=target, reporter_token=token)
    assert filed.tip_off.reporter_id not in ("", token)
    unknown = "acct_" + "0" * 25 + "1"
    for changes in ({"target": TipOffTarget(TargetKind.ACCOUNT, unknown)}, {"reporter_token": unknown}):
        assert await reason_of(world.file(**changes)) is Reason.ACCOUNT_NOT_FOUND
    assert await reason_of(world.file(target=target, party="platform-b")) is Reason.ACCOUNT_NOT_FOUND
    assert await world.listed() == [filed.tip_off.tip_off_id]


async def test_of_two_moderators_one_is_assigned(world: TipOffWorld) -> None:
    """Two assign the same report at once: one has it, the other is told."""
    filed = (await world.file()).tip_off
    keys = [await world.world.moderator(number) for number in (1, 2)]
    ends = await asyncio.gather(
        *(world.assign(filed, each.moderator_id) for each in keys), return_exceptions=True
    )
    refused = [each.reason for each in ends if isinstance(each, VaultError)]
    assert refused == [Reason.ASSIGNEE_CHANGED]
    winner = next(each for each in ends if isinstance(each, TipOffReport))
    back = await world.hand_back(filed, winner.moderator_id)
    assert (back.state, back.moderator_id) == (RECEIVED, "")


async def test_two_decisions_at_once(world: TipOffWorld, key: ModeratorKey) -> None:
    """One decides, the other is told that it is decided; there is one event."""
    tip_off = await assigned(world, key)
    ends = await asyncio.gather(
        *(world.dismiss(tip_off, key.moderator_id, reply="no") for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in ends) == ["PreconditionFailed", "TipOffReport"]
    assert (await world.events()).count("tipoff:report:dismiss") == 1


async def test_what_is_written_must_be_text(world: TipOffWorld, key: ModeratorKey) -> None:
    """A note, a reply, and the reply of a decision; the error names the field, and nothing is stored."""
    tip_off, before = await assigned(world, key), await world.events()
    me, wrong = key.moderator_id, "a\0b"
    assert await fields_of(world.note(tip_off, me, wrong)) == ["note"]
    for work in (world.answer(tip_off, me, wrong), world.dismiss(tip_off, me, reply=wrong)):
        assert await fields_of(work) == ["reply"]
    assert await world.events() == before


async def test_upholding_imposes_a_sanction(world: TipOffWorld, key: ModeratorKey) -> None:
    """The sanction and the decision are one act, and the statement names the report."""
    token, reporter = await world.world.account(1), await world.world.account(2)
    target = TipOffTarget(TargetKind.ACCOUNT, token)
    tip_off = await assigned(world, key, target=target, reporter_token=reporter)
    made = await world.uphold(tip_off, key, token, degree=Degree.SUSPEND, reply="suspended")
    assert (made.outcome, made.state) == (TipOffOutcome.UPHELD, RESOLVED)
    assert (await world.world.status(token)).standing is Standing.RENEWAL_SUSPENDED
    found = (await world.world.asks().list_page(account_token=token)).sanctions
    assert [(each.sanction_id, each.statement and each.statement.tip_off) for each in found] == [
        (made.sanction_id, tip_off.reference)
    ]
    assert await world.world.events("sanction:") == ["sanction:suspend:impose"]


async def test_both_or_neither(world: TipOffWorld, key: ModeratorKey) -> None:
    """A sanction that is refused decides nothing, and a decision that is refused imposes nothing."""
    token, other = await world.world.account(1), await world.world.account(2)
    tip_off = await assigned(world, key, target=TipOffTarget(TargetKind.ACCOUNT, token))
    wrong = reasons(origin=Origin.OWN_INITIATIVE)
    assert await fields_of(world.uphold(tip_off, key, other, given=wrong, reply="a")) == [
        "sanction.statement.tip_off",
        "sanction.account_token",
    ]
    assert await fields_of(world.uphold(tip_off, key, token)) == ["reply"]
    content = await assigned(world, key)
    unknown = "acct_" + "0" * 25 + "1"
    assert await reason_of(world.uphold(content, key, unknown, reply="a")) is Reason.ACCOUNT_NOT_FOUND
    assert (await world.get(content)).tip_off.state is ASSIGNED
    assert await world.world.events("sanction:") == []
    assert (await world.world.status(token)).standing is Standing.GOOD


async def test_a_repeated_decision_is_not_signed_anew(world: TipOffWorld, key: ModeratorKey) -> None:
    """A repetition with an old signature returns the decision; a new one with an old signature is refused."""
    token = await world.world.account(1)
    tip_off = await assigned(world, key)
    made = await world.uphold(tip_off, key, token, reply="a", request_id=request_id(7))
    again = await world.uphold(
        tip_off, key, token, reply="a", request_id=request_id(7), seconds=DAY, signed=0
    )
    assert again == made
    other = await assigned(world, key)
    with pytest.raises(InvalidFields):
        await world.uphold(other, key, token, reply="a", seconds=DAY, signed=0)


async def test_one_decision_answers_every_reporter(world: TipOffWorld, key: ModeratorKey) -> None:
    """Five reports of one matter: one is worked on, all are answered and closed by it, each logged."""
    me = key.moderator_id
    filed = [await world.file(reporter_token=await world.person(number)) for number in range(5)]
    leading, *others = (each.tip_off for each in filed)
    await world.assign(leading, me)
    await world.assign(others[0], me)
    await world.merge(others[0], others[1:2], me)
    await world.merge(leading, [others[0], *others[2:]], me)
    await world.answer(leading, me, "thank you all", seconds=60)
    for each in filed:
        seen = await world.follow(each, seconds=61)
        assert (seen.state, seen.reply) == (ANSWERED, "thank you all")
    token = await world.world.account(1)
    await world.uphold(leading, key, token, seconds=120)
    for each in filed:
        seen = await world.follow(each, seconds=121)
        assert (seen.state, seen.outcome) == (RESOLVED, TipOffOutcome.UPHELD)
        found = (await world.get(each.tip_off)).tip_off
        assert (found.state, found.answer_time is None) == (RESOLVED, False)
        assert (await world.reporter(found.reporter_id)).upheld == 1
    events = await world.events()
    assert [events.count(f"tipoff:report:{verb}") for verb in ("merge", "answer", "uphold", "duplicate")] == [
        5,
        5,
        1,
        4,
    ]


async def test_merging_into_what_is_decided(world: TipOffWorld, key: ModeratorKey) -> None:
    """A late report of a decided matter is closed at once with its decision."""
    me, leading = key.moderator_id, await assigned(world, key)
    await world.dismiss(leading, me, reply="not true")
    late = await world.file(reporter_token=await world.person(1), seconds=DAY)
    await world.merge(leading, [late.tip_off], me, seconds=DAY)
    seen = await world.follow(late, seconds=DAY)
    assert (seen.state, seen.outcome, seen.reply) == (
        RESOLVED,
        TipOffOutcome.DISMISSED,
        "not true",
    )
    assert (await world.reporter(late.tip_off.reporter_id)).dismissed == 1


async def test_what_is_not_merged(world: TipOffWorld, key: ModeratorKey) -> None:
    """A report into itself, or twice, and one that is unknown."""
    me, leading = key.moderator_id, await assigned(world, key)
    other = (await world.file()).tip_off
    for wrong in ([leading], [other, other]):
        with pytest.raises(InvalidFields):
            await world.merge(leading, wrong, me)
    theirs = (await world.file(party="platform-b")).tip_off
    assert await reason_of(world.merge(leading, [theirs], me)) is Reason.TIP_OFF_NOT_FOUND


async def test_an_abusive_reporter(world: TipOffWorld, key: ModeratorKey) -> None:
    """Warned, then limited; the reporter of a merged report is not blamed for it."""
    me, (abuser, bystander) = key.moderator_id, [await world.person(number) for number in range(2)]
    blamed = None
    for _ in range(2):
        tip_off = await assigned(world, key, reporter_token=abuser)
        merged = (await world.file(reporter_token=bystander)).tip_off
        await world.merge(tip_off, [merged], me)
        await world.dismiss(tip_off, me, outcome=TipOffOutcome.ABUSIVE, reply="do not")
        blamed = await world.reporter(tip_off.reporter_id)
        other = await world.reporter(merged.reporter_id)
        assert (other.standing, other.abusive) == (ReporterStanding.ORDINARY, 0)
    assert blamed is not None
    assert (blamed.standing, blamed.abusive) == (ReporterStanding.LIMITED, 2)
    assert await reason_of(world.file(reporter_token=abuser)) is Reason.TIP_OFF_LIMIT_REACHED
    assert (await world.reporter(blamed.reporter_id, seconds=31 * DAY)).standing is ReporterStanding.WARNED


async def test_a_limit_for_each_day(main_database: Database, tmp_path: Path) -> None:
    """At most the operator's number of reports a day by one reporter; anonymous ones have no limit here."""
    world = TipOffWorld(main_database, key_files(tmp_path), reports_per_day=2)
    first, second = [await world.person(number) for number in range(2)]
    for _ in range(3):
        await world.file()
    for _ in range(2):
        await world.file(reporter_token=first)
    with pytest.raises(Exhausted) as refused:
        await world.file(reporter_token=first)
    # The tests' time is noon on the operator's clock.
    assert refused.value.retry_after == timedelta(hours=12)
    ends = await asyncio.gather(
        *(world.file(reporter_token=second) for _ in range(6)), return_exceptions=True
    )
    assert [isinstance(each, Exhausted) for each in ends].count(False) == 2


async def test_a_trusted_flagger_comes_first(world: TipOffWorld) -> None:
    """Reports filed from then on are at the head of the queue, and lose the place with the trust."""
    token = await world.person(1)
    first = (await world.file(reporter_token=token)).tip_off
    reporter_id = first.reporter_id
    await world.set_standing(reporter_id, ReporterStanding.TRUSTED, request_id=request_id(3))
    again = await world.set_standing(reporter_id, ReporterStanding.TRUSTED, request_id=request_id(3))
    assert again.standing is ReporterStanding.TRUSTED
    trusted = (await world.file(reporter_token=token, seconds=DAY)).tip_off
    assert trusted.trusted
    assert await world.listed() == [trusted.tip_off_id, first.tip_off_id]
    assert (await world.events()).count("tipoff:reporter:set") == 1
    assert (
        await reason_of(world.set_standing("e" * 32, ReporterStanding.TRUSTED)) is Reason.REPORTER_NOT_FOUND
    )


async def test_an_assignment_to_whoever_has_it_already(world: TipOffWorld, key: ModeratorKey) -> None:
    """It changes nothing, and the log does not tell of it; a repeat finds the report."""
    made, before = await assigned(world, key), await world.events()
    for _ in range(2):
        again = await world.assign(made, key.moderator_id, former=key.moderator_id, request_id=request_id(7))
        assert again == made
    assert await world.events() == before


async def test_a_text_of_another_report_does_not_open(world: TipOffWorld) -> None:
    """Sealed texts are bound to their report and field: a swapped one is noticed."""
    first, second = (await world.file()).tip_off, (await world.file(text="another")).tip_off
    ids = {"one": first.tip_off_id, "other": second.tip_off_id}
    await world.database.act("test", lambda connection: connection.run(_SWAP, **ids))
    assert await reason_of(world.get(first)) is Reason.RECORD_DAMAGED


async def test_too_many_notes(world: TipOffWorld, key: ModeratorKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report has a bounded number of notes."""
    monkeypatch.setattr("idvault.tip_off.store.rows.MOST_NOTES", 2)
    tip_off = await assigned(world, key)
    for _ in range(2):
        await world.note(tip_off, key.moderator_id, "a note")
    assert await reason_of(world.note(tip_off, key.moderator_id, "a note")) is Reason.TOO_MANY_ITEMS


async def test_a_reported_public_account(world: TipOffWorld, key: ModeratorKey) -> None:
    """It must be the platform's, and the sanction that upholds the report must be of it."""
    public = PublicAccountWorld(world.database, sanctions=world.world)
    owner = await public.company()
    opened = (await public.open(owner)).public_account_id
    target = TipOffTarget(TargetKind.PUBLIC_ACCOUNT, opened)
    tip_off = await assigned(world, key, target=target)
    unknown = TipOffTarget(TargetKind.PUBLIC_ACCOUNT, "e" * 32)
    for work in (world.file(target=unknown), world.file(target=target, party="platform-b")):
        assert await reason_of(work) is Reason.PUBLIC_ACCOUNT_NOT_FOUND
    assert await fields_of(world.uphold(tip_off, key, owner, reply="a")) == ["sanction.public_account_id"]
    made = await world.uphold(tip_off, key, owner, reply="a", public_account_id=opened)
    found = (await world.world.asks().list_page()).sanctions
    assert [(each.sanction_id, each.public_account_id) for each in found] == [(made.sanction_id, opened)]
