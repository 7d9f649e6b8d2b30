"""Completes what a success proves: how many custodians open the record, and the proof of its entry."""

from collections.abc import Callable
from dataclasses import dataclass

from idvault.domain.error import IdvaultError
from idvault.flows.log.proof import LogProofs, Proved
from idvault.ports.claim import Claim


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the owner of a record can check without anybody: quorum is a text such as "2 of 3".

    note: the signed checkpoint, b"" while none covers the entry.
    """

    account_token: str
    claim_id: str
    record_digest: bytes
    quorum: str
    entry: Proved
    note: bytes


@dataclass(kw_only=True, eq=False, repr=False)
class ReceiptFlow:
    """Receipts of claims."""

    proofs: LogProofs
    quorum: Callable[[str], str]

    async def of(self, claim: Claim) -> Receipt | None:
        """Return a success's receipt, with its proof if a checkpoint covers it; None of any other claim."""
        found = claim.receipt
        if found is None:
            return None
        token = claim.account.account_token
        entry, note = Proved(found.leaf, found.opening_key, found.log_index, 0, None), b""
        # An entry that has no place yet cannot be covered. A log that cannot be read takes no answer away.
        if found.log_index is not None:
            try:
                proofs = await self.proofs.now([found.entry_id], account_token=token)
            except IdvaultError:
                pass
            else:
                entry = proofs.entries[0]
                note = proofs.note if entry.hashes is not None else b""
        return Receipt(token, claim.claim_id, found.record_digest, self.quorum(found.quorum_id), entry, note)
