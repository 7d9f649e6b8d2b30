"""The acts of sign-ups and sanctions, interrupted at each statement and at the commit, on both databases.

`scripts/torture` does the same to whole processes, with strace and with a proxy.
"""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from idvault.account.store import person as account_person
from idvault.claim.job.rules import JobProgress, JobState
from idvault.claim.job.store import Job
from idvault.core.act import SYSTEM
from idvault.core.request import Asked, MemberAsked, Request
from idvault.erasure import acts as erasure_acts
from idvault.erasure.acts import ErasureCall
from idvault.erasure.rules import Erasure, ErasureTerms
from idvault.moderator import acts as moderator_acts
from idvault.public_account.acts import public_account as public_account_acts
from idvault.public_account.acts.step import Change
from idvault.public_account.rules.owner import Present
from idvault.sanction import acts as sanction_acts
from idvault.sanction.appeal import acts as appeal_acts
from idvault.sanction.appeal import rules as appeal_rules
from idvault.sanction.appeal.acts import APPEALS
from idvault.sanction.narrowing import acts as narrowing_acts
from idvault.sanction.narrowing import store as narrowing_store
from idvault.sanction.operation import acts as operation_acts
from idvault.sanction.order import acts as order_acts
from idvault.sanction.rules import NewSanction, Sanction
from idvault.sanction.sanction_template import acts as template_acts
from idvault.sanction.sanction_template.rules import TemplateContent
from idvault.sealing.ports import CaseField, Intake
from idvault.session.contest import acts as contest_acts
from idvault.session.contest import rules as contest_rules
from idvault.session.contest.acts import ContestConfirmation, ContestDecision
from idvault.session.contest.rules import ContestTerms
from idvault.session.reinstatement import acts as reinstatement_acts
from idvault.session.reinstatement.acts import ReinstatementConfirmation, ReinstatementDecision
from idvault.tip_off.acts.proposal import lock_report
from idvault_client.public_accounts import OwnedPublicAccount
from idvault_client.sanctions import AccountSanction
from idvault_verify.attest import registration
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.erasure import ErasureOrigin
from idvault_verify.event import EventType
from idvault_verify.sanction import AppealState, AuthorityOrder, Degree, Ground, SanctionCategory, Scope
from idvault_verify.session import ContestState, ReinstatementState
from tests.storage import torn
from tests.storage.torn import Act
from tests.support.appeal_world import AppealWorld
from tests.support.session_world import SessionWorld
from tests.support.withdrawal_world import WithdrawalWorld
from tools.support import builders
from tools.support.claims import AskedClaim
from tools.support.fakes.moderation_text import moderation_sealer
from tools.support.flow_world import PARTY, command
from tools.support.public_account_world import PublicAccountWorld
from tools.support.sanction_world import TERMS, SanctionWorld, key_of, reasons, signing, until
from tools.support.storage_world import MATCHED, MISMATCHED, World, at

Prepare = Callable[[World], Awaitable[Act]]
CALLER = Asked(PARTY, "b" * 32, "", "", b"")


def _opened(world: World, asked: AskedClaim) -> Act:
    events = [
        world.event(kind, asked.account_token) for kind in (EventType.CLAIM_OPEN, EventType.CLAIM_SUPERSEDE)
    ]
    return lambda: world.claims.open(asked, event=events[0], superseded=events[1])


async def _open(world: World) -> Act:
    return _opened(world, world.new_claim())


async def _supersede(world: World) -> Act:
    job = await world.job(person=world.person("x"))
    changed = {"account_token": job.account_token, "new_account": False, "person": world.person("y")}
    return _opened(world, world.new_claim(**changed))


async def _postpone(world: World) -> Act:
    job = await world.job()
    progress = JobProgress(JobState.READY, 0, None, next_at=at().real)
    written = world.event(EventType.CLAIM_POSTPONE, job.account_token)
    return lambda: world.claims.postpone(
        job, intake=Intake("2026-03-01", b"sealed"), progress=progress, event=written
    )


async def _succeed(world: World) -> Act:
    job = await world.job()
    settlement, written = (
        world.settlement(job, MATCHED),
        world.event(EventType.CLAIM_SETTLE, job.account_token),
    )
    return lambda: world.claims.settle(settlement, event=written)


async def _fail(world: World) -> Act:
    job = await world.job()
    settlement = world.settlement(job, MISMATCHED)
    written = world.event(EventType.CLAIM_SETTLE, job.account_token)
    return lambda: world.claims.settle(settlement, event=written)


async def _impose(world: World) -> Act:
    sanctions = SanctionWorld(world.database)
    token, key = await sanctions.account(), (await sanctions.moderator(1)).moderator_id
    wanted = NewSanction(token, Scope.ACCOUNT, Degree.LIMIT, "no-video", reasons())
    request, made = world.request().of_account(token), world.new_id()
    return lambda: sanction_acts.store_imposition.act.run(
        sanctions.vault, CALLER, at(), request, made, b"paper", wanted, key
    )


async def _confirm(world: World) -> Act:
    sanctions = SanctionWorld(world.database)
    token = await sanctions.account()
    first, second = await sanctions.moderator(1), (await sanctions.moderator(2)).moderator_id
    made = await sanctions.stored(await sanctions.impose(token, Degree.CLOSE, key=first))
    request = world.request().of_account(token)
    given = (request, made.sanction_id, b"paper", made, second)
    run = partial(sanction_acts.store_confirmation.act.run, waiting=lock_report)
    return lambda: run(sanctions.vault, CALLER, at(), *given)


def _lifted(world: World, sanctions: SanctionWorld, made: Sanction, key: ModeratorKey) -> Act:
    request, signer = world.request().of_account(made.account_token), key.moderator_id
    given = (request, made.sanction_id, b"paper", made)
    named: dict[str, Any] = {"signer": signer, "reason": "a mistake", "waiting": lock_report}
    return lambda: sanction_acts.store_lift.act.run(sanctions.vault, CALLER, at(), *given, **named)


async def _lift(world: World) -> Act:
    sanctions = SanctionWorld(world.database)
    token, key = await sanctions.account(), await sanctions.moderator(1)
    made = await sanctions.stored(await sanctions.impose(token, Degree.WARN, key=key))
    return _lifted(world, sanctions, made, key)


async def _lapse(world: World) -> Act:
    sanctions = SanctionWorld(world.database)
    token, key = await sanctions.account(), await sanctions.moderator(1)
    made = await sanctions.stored(await sanctions.impose(token, Degree.WARN, key=key, given=until(60)))
    late = at(after=timedelta(minutes=2))
    return lambda: sanction_acts.lapse(sanctions.vault, SYSTEM, late, made, waiting=lock_report)


async def _register(world: World) -> Act:
    sanctions = SanctionWorld(world.database)
    by = [(await sanctions.moderator(number)).moderator_id for number in (2, 3)]
    made, request = world.new_id(), world.request()
    signed = (b"paper", b"first", b"second")
    given = (key_of(1).public_key, by, signed)
    return lambda: moderator_acts.countersigned.run(world.vault, CALLER, at(), request, made, *given)


async def _name(world: World) -> Act:
    asked = registration.register(key_of(1).of(""), now=at().real)
    call, request = MemberAsked("b" * 32, "", "", b""), Request("b" * 32, str(uuid4()), b"f" * 32)
    return lambda: moderator_acts.named.run(world.vault, call, at(), request, asked, b"paper")


async def _of_person(
    world: World, *, renewed: bool
) -> tuple[AppealWorld, Job, AccountSanction, ModeratorKey]:
    """Sanction a person by one of two accounts; return a claim of the other, settled if it is renewed."""
    sanctions = AppealWorld(world.database)
    person = world.person("x")
    named, other = await world.verified(person=person), await world.verified(person=person)
    first, second = await sanctions.moderator(1), await sanctions.moderator(2)
    made = await sanctions.of_person(named.account_token, Degree.LIMIT, (first, second))
    job = await world.again(other, person=person)
    if renewed:
        await world.settle(job, MATCHED)
    return sanctions, job, made, first


async def _follow(world: World) -> Act:
    _, job, _, _ = await _of_person(world, renewed=False)
    settlement, written = (
        world.settlement(job, MATCHED),
        world.event(EventType.CLAIM_SETTLE, job.account_token),
    )
    return lambda: world.claims.settle(settlement, event=written)


async def _lift_person(world: World) -> Act:
    sanctions, _, made, key = await _of_person(world, renewed=True)
    return _lifted(world, sanctions, await sanctions.stored(made), key)


async def _release(world: World) -> Act:
    sanctions, _, made, key = await _of_person(world, renewed=True)
    await sanctions.lift(made, key=key)
    late, vault = at(after=timedelta(days=9)), sanctions.vault
    (due,) = await vault.read("test", lambda one: account_person.due(one, now=late.business, limit=9))
    return lambda: sanction_acts.release(vault, SYSTEM, late, due)


async def _file_appeal(world: World) -> Act:
    court = AppealWorld(world.database)
    made = await court.stored((await court.case())[1])
    appeal_id, request = world.new_id(), world.request()
    text = moderation_sealer().seal(CaseField(PARTY, appeal_id, "text"), "synthetic")
    return lambda: appeal_acts.store_filing.run(
        court.vault, CALLER, at(), request, appeal_id, made, text=text, terms=TERMS
    )


async def _uphold_appeal(world: World) -> Act:
    """A late decision about a sanction in force of a person, whose other account follows it."""
    court, _, made, _ = await _of_person(world, renewed=True)
    judge = (await court.moderator(3)).moderator_id
    appeal, stored = (await court.file(made)).appeal_id, await court.stored(made)
    rule = partial(
        appeal_rules.decide, verdict=AppealState.UPHELD, moderator_id=judge, reason="again", terms=TERMS
    )
    request, late = world.request(), at(after=timedelta(days=20))
    return lambda: appeal_acts.store_decision.act.run(
        court.vault, CALLER, late, request, appeal, b"paper", stored, rule, signer=judge
    )


async def _note_overdue_appeal(world: World) -> Act:
    court = AppealWorld(world.database)
    _, made, _ = await court.case()
    appeal, late = await court.stored_appeal(await court.file(made)), at(after=timedelta(days=20))
    return lambda: APPEALS.note_overdue(court.vault, SYSTEM, late, appeal)


async def _delete_text(world: World) -> Act:
    court = AppealWorld(world.database)
    _, made, judge = await court.case()
    decided = await court.decide(await court.file(made), AppealState.REJECTED, key=judge)
    appeal = await court.stored_appeal(decided)
    late = at(after=timedelta(days=91))
    return lambda: APPEALS.delete_text(court.vault, SYSTEM, late, appeal)


async def _file_contest(world: World) -> Act:
    owners = SessionWorld(world.database)
    claim = await owners.claims.verify(command())
    contest_id, request = world.new_id(), world.request()
    text = moderation_sealer().seal(CaseField(PARTY, contest_id, "text"), "synthetic")
    token, terms = claim.account.account_token, owners.contests.terms
    given: dict[str, Any] = {"account_token": token, "claim_id": claim.claim_id, "text": text, "terms": terms}
    return lambda: contest_acts.store_filing.run(owners.vault, CALLER, at(), request, contest_id, **given)


async def _decide_contest(world: World) -> Act:
    """A late decision."""
    filed = await (await _file_contest(world))()
    moderation = SanctionWorld(world.database, life=1)
    terms = ContestTerms(zone=builders.ZONE)
    given = ContestDecision(ContestState.UPHELD, "1" * 32, "seen", terms)
    request, late = world.request(), at(after=timedelta(days=20))
    which = filed.contest_id, filed.account_token
    return lambda: contest_acts.store_decision.run(
        moderation.vault, CALLER, late, request, *which, given, b"paper"
    )


async def _confirm_contest(world: World) -> Act:
    """A withdrawal of a verification with a sanction of its person."""
    owners = WithdrawalWorld(world.database)
    await owners.prepare()
    claim = await owners.verify()
    token = claim.account.account_token
    keys = await owners.keys(1, 2)
    await owners.moderation.of_person(token, Degree.LIMIT, (keys[0], keys[1]))
    contest = await owners.contested(claim)
    given = ContestDecision(ContestState.UPHELD, keys[0].moderator_id, "seen", owners.contests.terms)
    which = contest.contest_id, token
    proposed = await contest_acts.store_decision.run(
        owners.vault, CALLER, at(), world.request(), *which, given, b"paper"
    )
    rule = partial(
        contest_rules.confirm,
        moderator_id=keys[1].moderator_id,
        paper_digest=proposed.proposal_digest or b"",
        terms=given.terms,
    )
    signed = ContestConfirmation(rule, keys[1].moderator_id, b"paper")
    request = world.request()
    return lambda: contest_acts.store_confirmation.run(
        owners.vault, CALLER, at(), request, *which, signed, terms=given.terms
    )


async def _appealed(world: World) -> tuple[WithdrawalWorld, str, str]:
    """Withdraw a verification with a sanction of its person, and appeal; return account and appeal."""
    owners = WithdrawalWorld(world.database)
    await owners.prepare()
    claim = await owners.verify()
    keys = await owners.keys(1, 2)
    token = claim.account.account_token
    await owners.moderation.of_person(token, Degree.LIMIT, (keys[0], keys[1]))
    await owners.withdraw(claim)
    return owners, token, (await owners.appealed(token)).reinstatement_id


async def _file_reinstatement(world: World) -> Act:
    owners = WithdrawalWorld(world.database)
    await owners.prepare()
    token = await owners.withdraw(await owners.verify())
    appeal_id, request = world.new_id(), world.request()
    text = moderation_sealer().seal(CaseField(PARTY, appeal_id, "text"), "synthetic")
    given: dict[str, Any] = {
        "account_token": token, "text": text, "terms": owners.reinstatements.terms,
    }  # fmt: skip
    return lambda: reinstatement_acts.store_filing.run(
        owners.vault, CALLER, at(), request, appeal_id, **given
    )


async def _decide_reinstatement(world: World) -> Act:
    """A late decision."""
    owners, token, appeal_id = await _appealed(world)
    judge = (await owners.keys(5))[0].moderator_id
    given = ReinstatementDecision(ReinstatementState.REJECTED, judge, "seen", owners.reinstatements.terms)
    request, late = world.request(), at(after=timedelta(days=20))
    return lambda: reinstatement_acts.store_decision.run(
        owners.vault, CALLER, late, request, appeal_id, token, given, b"paper"
    )


async def _confirm_reinstatement(world: World) -> Act:
    """One that gives the account everything back."""
    owners, token, appeal_id = await _appealed(world)
    keys = await owners.keys(5, 6)
    terms = owners.reinstatements.terms
    given = ReinstatementDecision(ReinstatementState.UPHELD, keys[0].moderator_id, "seen", terms)
    proposed = await reinstatement_acts.store_decision.run(
        owners.vault, CALLER, at(), world.request(), appeal_id, token, given, b"paper"
    )
    confirmed = ReinstatementConfirmation(keys[1].moderator_id, proposed.proposal_digest or b"", terms)
    request = world.request()
    return lambda: reinstatement_acts.store_confirmation.run(
        owners.vault, CALLER, at(), request, appeal_id, token, confirmed, b"paper"
    )


async def _withdrawn(world: World) -> tuple[WithdrawalWorld, AccountSanction]:
    """Withdraw a verification whose account has a sanction of its person, which another account follows."""
    owners = WithdrawalWorld(world.database)
    await owners.prepare()
    claim, other = await owners.verify(), await owners.verify()
    keys = await owners.keys(1, 2)
    token = claim.account.account_token
    sanction = await owners.moderation.of_person(token, Degree.LIMIT, (keys[0], keys[1]))
    await owners.verify(token=other.account.account_token)
    await owners.withdraw(claim)
    return owners, sanction


async def _confirm_narrowing(world: World) -> Act:
    owners, sanction = await _withdrawn(world)
    keys = await owners.keys(5, 6)
    narrowings = owners.moderation.platform().narrowings
    proposed = await narrowings.propose(sanction.sanction_id, key=signing(keys[0], 0))
    stored, request = await owners.moderation.stored(sanction), world.request()
    return lambda: narrowing_acts.store_confirmation.act.run(
        owners.vault,
        CALLER,
        at(),
        request,
        sanction.sanction_id,
        b"paper",
        stored,
        signer=keys[1].moderator_id,
        paper_digest=proposed.paper_digest,
    )


async def _miss_narrowing(world: World) -> Act:
    owners, _ = await _withdrawn(world)
    late = at(after=timedelta(days=20))
    (due,) = await owners.database.read(
        "test", lambda one: narrowing_store.not_noted(one, now=late.business, limit=9)
    )
    return lambda: narrowing_acts.note_overdue(owners.vault, SYSTEM, late, due)


def _order() -> AuthorityOrder:
    return AuthorityOrder("an authority (synthetic)", "order 1", date(2026, 2, 27), b"d" * 32)


async def _record_order(world: World) -> Act:
    sanctions = SanctionWorld(world.database)
    given, made, request = _order(), world.new_id(), world.request()
    return lambda: order_acts.record.act.run(
        sanctions.vault, CALLER, at(), request, made, b"paper", given, at().business
    )


async def _miss_order(world: World) -> Act:
    sanctions = SanctionWorld(world.database)
    recorded = await order_acts.record.act.run(
        sanctions.vault, CALLER, at(), world.request(), world.new_id(), b"paper", _order(), at().business
    )
    return lambda: order_acts.miss(sanctions.vault, SYSTEM, at(), recorded)


async def _open_operation(world: World) -> Act:
    sanctions = SanctionWorld(world.database)
    made, request = world.new_id(), world.request()
    return lambda: operation_acts.begin.act.run(
        sanctions.vault, CALLER, at(), request, made, b"paper", "a month"
    )


async def _close_operation(world: World) -> Act:
    sanctions = SanctionWorld(world.database)
    made = (await sanctions.begin()).operation_id
    request = world.request()
    return lambda: operation_acts.close.act.run(sanctions.vault, CALLER, at(), request, made, b"paper")


async def _approve_public(world: World) -> Act:
    flows = PublicAccountWorld(world.database)
    applied = await flows.apply(await flows.company())
    change, made = await _change(flows, applied)
    request = world.request()
    return lambda: public_account_acts.approve.act.run(flows.vault, CALLER, at(), request, made, change)


async def _accept_public(world: World) -> Act:
    flows = PublicAccountWorld(world.database)
    opened = await flows.open(await flows.company())
    receiver = await flows.company(91, body="MA000002")
    await flows.add_operator(opened, await flows.person())
    await flows.offer(opened, receiver)
    change, made = await _change(flows, opened)
    request, consent = world.request(), builders.consent()
    return lambda: public_account_acts.accept.act.run(
        flows.vault, CALLER, at(), request, made, change, receiver, consent
    )


async def _change(flows: PublicAccountWorld, shown: OwnedPublicAccount) -> tuple[Change, str]:
    """Return what an act on a public account needs, as it is stored now, and the id."""
    found = await flows.stored(shown)
    change = Change(found, Present(at(), builders.ZONE), flows.policy)
    return change, shown.public_account_id


async def _due_erasure(world: World) -> Erasure:
    """Request the erasure of an account that has a record and an open claim."""
    job = await world.verified(person=world.person("x"))
    await world.again(job, person=world.person("x"))
    call = ErasureCall("platform-a", "b" * 32, "", "", b"", job.account_token)
    request, made = world.request().of_account(job.account_token), world.new_id()
    return await erasure_acts.requested.run(
        world.vault, call, at(), request, made, job.account_token, ErasureOrigin.PLATFORM, ErasureTerms()
    )


def _erase_act(world: World, made: Erasure) -> Act:
    now = at(after=timedelta(days=7))
    return lambda: erasure_acts.erase(world.vault, SYSTEM, now, made, today=builders.TODAY)


async def _erase(world: World) -> Act:
    return _erase_act(world, await _due_erasure(world))


async def _destroy(world: World) -> Act:
    made, now = await _due_erasure(world), at(after=timedelta(days=15))
    await _erase_act(world, made)()
    return lambda: erasure_acts.destroy(world.vault, SYSTEM, now, made, absent_from=now.business)


async def _clear(world: World) -> Act:
    made, now = await _due_erasure(world), at(after=timedelta(days=15))
    await _erase_act(world, made)()
    return lambda: erasure_acts.clear(world.vault, SYSTEM, now, made)


def _content(title: str) -> TemplateContent:
    return TemplateContent(
        title=title,
        rule_reference="terms 4.2",
        ground=Ground.AGAINST_TERMS,
        category=SanctionCategory.RUMOUR,
        degree=Degree.WARN,
        measure="",
        days=30,
        territory="CN",
        redress="write to appeals",
    )


async def _make_template(world: World) -> Act:
    vault, made, request = SanctionWorld(world.database).vault, world.new_id(), world.request()
    return lambda: template_acts.make.run(vault, CALLER, at(), request, made, _content("a rumour"))


async def _replace_template(world: World) -> Act:
    vault, made, request = SanctionWorld(world.database).vault, world.new_id(), world.request()
    await template_acts.make.run(vault, CALLER, at(), world.request(), made, _content("a rumour"))
    return lambda: template_acts.change.run(vault, CALLER, at(), request, made, _content("a fraud"))


async def _delete_template(world: World) -> Act:
    vault, made, request = SanctionWorld(world.database).vault, world.new_id(), world.request()
    await template_acts.make.run(vault, CALLER, at(), world.request(), made, _content("a rumour"))
    return lambda: template_acts.remove.run(vault, CALLER, at(), request, made)


ACTS: dict[Prepare, str] = {
    _open: "verification.open",
    _supersede: "verification.open",
    _postpone: "verification.postpone",
    _succeed: "verification.settle",
    _fail: "verification.settle",
    _impose: "sanction.impose",
    _confirm: "sanction.confirm",
    _lift: "sanction.lift",
    _lapse: "sanction.lapse",
    _register: "moderator.register",
    _name: "moderator.name",
    _follow: "verification.settle",
    _lift_person: "sanction.lift",
    _release: "sanction.release",
    _record_order: "order.record",
    _miss_order: "order.miss",
    _open_operation: "operation.open",
    _close_operation: "operation.close",
    _make_template: "template.make",
    _replace_template: "template.replace",
    _delete_template: "template.delete",
    _file_appeal: "appeal.file",
    _uphold_appeal: "appeal.decide",
    _note_overdue_appeal: "appeal.note_overdue",
    _delete_text: "appeal.delete_text",
    _file_contest: "contest.file",
    _decide_contest: "contest.decide",
    _confirm_contest: "contest.confirm",
    _file_reinstatement: "reinstatement.file",
    _decide_reinstatement: "reinstatement.decide",
    _confirm_reinstatement: "reinstatement.confirm",
    _confirm_narrowing: "narrowing.confirm",
    _miss_narrowing: "narrowing.note_overdue",
    _approve_public: "public_account.approve",
    _accept_public: "public_account.accept",
    _erase: "erasure.erase",
    _clear: "erasure.clear",
    _destroy: "erasure.destroy",
}


class TestTornActs(torn.UnsentActs):
    """Account, claim, sanction, objections and log entries: all of them or nothing."""

    acts = ACTS
