"""A receipt has the record that its digest covers only while that record is the account's newest.

The read is called, because the database is a fake: it lacks the record, or cannot be reached.
"""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from idvault.claim.acts import claim as claim_acts
from idvault.claim.acts.claim import ReceiptContext
from idvault.claim.rules import Claim, ReceiptEvidence
from idvault.core.log_entry import Proved
from idvault.log.acts.stored_log import Proofs
from idvault.processes.bootstrap.vault import vault_of
from idvault_verify.claim import ClaimState
from idvault_verify.error import IdvaultError, Reason, UnavailableError
from idvault_verify.record import SealedRecord
from tools.support import builders, people

RECORD, QUORUM = builders.record(), people.quorum()
EVIDENCE = ReceiptEvidence(RECORD.digest(), QUORUM.id, "11" * 16, b"leaf", b"k" * 32, 0)
CLAIM = Claim(
    "request", "22" * 16, ClaimState.SUCCEEDED, None, builders.account(account_token=RECORD.account_token),
    receipt=EVIDENCE,
)  # fmt: skip


class Covered:
    """Every entry is covered by a checkpoint."""

    async def now(self, _entries: Any, *, account_token: str) -> Proofs:
        assert account_token == RECORD.account_token
        return Proofs(b"note", (Proved(b"leaf", b"k" * 32, 0, 1, ()),))


@dataclass
class Records:
    """A database with one record, or one that cannot be reached."""

    stored: SealedRecord | None
    is_reachable: bool = True

    async def one(self, _name: str, _statement: Any, *, token: str) -> SealedRecord | None:
        if not self.is_reachable:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        return self.stored if token == RECORD.account_token else None


@pytest.mark.parametrize(
    ("records", "given"),
    [
        (Records(RECORD), RECORD),
        (Records(replace(RECORD, record_id="0" * 32)), None),
        (Records(None), None),
        (Records(RECORD, is_reachable=False), None),
    ],
    ids=["newest", "replaced", "erased", "unreachable"],
)
async def test_the_record_is_given_if_it_is_the_receipts_own(
    records: Records, given: SealedRecord | None
) -> None:
    """A later record, or none, is never given in its place; the rest of the receipt is as before."""
    reported: list[IdvaultError] = []
    context = ReceiptContext(Covered(), lambda _id: QUORUM, reported.append)  # type: ignore[arg-type]
    found = await claim_acts.receipt_of(vault_of(records), CLAIM, context=context)  # type: ignore[arg-type]
    assert len(reported) == (not records.is_reachable)
    assert found is not None
    assert (found.record, found.quorum, found.note) == (given, QUORUM, b"note")
