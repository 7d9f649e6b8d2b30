"""A leaver's share reaches the successor and nobody else."""

from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from idvault_people.opens.handover import reseal_to_successor
from idvault_people.opens.share import ShareError, open_share
from idvault_verify.attest import succession
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.handover import HandedShare
from idvault_verify.record import SealedRecord
from tools.support import people
from tools.support.chamber import SUITE, first_roster, identity, roster_member
from tools.support.custody_vault import Vault

A, B, C = people.NAMES
D = "custodian-d"
FIRST = first_roster()
QUORUM = replace(FIRST.quorums[0], custodians=(roster_member(D), roster_member(B), roster_member(C)))
SECOND = replace(FIRST, version=2, people=(*FIRST.people, roster_member(D)), quorums=(QUORUM,))
(FOUND,) = succession.find((FIRST, SECOND), leaver=roster_member(A))


def _handed(record: SealedRecord, **changes: Any) -> HandedShare:
    asked: dict[str, Any] = {
        "identity": identity(A),
        "succession": FOUND,
        "account_token": record.account_token,
        "record_id": record.record_id,
        "quorum_id": record.share_quorum_id(1),
        "sealed": record.shares[0],
        "share_hash": record.share_hashes[0],
    }
    return reseal_to_successor(**asked | changes)


@pytest_asyncio.fixture
async def record() -> SealedRecord:
    """Return a record of the first quorum."""
    return await Vault(suite=SUITE).seal()


async def test_the_successor_opens_the_very_share(record: SealedRecord) -> None:
    """The successor opens the share under the new quorum; the leaver no longer can."""
    made = _handed(record)
    after = replace(
        record,
        present_quorum_id=QUORUM.id,
        share_quorum_ids=(QUORUM.id, FIRST.quorums[0].id, FIRST.quorums[0].id),
        shares=(made.resealed, *record.shares[1:]),
    )
    former = open_share(identity=identity(A), record=record, index=1)
    assert open_share(identity=identity(D), record=after, index=1) == former
    assert open_share(identity=identity(B), record=after, index=2)
    for name in (A, B):
        with pytest.raises(UnsealError):
            open_share(identity=identity(name), record=after, index=1)


async def test_nothing_is_resealed_that_does_not_open(record: SealedRecord) -> None:
    """A wrong account, record, quorum, share or hash is refused."""
    for change in (
        {"account_token": "acct_other"},
        {"record_id": "0" * 32},
        {"quorum_id": QUORUM.id},
        {"sealed": record.shares[1]},
    ):
        with pytest.raises(UnsealError):
            _handed(record, **change)
    with pytest.raises(ShareError):
        _handed(record, share_hash=record.share_hashes[1])
