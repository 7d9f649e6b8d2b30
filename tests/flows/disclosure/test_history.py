"""Histories on real databases: what is returned, when, to whom, and with which proof.

The read is called for what its proofs say; clients ask for it in tests/flows/session/test_identity.py.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from sqlalchemy import delete, update

from idvault.core.tables.disclosure import disclosures
from idvault.core.tables.log import log_openings
from idvault.disclosure.acts import history as acts
from idvault.disclosure.acts.history import History, HistoryContext
from idvault.log.acts.stored_log import LogProofs
from idvault_verify.error import DamagedError, NotFoundError, Reason, UnavailableError
from tools.support.chamber import CUSTODIANS, Chamber, chamber, roster_member
from tools.support.databases import Databases
from tools.support.log_world import LOG_SIGNER
from tools.support.statements import KnownStatements

ZONE = ZoneInfo("Asia/Shanghai")
EMBARGO = timedelta(days=90)


@pytest_asyncio.fixture
async def room(databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber with each kind of database."""
    async with chamber(databases, tmp_path) as made:
        yield made


async def history(room: Chamber, account_token: str, *, relying_party: str = "platform-a") -> History:
    context = HistoryContext(
        proofs=LogProofs(main=room.main, shred=room.shred),
        zone=ZONE,
        embargo=EMBARGO,
        statements=KnownStatements(LOG_SIGNER),
    )
    return await acts.of(room.vault, relying_party, account_token, room.now(), context=context)


async def opened(room: Chamber) -> str:
    """Open a record once; return its account."""
    account = await room.account()
    disclosure_id = await room.request(account)
    await room.approve(disclosure_id, *CUSTODIANS[:2])
    await room.open(disclosure_id)
    return account


async def test_an_opening_is_told_once_the_horizon_has_passed_it(room: Chamber) -> None:
    """Before that the history is that of an account whose record was never opened."""
    account, other = await opened(room), await room.account()
    before, never = await history(room, account), await history(room, other)
    assert (before.openings, before.proofs.entries) == ((), ())
    assert (before.horizon, before.proofs.note) == (never.horizon, never.proofs.note)
    room.pass_time(days=89)
    assert (await history(room, account)).openings == ()
    room.pass_time(days=2)
    told = await history(room, account)
    (disclosure,), (opening,) = told.disclosures, told.openings
    assert (disclosure.account_token, opening.account_token) == (account, account)
    assert (disclosure.disclosure_id, disclosure.record_digest) == (
        opening.disclosure_id,
        room.records[account].digest(),
    )
    assert disclosure.legal_basis == "第一条 (synthetic)"
    assert disclosure.auditor_actor_id == roster_member("auditor-a").actor_id
    assert disclosure.disclosed_at <= opening.opened_at < told.horizon
    assert len(told.proofs.entries) == 2
    assert told.proofs.are_complete
    assert (await history(room, other)).openings == ()


@pytest.mark.parametrize("ending", ["cancelled", "expired", "confirmed"])
async def test_a_disclosure_is_told_however_it_ends(room: Chamber, ending: str) -> None:
    """From the M-th release on the history has it, however it ends; M - 1 shares are not told."""
    account, other = await room.account(), await room.account()
    disclosure_id = await room.request(account)
    await room.approve(disclosure_id, *CUSTODIANS[:2])
    half = await room.request(other)
    await room.approve(half, CUSTODIANS[0])
    if ending == "cancelled":
        await asyncio.to_thread(room.auditor().cancel, disclosure_id)
    elif ending == "confirmed":
        await room.open(disclosure_id)
    room.pass_time(days=92)
    await room.sweep(limit=10)
    told = await history(room, account)
    assert [each.disclosure_id for each in told.disclosures] == [disclosure_id]
    assert len(told.openings) == (1 if ending == "confirmed" else 0)
    assert (await history(room, other)).disclosures == ()


async def test_a_disclosure_without_its_entry_is_damage(room: Chamber) -> None:
    """The act that hands over the last share writes both: a history never leaves such a disclosure out."""
    account = await opened(room)
    room.pass_time(days=92)
    assert len((await history(room, account)).disclosures) == 1
    await room.world.do(update(disclosures).values(disclose_entry_id=None))
    with pytest.raises(DamagedError):
        await history(room, account)


async def test_an_opening_without_its_disclosure_is_damage(room: Chamber) -> None:
    """It is not left out with its disclosure; nor does damage tell of an opening before it may be told."""
    account = await opened(room)
    await room.world.do(update(disclosures).values(disclosed_at=None))
    assert (await history(room, account)).openings == ()
    room.pass_time(days=92)
    with pytest.raises(DamagedError):
        await history(room, account)


async def test_both_are_told_on_one_day(room: Chamber) -> None:
    """An opening whose clock was behind at midnight is told with its disclosure, a day later."""
    account = await opened(room)
    room.pass_time(days=92)
    told = await history(room, account)
    await room.world.do(update(disclosures).values(disclosed_at=told.horizon))
    before = await history(room, account)
    assert (before.disclosures, before.openings) == ((), ())
    room.pass_time(days=1)
    after = await history(room, account)
    assert (len(after.disclosures), len(after.openings)) == (1, 1)


async def test_whose_history(room: Chamber) -> None:
    """Unknown accounts and those of another relying party are not found."""
    account = await opened(room)
    with pytest.raises(NotFoundError) as refused:
        await history(room, account, relying_party="platform-b")
    assert refused.value.reason is Reason.ACCOUNT_NOT_FOUND
    with pytest.raises(NotFoundError):
        await history(room, "acct_" + "0" * 26)


async def test_without_a_checkpoint_there_is_no_history(room: Chamber) -> None:
    """Without a checkpoint the answer could not be proved, so it is refused."""
    account = await room.account()
    with pytest.raises(UnavailableError) as refused:
        await history(room, account)
    assert refused.value.reason is Reason.LOG_UNAVAILABLE


async def test_an_entry_that_is_gone_is_said(room: Chamber) -> None:
    """Deleting an entry's opening key does not hide the opening."""
    account = await opened(room)
    room.pass_time(days=91)
    (opening,) = (await history(room, account)).openings
    await room.world.do(delete(log_openings).where(log_openings.c.entry_id == opening.entry_id))
    with pytest.raises(DamagedError):
        await history(room, account)
