"""Acts of inquiries, disavowals and steps of a withdrawal, torn at each statement and at the commit."""

from datetime import timedelta
from functools import partial

from idvault.account.store import withdrawal as withdrawal_store
from idvault.core.act import SYSTEM
from idvault.sanction.objection.rules import ObjectionFilter
from idvault.session.acts import answer as answer_acts
from idvault.session.disavowal import acts as disavowal_acts
from idvault.session.disavowal import rules
from idvault.session.disavowal.acts import DisavowalConfirmation, DisavowalDecision
from idvault.session.disavowal.rules import DisavowalTerms
from idvault.session.inquiry import acts as inquiry_acts
from idvault.session.inquiry.rules import FoundAccount, Inquiry
from idvault.session.withdrawal import acts as withdrawal_acts
from idvault_verify.account import AccountState
from idvault_verify.sanction import Degree
from idvault_verify.session import DisavowalState
from tests.storage import test_torn_acts, torn
from tests.storage.test_torn_acts import CALLER, Prepare
from tests.storage.torn import Act
from tests.support.inquiry_world import TOLD, InquiryWorld
from tests.support.withdrawal_world import VICTIM, WithdrawalWorld
from tools.support import builders
from tools.support.flow_world import PARTY
from tools.support.storage_world import World, at

_TERMS = DisavowalTerms(zone=builders.ZONE)
_LATER, _LATE = at(after=timedelta(seconds=TOLD)), at(after=timedelta(days=40))
_INQUIRY = Inquiry("1" * 32, b"h" * 32, at().business)
_INDEX = b"i" * 32


async def _owners(world: World) -> tuple[InquiryWorld, FoundAccount]:
    """Return a person's account as her list has it."""
    owners = InquiryWorld(world.database)
    await owners.prepare()
    claim = await owners.verify()
    owner = claim.account
    today = builders.TODAY
    found = FoundAccount(
        owner.account_token,
        PARTY,
        owner.person_id or "",
        AccountState.VERIFIED,
        today,
        None,
        waits=False,
        has_open=False,
    )
    return owners, found


async def _waits(world: World) -> tuple[InquiryWorld, FoundAccount]:
    owners, found = await _owners(world)
    await inquiry_acts._disown(owners.vault, SYSTEM, at(), found)
    return owners, found


async def _told(world: World) -> tuple[InquiryWorld, FoundAccount, rules.Disavowal]:
    owners, found = await _waits(world)
    await disavowal_acts.tell(owners.vault, SYSTEM, _LATER, found.account_token, terms=_TERMS)
    [told], _ = await disavowal_acts.page(
        owners.vault, PARTY, ObjectionFilter(), after="", limit=9, now=_LATER
    )
    return owners, found, told


async def _disown(world: World) -> Act:
    owners, found = await _owners(world)
    return lambda: inquiry_acts._disown(owners.vault, SYSTEM, at(), found)


async def _begin(world: World) -> Act:
    owners, _ = await _owners(world)
    return lambda: inquiry_acts._begin(owners.vault, SYSTEM, at(), _INQUIRY)


async def _ask(world: World) -> Act:
    owners, _ = await _owners(world)
    await inquiry_acts._begin(owners.vault, SYSTEM, at(), _INQUIRY)
    return lambda: inquiry_acts._finish(owners.vault, SYSTEM, at(), _INQUIRY, [_INDEX])


async def _show(world: World) -> Act:
    owners, _ = await _owners(world)
    await inquiry_acts._begin(owners.vault, SYSTEM, at(), _INQUIRY)
    await inquiry_acts._finish(owners.vault, SYSTEM, at(), _INQUIRY, [_INDEX])
    return lambda: inquiry_acts._finish(owners.vault, SYSTEM, _LATER, _INQUIRY, [_INDEX])


async def _cancel(world: World) -> Act:
    owners, found = await _waits(world)
    await inquiry_acts._finish(owners.vault, SYSTEM, at(), _INQUIRY, [_INDEX])
    return lambda: inquiry_acts._cancel(owners.vault, SYSTEM, at(), _INQUIRY, [_INDEX], [found])


async def _purge(world: World) -> Act:
    owners, _ = await _owners(world)
    await inquiry_acts._begin(owners.vault, SYSTEM, at(), _INQUIRY)
    await inquiry_acts._finish(owners.vault, SYSTEM, at(), _INQUIRY, [_INDEX])
    return lambda: inquiry_acts._purge(owners.vault, SYSTEM, _LATE)


async def _tell(world: World) -> Act:
    owners, found = await _waits(world)
    return lambda: disavowal_acts.tell(owners.vault, SYSTEM, _LATER, found.account_token, terms=_TERMS)


async def _fall_silent(world: World) -> Act:
    owners, _, told = await _told(world)
    return lambda: disavowal_acts.fall(owners.vault, SYSTEM, _LATE, told, terms=_TERMS)


async def _become_overdue(world: World) -> Act:
    owners, found, told = await _told(world)
    keys = await owners.keys(1)
    await owners.moderation.impose(found.account_token, Degree.WARN, key=keys[0])
    return lambda: disavowal_acts.fall(owners.vault, SYSTEM, _LATE, told, terms=_TERMS)


def _decided(owners: InquiryWorld, world: World, told: rules.Disavowal, verdict: DisavowalState) -> Act:
    given = DisavowalDecision(verdict, "1" * 32, "seen")
    which, request = (told.disavowal_id, told.account_token), world.request().of_account(told.account_token)
    return lambda: disavowal_acts.store_decision.run(
        owners.vault, CALLER, _LATER, request, *which, given, b"paper"
    )


async def _reject(world: World) -> Act:
    owners, _, told = await _told(world)
    return _decided(owners, world, told, DisavowalState.REJECTED)


async def _confirm(world: World) -> Act:
    owners, _, told = await _told(world)
    keys = await owners.keys(3, 4)
    given = DisavowalDecision(DisavowalState.UPHELD, keys[0].moderator_id, "seen")
    which = told.disavowal_id, told.account_token
    proposed = await disavowal_acts.store_decision.run(
        owners.vault, CALLER, _LATER, world.request(), *which, given, b"paper"
    )
    rule = partial(
        rules.confirm, moderator_id=keys[1].moderator_id, paper_digest=proposed.proposal_digest or b""
    )
    signed = DisavowalConfirmation(rule, keys[1].moderator_id, b"paper")
    request = world.request()
    return lambda: disavowal_acts.store_confirmation.run(
        owners.vault, CALLER, _LATER, request, *which, signed, terms=_TERMS
    )


async def _answer(world: World) -> Act:
    owners, _, told = await _told(world)
    key = owners.answers.indexer.person(
        relying_party=PARTY, identity=VICTIM, person_id="9" * 32, today=builders.TODAY
    )
    request = world.request()
    return lambda: answer_acts.reject.run(
        owners.vault, CALLER, _LATER, request, told.disavowal_id, told.account_token, key
    )


async def _step(owners: WithdrawalWorld, *, days: int) -> Act:
    """Return the step of a withdrawal that is due."""
    late = at(after=timedelta(days=days))
    (due,) = await owners.database.read(
        "test", lambda one: withdrawal_store.due(one, now=late.business, limit=9)
    )
    embargo = timedelta(days=90)
    return lambda: withdrawal_acts.forget(owners.vault, SYSTEM, late, due, embargo=embargo)


async def _free_withdrawn(world: World) -> Act:
    owners, _ = await test_torn_acts._withdrawn(world)
    return await _step(owners, days=200)


async def _forget_withdrawn(world: World) -> Act:
    owners, _ = await test_torn_acts._withdrawn(world)
    await (await _step(owners, days=200))()
    await owners.versions_gone()
    return await _step(owners, days=400)


ACTS: dict[Prepare, str] = {
    _free_withdrawn: "withdrawal.forget",
    _forget_withdrawn: "withdrawal.forget",
    _begin: "inquiry.begin",
    _ask: "inquiry.finish",
    _show: "inquiry.finish",
    _disown: "inquiry.disown",
    _cancel: "inquiry.cancel",
    _purge: "inquiry.purge",
    _tell: "disavowal.tell",
    _fall_silent: "disavowal.fall",
    _become_overdue: "disavowal.fall",
    _reject: "disavowal.decide",
    _confirm: "disavowal.confirm",
    _answer: "disavowal.answer",
}


class TestTornDisavowals(torn.UnsentActs):
    """Inquiries, disavowals and withdrawals, with their entries: all of them or nothing."""

    acts = ACTS
