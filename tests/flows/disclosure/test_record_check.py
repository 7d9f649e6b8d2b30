"""Promise 6: a record that is swapped, changed or restored is always detected.

The check itself is called: 10,000 records would need as many disclosures.
"""

from dataclasses import dataclass, replace
from itertools import permutations

import pytest

from idvault.disclosure.acts import auditor as disclosure_auditor
from idvault.disclosure.ports import RecordEvidence
from idvault.disclosure.store import rows
from idvault_people.opens.share import ShareError, open_share
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.error import DamagedError, Reason
from idvault_verify.record import SealedRecord
from tools.support.chamber import CUSTODIANS, Chamber, identity
from tools.support.storage_world import MISMATCHED

ACCOUNTS = 100
SWAPS = 9_900


async def _evidence(room: Chamber, account: str) -> RecordEvidence:
    found = await room.read(rows.evidence, account_token=account)
    assert found is not None
    return found


def _damaged(evidence: RecordEvidence) -> bool:
    try:
        disclosure_auditor.check(evidence)
    except DamagedError as error:
        return error.reason is Reason.RECORD_DAMAGED
    return False


async def test_a_record_swapped_between_any_two_of_100_accounts_is_found(room: Chamber) -> None:
    """All 9,900 ordered pairs are detected, for the whole row and for the ciphertext alone."""
    accounts = [await room.account() for _ in range(ACCOUNTS)]
    found = [await _evidence(room, account) for account in accounts]
    assert not any(_damaged(evidence) for evidence in found)
    detected = 0
    for mine, theirs in permutations(found, 2):
        moved = replace(theirs.record, account_token=mine.record.account_token)
        other_ciphertext = replace(mine.record, ciphertext=theirs.record.ciphertext)
        detected += _damaged(replace(mine, record=moved)) and _damaged(replace(mine, record=other_ciphertext))
    assert detected == SWAPS


@dataclass(frozen=True)
class Flip:
    """One bit of a record."""

    field: str
    place: int
    bit: int

    def of(self, record: SealedRecord) -> SealedRecord:
        value = getattr(record, self.field)
        parts = value if isinstance(value, tuple) else (value,)
        data = bytearray(b"".join(parts))
        data[self.place] ^= 1 << self.bit
        if not isinstance(value, tuple):
            return replace(record, **{self.field: bytes(data)})  # type: ignore[arg-type]
        size = len(parts[0])
        again = tuple(bytes(data[at : at + size]) for at in range(0, len(data), size))
        return replace(record, **{self.field: again})  # type: ignore[arg-type]


async def test_every_flipped_bit_is_found(room: Chamber) -> None:
    """The digest detects a flip in its fields, and the custodian detects one in a sealed share."""
    evidence = await _evidence(room, await room.account())
    record = evidence.record
    flips = [
        Flip(field, place, bit)
        for field, size in (
            ("salt", 32),
            ("commitment", 32),
            ("ciphertext", len(record.ciphertext)),
            ("share_hashes", 96),
        )
        for place in range(size)
        for bit in range(8)
    ]
    assert all(_damaged(replace(evidence, record=flip.of(record))) for flip in flips)
    own = identity(CUSTODIANS[0])
    for place in range(len(record.shares[0])):
        for bit in range(8):
            changed = Flip("shares", place, bit).of(record)
            with pytest.raises((UnsealError, ShareError)):
                open_share(identity=own, record=changed, index=1)


@pytest.mark.parametrize(
    "change",
    [
        {"record_id": "0" * 32},
        {"sealing_quorum_id": "0" * 64},
        {"relying_party": "platform-b"},
        {"format_version": 2},
    ],
)
async def test_what_a_record_says_of_itself_is_bound(room: Chamber, change: dict[str, object]) -> None:
    """A changed id, quorum, account or format is detected."""
    evidence = await _evidence(room, await room.account())
    changed = replace(evidence.record, **change)  # type: ignore[arg-type]
    assert _damaged(replace(evidence, record=changed))


async def test_a_hand_over_keeps_a_record_fitting(room: Chamber) -> None:
    """Present quorum and sealed shares may change: they are not part of the digest."""
    evidence = await _evidence(room, await room.account())
    handed_over = replace(evidence.record, present_quorum_id="0" * 64, shares=(b"1", b"2", b"3"))
    assert disclosure_auditor.check(replace(evidence, record=handed_over)).record == handed_over


async def test_every_old_version_that_is_put_back_is_found(room: Chamber) -> None:
    """Only the newest of ten versions matches, in any log order, and after failed claims too."""
    account = await room.account()
    versions = []
    for number in range(9):
        versions.append(await room.verify_again(account))
        if number % 3 == 0:
            await room.step()
        if number % 2 == 0:
            job = await room.world.job(account_token=account, new_account=False)
            await room.settle(job, MISMATCHED)
    evidence = await _evidence(room, account)
    assert not _damaged(evidence)
    assert all(_damaged(replace(evidence, record=former)) for former in versions)
    await room.step()
    evidence = await _evidence(room, account)
    assert not _damaged(evidence)
    assert all(_damaged(replace(evidence, record=former)) for former in versions)


async def test_a_claim_that_is_gone_is_found(room: Chamber) -> None:
    """A settlement entry without its claim is detected."""
    evidence = await _evidence(room, await room.account())
    assert _damaged(replace(evidence, claims=()))
    assert _damaged(replace(evidence, entries=()))
