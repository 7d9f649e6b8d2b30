"""An act whose log entry cannot be written changes nothing, against both databases; see also test_torn_acts.

The fault is real: an entry with the same id is already in the log, so the insert violates the primary key.
"""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from idvault.claim.acts import backlog as claim_backlog
from idvault.core.act import SYSTEM, MemberActor
from idvault.core.second_factor import Tries
from idvault.core.tables.log import log_entries
from idvault.people import acts as people_acts
from idvault.people.rules import StoredProposal, StoredVersion
from idvault.people.second_factor import acts as second_factor_acts
from idvault.people.second_factor.rules import SecondFactor
from idvault.platform import acts as platform_acts
from idvault.sealing.ports import FreshSecret
from idvault_verify.error import UnavailableError
from idvault_verify.event import Event, EventType
from tools.support.storage_world import NOW, World, at

Act = Callable[[Event], Awaitable[Any]]
Prepare = Callable[[World], Awaitable[Act]]
MEMBER = MemberActor("d" * 32)


async def _purge(world: World) -> Act:
    await world.open()
    later = at(after=timedelta(days=8))
    return lambda event: claim_backlog.forget(world.vault_of(event), SYSTEM, later)


async def _expire(world: World) -> Act:
    job = await world.verified()
    account = await world.accounts.get(relying_party="platform-a", account_token=job.account_token)
    assert account is not None
    return lambda event: world.accounts.expire(account, today=date(2028, 1, 1), now=at(), event=event)


async def _remove(world: World) -> Act:
    job = await world.rejected()
    account = await world.accounts.get(relying_party="platform-a", account_token=job.account_token)
    assert account is not None
    return lambda event: world.accounts.remove(account, now=at(), event=event)


async def _register(world: World) -> Act:
    key = {"name": "platform-a", "role": "platform", "spki": "a" * 64}
    return lambda event: platform_acts.register(world.vault_of(event), SYSTEM, at(), **key)


async def _revoke(world: World) -> Act:
    await (await _register(world))(world.event(EventType.PLATFORM_REGISTER))
    return lambda event: platform_acts.revoke(world.vault_of(event), SYSTEM, at(), "platform-a", "a" * 64)


async def _adopt(world: World) -> Act:
    version = StoredVersion(1, "a" * 64, b"synthetic")
    return lambda event: people_acts.adopt_stored(world.vault_of(event), SYSTEM, at(), version)


async def _propose(world: World) -> Act:
    proposal = StoredProposal(2, "b" * 64, b"synthetic")
    request = world.request()
    return lambda event: people_acts.propose_stored.run(
        world.vault_of(event), MEMBER, at(), request, proposal
    )


async def _sign(world: World) -> Act:
    await (await _propose(world))(world.event(EventType.ROSTER_PROPOSE, version=2, hash="b" * 64))
    request = world.request()
    signed = ("b" * 64, "custodian-a", b"s" * 64)
    return lambda event: people_acts.sign_stored.run(world.vault_of(event), MEMBER, at(), request, *signed)


async def _begin(world: World) -> Act:
    request = world.request()
    fresh = FreshSecret(b"sealed", b"for the person")
    return lambda event: second_factor_acts.begin_stored.run(
        world.vault_of(event), MEMBER, at(), request, fresh, "auditor-a"
    )


async def _confirm(world: World) -> Act:
    await (await _begin(world))(world.event(EventType.SECOND_FACTOR_BEGIN, person="auditor-a"))
    request = world.request()
    found = SecondFactor(MEMBER.actor_id, None, b"sealed", None, Tries())
    return lambda event: second_factor_acts.confirm_stored.run(
        world.vault_of(event), MEMBER, at(), request, found, 1, "auditor-a"
    )


async def _exhaust(world: World) -> Act:
    await (await _begin(world))(world.event(EventType.SECOND_FACTOR_BEGIN, person="auditor-a"))
    for _ in range(9):
        await second_factor_acts.charge(world.vault, MEMBER, at())
    return lambda event: second_factor_acts.charge(world.vault_of(event), MEMBER, at())


@pytest.mark.parametrize(
    ("prepare", "kind", "fields"),
    [
        (_purge, EventType.REQUEST_PURGE, {}),
        (_expire, EventType.ACCOUNT_EXPIRE, {}),
        (_remove, EventType.ACCOUNT_REMOVE, {"reason": "never_verified"}),
        (_register, EventType.PLATFORM_REGISTER, {}),
        (_revoke, EventType.PLATFORM_REVOKE, {}),
        (_adopt, EventType.ROSTER_ADOPTED, {}),
        (_propose, EventType.ROSTER_PROPOSE, {"version": "2", "hash": "b" * 64}),
        (_sign, EventType.ROSTER_SIGN, {"version": "2", "hash": "b" * 64, "signature": "s"}),
        (_begin, EventType.SECOND_FACTOR_BEGIN, {"person": "auditor-a"}),
        (_confirm, EventType.SECOND_FACTOR_CONFIRM, {"person": "auditor-a"}),
        (_exhaust, EventType.SECOND_FACTOR_EXHAUST, {}),
    ],
)
async def test_act_without_its_entry_is_undone(
    world: World, prepare: Prepare, kind: EventType, fields: dict[str, str]
) -> None:
    """The result is STORE_UNAVAILABLE, and with a valid entry the same act passes."""
    act = await prepare(world)
    event = world.event(kind, **fields)
    taken = insert(log_entries).values(
        entry_id=event.entry_id, leaf=b"taken", occurred_at=NOW, recorded_at=NOW
    )
    await world.do(taken)
    before = await world.contents()
    with pytest.raises(UnavailableError):
        await act(event)
    assert await world.contents() == before
    await act(world.event(kind, **fields))
    after = await world.counts()
    assert after["log_entries"] > len(before["log_entries"])
    assert after["log_openings"] == after["log_entries"] - 1
