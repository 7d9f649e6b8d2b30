"""Who signs a history: the platform edge, with a key that the log's key vouches for.

The reads are called with the clocks and keys of several processes, which one client has not.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from idvault.disclosure.acts import history as acts
from idvault.disclosure.acts.history import HistoryContext
from idvault.disclosure.api import history as history_api
from idvault.log.acts.stored_log import LogProofs
from idvault.sealing.key_set import KeySet
from idvault.sealing.signing import Ed25519Signer
from idvault.status.credential import acts as credential_acts
from idvault.status.credential import store as credential_store
from idvault.status.credential.acts import COUNTS_FOR, RENEWED_AFTER, StatusKeys
from idvault_verify.attest import status_token
from idvault_verify.clock import ClockReading
from idvault_verify.error import Reason, UnavailableError
from idvault_verify.offline import disclosure_history
from idvault_verify.offline.disclosure_history import HistoryError, ProvedHistory
from idvault_verify.transparency import statement_key
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from idvault_verify.transparency.note import NoteSigner
from tests.flows.disclosure.test_history import EMBARGO, ZONE, opened
from tools.support import merkle
from tools.support.chamber import Chamber, chamber
from tools.support.databases import Databases
from tools.support.log_world import KEY, LOG_SIGNER, ORIGIN

LATER = merkle.signer(ORIGIN, seed=8)
DAY = timedelta(days=1)


def key(seed: int) -> Ed25519Signer:
    return Ed25519Signer(keys=KeySet("0", {"0": bytes([seed]) * 32}))


@dataclass
class Vault:
    """A platform edge and a worker over the same database. by: the log's keys that sign."""

    room: Chamber
    by: list[NoteSigner] = field(default_factory=lambda: [LOG_SIGNER])

    def __post_init__(self) -> None:
        self.edge = self.edge_with(1)

    def edge_with(self, *seeds: int) -> StatusKeys:
        """Return the keys of an edge."""
        purpose, signers = status_token.TOKEN_PURPOSE, [key(each) for each in seeds]
        return StatusKeys(vault=self.room.vault, signers=signers, purpose=purpose)

    async def work(self, now: ClockReading) -> None:
        """Let the worker vouch."""
        await credential_acts.vouch_for_statements(
            self.room.vault, now, signers=lambda _: self.by, purpose=status_token.TOKEN_PURPOSE
        )

    async def notes(self) -> list[bytes]:
        """Return the note of each key, in the order of their announcement."""
        found = await self.room.vault.read("test", credential_store.all_keys)
        return [each.note for each in sorted(found, key=lambda each: each.announced_at)]

    async def told(self, account: str, *, edge: StatusKeys | None = None) -> bytes:
        """Return the history of an account as sent."""
        context = HistoryContext(
            proofs=LogProofs(main=self.room.main, shred=self.room.shred),
            zone=ZONE,
            embargo=EMBARGO,
            statements=edge or self.edge,
        )
        found = await acts.of(self.room.vault, "platform-a", account, self.room.now(), context=context)
        return history_api.history(found).SerializeToString()


def checked(answer: bytes, *keys: NoteSigner) -> ProvedHistory:
    """Check a history with the log's keys that somebody knows."""
    known = tuple(each.key for each in keys) or (KEY,)
    return disclosure_history.check(
        disclosure_history.read_answer(answer), policy=CosignaturePolicy(KEY.name, known)
    )


@pytest_asyncio.fixture
async def vault(databases: Databases, tmp_path: Path) -> AsyncIterator[Vault]:
    """Return a vault with each kind of database, whose edge has announced its key."""
    async with chamber(databases, tmp_path) as room:
        made = Vault(room)
        await made.edge.announce(now=room.now().real)
        yield made


async def test_a_history_is_stated_by_a_vouched_key(vault: Vault) -> None:
    """Until the worker has vouched there is none; then it is whole, signed, and says when."""
    account, other = await opened(vault.room), await vault.room.account()
    vault.room.pass_time(days=92)
    with pytest.raises(UnavailableError) as refused:
        await vault.told(account)
    assert refused.value.reason is Reason.LOG_UNAVAILABLE
    await vault.work(vault.room.now())
    proved = checked(await vault.told(account))
    assert (len(proved.disclosures), len(proved.openings)) == (1, 1)
    assert proved.stated_at == vault.room.now().real.replace(microsecond=0)
    assert checked(await vault.told(other)).openings == ()


async def test_what_a_note_says_is_renewed_each_day(vault: Vault) -> None:
    """Not more often, and before it ends; another worker does the same; other purposes get none."""
    lists = StatusKeys(vault=vault.room.vault, signers=[key(9)], purpose=status_token.LIST_PURPOSE)
    start = vault.room.now().real
    await lists.announce(now=start + timedelta(seconds=1))
    seen: list[bytes] = []
    for after in (timedelta(0), RENEWED_AFTER / 2, RENEWED_AFTER, RENEWED_AFTER * 2):
        await vault.work(_at(start + after))
        note, none = await vault.notes()
        seen.append(note)
        assert none == b""
        assert (
            statement_key.read(note, [KEY]).ends >= (start + after).replace(microsecond=0) + COUNTS_FOR - DAY
        )
    assert seen[0] == seen[1]
    assert len(set(seen)) == 3
    # Without a worker for a week, nothing is stated.
    with pytest.raises(UnavailableError):
        await vault.edge.state(b"", now=start + RENEWED_AFTER * 2 + COUNTS_FOR + DAY)


async def test_a_key_that_was_replaced_states_no_more(vault: Vault) -> None:
    """Its successor is vouched for as soon as it is announced, and states as soon as it may sign."""
    start = vault.room.now().real
    await vault.work(_at(start))
    rotated = vault.edge_with(1, 2)
    await rotated.announce(now=start + timedelta(hours=1))
    await vault.work(_at(start + timedelta(hours=2)))
    first, second = await vault.notes()
    assert [statement_key.read(note, [KEY]).public_key for note in (first, second)] == [
        key(1).public_key,
        key(2).public_key,
    ]
    for days in range(2, 12):
        await vault.work(_at(start + days * DAY))
    former, newer = await vault.notes()
    assert (former, newer != second) == (first, True)
    late = start + 11 * DAY
    assert (await rotated.state(b"", now=late)).note == newer
    with pytest.raises(UnavailableError):
        await vault.edge.state(b"", now=late)


async def test_a_later_key_of_the_log_vouches_beside_the_former(vault: Vault) -> None:
    """Whoever knows either key checks a history; whoever knows a stranger's does not."""
    account = await opened(vault.room)
    vault.room.pass_time(days=92)
    await vault.work(vault.room.now())
    (before,) = await vault.notes()
    vault.by.append(LATER)
    await vault.work(vault.room.now())
    (after,) = await vault.notes()
    assert before != after
    for signer in (LOG_SIGNER, LATER):
        assert statement_key.read(after, [signer.key]).public_key == key(1).public_key
    checked(await vault.told(account))
    with pytest.raises(HistoryError):
        checked(await vault.told(account), merkle.signer(ORIGIN, seed=99))


async def test_an_edge_that_lags_behind_states_with_its_own_key(vault: Vault) -> None:
    """While its key file lacks the newest one, it states with the newest that it has and that counts."""
    start = vault.room.now().real
    rotated: Sequence[StatusKeys] = (vault.edge_with(1, 2), vault.edge)
    await rotated[0].announce(now=start + timedelta(hours=1))
    await vault.work(_at(start + timedelta(hours=2)))
    notes = [(await each.state(b"", now=start + timedelta(hours=3))).note for each in rotated]
    keys = [statement_key.read(note, [KEY]).public_key for note in notes]
    assert keys == [key(2).public_key, key(1).public_key]


def _at(time: datetime) -> ClockReading:
    return ClockReading(time, time)
