"""The acts of reports, interrupted at each statement and at the commit, on both databases."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from idvault.core.act import SYSTEM
from idvault.core.request import MemberAsked
from idvault.moderator.acts import ModerationCall, SignedMutation
from idvault.sanction import acts as sanction_acts
from idvault.tip_off.acts import filing
from idvault.tip_off.acts import referral as referral_acts
from idvault.tip_off.acts import reporter as reporter_acts
from idvault.tip_off.acts import supplement as supplements
from idvault.tip_off.acts import tip_off as acts
from idvault.tip_off.acts.case import Acting, CaseMutation, TipOffCall, sealed_texts
from idvault.tip_off.acts.filing import NewTipOff
from idvault.tip_off.acts.proposal import lock_report
from idvault.tip_off.flood import rules as flood_rules
from idvault.tip_off.store import rows
from idvault.tip_off.store.rows import TipOffText
from idvault_client.errors import NotFound
from idvault_client.sanctions import AccountSanction, UpheldContentMeasure
from idvault_client.tip_offs import TipOffReport
from idvault_verify.attest import sanction as papers
from idvault_verify.content_measure import ContentMeasureKind
from idvault_verify.sanction import Degree, Origin, SanctionCategory
from idvault_verify.tip_off import (
    ReferralState,
    ReporterStanding,
    TargetKind,
    TipOff,
    TipOffChannel,
    TipOffTarget,
)
from tests.storage import torn
from tests.storage.torn import Act
from tests.support.tip_off_world import DAY, TipOffWorld, key_files, opened, report
from tools.support import orders
from tools.support.flow_world import PARTY, at, request_id
from tools.support.sanction_world import ACTOR, reasons, signing
from tools.support.storage_world import World


@pytest.fixture
def reports(world: World, tmp_path: Path) -> TipOffWorld:
    """Return the acts of reports over the world's database."""
    return TipOffWorld(world.database, key_files(tmp_path))


def decided(moderator_id: str) -> TipOffCall:
    """Return a moderator's call, as an act knows it."""
    by = ModerationCall(PARTY, ACTOR, "", "", b"", moderator_id=moderator_id)
    return TipOffCall(PARTY, ACTOR, request_id(8), "Decide", b"", by)


async def _leading(reports: TipOffWorld, **changes: Any) -> tuple[TipOffReport, str]:
    """Return an assigned report with two that were merged into it, and its moderator."""
    me = (await reports.world.moderator(1)).moderator_id
    people = [await reports.person(place) for place in range(3)]
    leading = (await reports.file(reporter_token=people[0], **changes)).tip_off
    others = [(await reports.file(reporter_token=each)).tip_off for each in people[1:]]
    await reports.assign(leading, me)
    await reports.merge(leading, others, me)
    return leading, me


async def _decided(
    reports: TipOffWorld, mutation: CaseMutation[Any], tip_off: TipOffReport, me: str, *given: Any
) -> Act:
    """Return the act of a mutation, without what is read before it."""
    call = decided(me)
    vault, acting = reports.vault, Acting(me, b"paper")
    request = call.request(vault.fingerprinter)
    return lambda: mutation.act.run(vault, call, at(0), request, tip_off.tip_off_id, acting, *given)


def sealed(reports: TipOffWorld, tip_off: TipOffReport, name: str, text: str) -> tuple[TipOffText, ...]:
    """Return a text as it is handed to an act."""
    call = TipOffCall(PARTY, ACTOR, request_id(8), "Decide", b"")
    return sealed_texts(call, tip_off.tip_off_id, name, text, sealer=reports.context.sealer)


async def _file(reports: TipOffWorld) -> Act:
    token = await reports.world.account()
    asked = report(
        target=TipOffTarget(TargetKind.ACCOUNT, token),
        reporter_token=token,
        contact="a@example.org",
        content=b"c",
        operation_id=(await opened(reports)).operation_id,
    )
    return _filed(reports, asked, "FileTipOff")


async def _file_by_form(reports: TipOffWorld) -> Act:
    for _ in range(flood_rules.limit(())):
        await reports.file_by_form()
    asked = report(content=b"c", contact="a@example.org")
    return _filed(reports, replace(asked, by_form=True), "FileTipOffForm")


def _filed(reports: TipOffWorld, asked: NewTipOff, method: str) -> Act:
    call = TipOffCall(PARTY, ACTOR, request_id(9), method, b"")
    return lambda: filing.file(reports.vault, call, at(0), asked, reports.context)


async def _take_down(reports: TipOffWorld) -> Act:
    """What a moderator took down at the telephone, without what is read before the act."""
    key = await reports.world.moderator(1)
    kept = list[tuple[Any, ...]]()

    async def keep(*given: Any, **named: Any) -> TipOff:
        kept.append((given, named))
        return await reports.stored(filed)

    filed, act = (await reports.file()).tip_off, filing._file
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(act), "run", keep)
        await reports.asks().take(
            TipOffTarget(TargetKind.CONTENT, "post/17"),
            SanctionCategory.RUMOUR,
            "a caller says so (synthetic)",
            key=signing(key, 0),
            channel=TipOffChannel.PHONE,
            contact="caller@example.org",
            request_id=request_id(9),
        )
    ((given, named),) = kept
    return lambda: act.run(*given[1:], **named)


async def _assign(reports: TipOffWorld) -> Act:
    made, me = (await reports.file()).tip_off, (await reports.world.moderator(1)).moderator_id
    return await _decided(reports, acts.assign, made, me, None)


async def _hand_back(reports: TipOffWorld) -> Act:
    leading, me = await _leading(reports)
    return await _decided(reports, acts.hand_back, leading, me)


async def _answer(reports: TipOffWorld) -> Act:
    leading, me = await _leading(reports)
    texts = sealed(reports, leading, rows.REPLY, "a reply")
    return await _decided(reports, acts._answer, leading, me, texts)


async def _supplement(reports: TipOffWorld) -> Act:
    filed, me = await reports.file(), (await reports.world.moderator(1)).moderator_id
    await reports.assign(filed.tip_off, me)
    await reports.answer(filed.tip_off, me)
    (text, _) = sealed(reports, filed.tip_off, rows.SUPPLEMENT, "an answer")
    call = TipOffCall(PARTY, ACTOR, request_id(9), "SupplementTipOff", b"")
    vault, tip_off_id = reports.vault, filed.tip_off.tip_off_id
    # Late, so that the misses are written in the same act.
    return lambda: supplements._supplement(vault, call, at(8 * DAY), tip_off_id, text)


async def _note(reports: TipOffWorld) -> Act:
    leading, me = await _leading(reports)
    return await _decided(reports, acts._note, leading, me, sealed(reports, leading, "note-1", "a note"))


async def _uphold(reports: TipOffWorld) -> Act:
    token = await reports.world.account()
    named = (await opened(reports)).operation_id
    target = TipOffTarget(TargetKind.ACCOUNT, token)
    leading, _ = await _leading(reports, target=target, operation_id=named)
    stored = await reports.stored(leading)
    key = await reports.world.moderator(1)
    kept = list[tuple[Any, ...]]()

    async def keep(*given: Any, **named: Any) -> TipOff:
        kept.append((given, named))
        return stored

    # What is read before the act is not interrupted: a call that is refused there looks for a repeat.
    act = acts._resolve.act
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(act), "run", keep)
        await reports.uphold(leading, key, token, reply="a", seconds=8 * DAY, request_id=request_id(9))
    ((given, named),) = kept
    return lambda: act.run(*given[1:], **named)


async def _kept(act: CaseMutation[Any] | SignedMutation[Any, Any], work: Awaitable[Any], stored: Any) -> Act:
    """Return the act of a call, without what is read before it."""
    kept = list[tuple[Any, ...]]()

    async def keep(*given: Any, **named: Any) -> Any:
        kept.append((given, named))
        return stored

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(act.act), "run", keep)
        await work
    ((given, named),) = kept
    return lambda: act.act.run(*given[1:], **named)


async def _propose(reports: TipOffWorld) -> Act:
    token = await reports.world.account()
    leading, _ = await _leading(reports)
    key = await reports.world.moderator(1)
    asked = reports.uphold(
        leading, key, token, degree=Degree.CLOSE, reply="a", seconds=8 * DAY, request_id=request_id(9)
    )
    return await _kept(acts._resolve, asked, await reports.stored(leading))


async def _uphold_by_measure(reports: TipOffWorld) -> Act:
    """A measure on content beside a sanction: both, and what was merged into the report."""
    token = await reports.world.account()
    leading, _ = await _leading(reports)
    key = await reports.world.moderator(1)
    statement = reasons(origin=Origin.TIP_OFF, tip_off=leading.reference)
    measure = UpheldContentMeasure(leading.target.key, ContentMeasureKind.REMOVED, statement)
    asked = reports.uphold(
        leading, key, token, measure=measure, reply="a", seconds=8 * DAY, request_id=request_id(9)
    )
    return await _kept(acts._resolve, asked, await reports.stored(leading))


async def _waiting(reports: TipOffWorld) -> AccountSanction:
    """Return a proposed closing for which a report waits, with two that were merged into it."""
    token = await reports.world.account()
    leading, _ = await _leading(reports)
    key = await reports.world.moderator(1)
    made = await reports.uphold(leading, key, token, degree=Degree.CLOSE, reply="a")
    return await reports.world.asks(0).get(made.proposal_id)


async def _confirm(reports: TipOffWorld) -> Act:
    proposed, second = await _waiting(reports), await reports.world.moderator(2)
    stored = await reports.world.stored(proposed)
    asked = reports.world.confirm(proposed, key=second, request_id=request_id(9))
    return await _kept(sanction_acts.store_confirmation, asked, stored)


async def _withdraw(reports: TipOffWorld) -> Act:
    proposed, second = await _waiting(reports), await reports.world.moderator(2)
    stored = await reports.world.stored(proposed)
    asked = reports.world.lift(proposed, key=second, request_id=request_id(9))
    return await _kept(sanction_acts.store_lift, asked, stored)


async def _lapse(reports: TipOffWorld) -> Act:
    stored = await reports.world.stored(await _waiting(reports))
    waiting = lock_report
    return lambda: sanction_acts.lapse(reports.vault, SYSTEM, at(4 * DAY), stored, waiting=waiting)


async def _refer(reports: TipOffWorld) -> Act:
    leading, me = await _leading(reports)
    asked = reports.refer(leading, me, reply="a", seconds=8 * DAY, request_id=request_id(9))
    return await _kept(acts._resolve, asked, await reports.stored(leading))


async def _referred(reports: TipOffWorld) -> TipOffReport:
    """Return a referred report with two that were merged into it."""
    leading, me = await _leading(reports)
    return await reports.refer(leading, me, reply="a")


async def _answered(reports: TipOffWorld, referred: TipOff, answer: ReferralState) -> Act:
    found = await referral_acts.get(reports.vault, str(referred.authority_id), str(referred.referral_id))
    mark = papers.text_mark(found.target.key, salt=found.salt or b"")
    terms = orders.answer(referral_id=found.referral_id, answer=answer, target_mark=mark)
    asked = MemberAsked(found.authority_id, request_id(9), "AnswerReferral", b"content")
    signed = orders.signed(terms)
    # Late, so that a reminder is written in the same act.
    return lambda: referral_acts.answer_stored(
        reports.vault, asked, at(6 * DAY), found.authority_id, terms, signed
    )


async def _accept(reports: TipOffWorld) -> Act:
    return await _answered(reports, await reports.stored(await _referred(reports)), ReferralState.ACCEPTED)


async def _decline(reports: TipOffWorld) -> Act:
    return await _answered(reports, await reports.stored(await _referred(reports)), ReferralState.DECLINED)


async def _lapse_referral(reports: TipOffWorld) -> Act:
    stored = await reports.stored(await _referred(reports))
    return lambda: reporter_acts.remind(reports.vault, SYSTEM, at(8 * DAY), stored)


async def _forget_referral(reports: TipOffWorld) -> Act:
    made = await reports.stored(await _referred(reports))
    await (await _answered(reports, made, ReferralState.DECLINED))()
    me = str(made.assignee)
    report = (await reports.asks().get(made.tip_off_id)).tip_off
    closed = await reports.stored(await reports.dismiss(report, me, reply="a"))
    return lambda: reporter_acts.delete_texts(reports.vault, SYSTEM, at(99 * DAY), closed)


async def _merge(reports: TipOffWorld) -> Act:
    leading, me = await _leading(reports)
    other, late = [(await reports.file()).tip_off for _ in range(2)]
    await reports.assign(other, me)
    await reports.merge(other, [late], me)
    return await _decided(reports, acts.merge, leading, me, [other.tip_off_id])


async def _remind(reports: TipOffWorld) -> Act:
    made = await reports.stored((await reports.file()).tip_off)
    return lambda: reporter_acts.remind(reports.vault, SYSTEM, at(8 * DAY), made)


async def _delete_texts(reports: TipOffWorld) -> Act:
    leading, me = await _leading(reports)
    made = await reports.stored(await reports.dismiss(leading, me, reply="a"))
    return lambda: reporter_acts.delete_texts(reports.vault, SYSTEM, at(99 * DAY), made)


async def _set_standing(reports: TipOffWorld) -> Act:
    made, other = [(await reports.file(reporter_token=await reports.person(each))).tip_off for each in (1, 2)]
    await reports.set_standing(other.reporter_id, ReporterStanding.TRUSTED)
    call = decided((await reports.world.clerk()).moderator_id)
    vault, reporter_id, trusted = reports.vault, made.reporter_id, ReporterStanding.TRUSTED
    request = call.request(vault.fingerprinter)
    return lambda: reporter_acts._set_standing.run(
        vault, call, at(0), request, reporter_id, b"paper", trusted, None
    )


async def _purge(reports: TipOffWorld) -> Act:
    """Counts of tries and of forms, and a reporter who has not reported for as long."""
    filed = await reports.file(reporter_token=await reports.person(1))
    await reports.file_by_form()
    with suppress(NotFound):
        await reports.follow(filed, secret="0" * 16)
    today = at(200 * DAY).today(reports.policy.zone)
    return lambda: reporter_acts._purge(
        reports.vault, SYSTEM, at(200 * DAY), today - timedelta(days=90), today
    )


Prepare = Callable[[TipOffWorld], Awaitable[Act]]
ACTS: dict[Prepare, str] = {
    _file: "tip_off.file",
    _file_by_form: "tip_off.file",
    _take_down: "tip_off.file",
    _assign: "tip_off.change",
    _hand_back: "tip_off.change",
    _answer: "tip_off.change",
    _supplement: "tip_off.supplement",
    _note: "tip_off.change",
    _uphold: "tip_off.resolve",
    _uphold_by_measure: "tip_off.resolve",
    _propose: "tip_off.resolve",
    _confirm: "sanction.confirm",
    _withdraw: "sanction.lift",
    _lapse: "sanction.lapse",
    _merge: "tip_off.merge",
    _refer: "tip_off.resolve",
    _accept: "referral.answer",
    _decline: "referral.answer",
    _lapse_referral: "tip_off.remind",
    _forget_referral: "tip_off.delete_texts",
    _remind: "tip_off.remind",
    _delete_texts: "tip_off.delete_texts",
    _set_standing: "reporter.set_standing",
    _purge: "tip_off.purge",
}


class TestTornReports(torn.InterruptedActs):
    """Report, texts, reporters, sanction and log entries: all of them or nothing."""

    acts = ACTS

    @pytest.fixture
    def ground(self, reports: TipOffWorld) -> TipOffWorld:
        return reports
