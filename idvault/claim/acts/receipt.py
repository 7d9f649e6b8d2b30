"""Makes the receipt of a successful claim: the proof of its log entry, and what the record digest covers.

- A receipt has the record and its quorum once a checkpoint covers the entry, as long as the record is the
  account's newest. Before and after, the receipt states the quorum but does not prove it.
- The record is given without its shares: the ciphertext is of no use without M custodians and the shred key.
"""

from collections.abc import Callable
from dataclasses import dataclass

from idvault.account import acts as account_acts
from idvault.claim.rules import Claim, ReceiptEvidence
from idvault.core.act import Vault
from idvault.log.acts.proofs import LogProofs, Proved
from idvault_verify.attest.quorum import Quorum
from idvault_verify.error import IdvaultError
from idvault_verify.record import SealedRecord


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the owner of a record can verify alone.

    quorum: that the record was sealed for, None if it is in no version of the roster. note: the signed
    checkpoint, b"" if none covers the entry yet. record: None if it cannot be given.
    """

    account_token: str
    claim_id: str
    record_digest: bytes
    quorum: Quorum | None
    entry: Proved
    note: bytes
    record: SealedRecord | None = None


@dataclass(frozen=True, slots=True)
class ReceiptContext:
    """What is needed beside the vault. quorum: finds a quorum of any roster version by its id.

    report: called with the error where a receipt is returned without its proof.
    """

    proofs: LogProofs
    quorum: Callable[[str], Quorum | None]
    report: Callable[[IdvaultError], None]


async def of(vault: Vault, claim: Claim, *, context: ReceiptContext) -> Receipt | None:
    """Return the receipt of a successful claim, with its proof if a checkpoint covers it; else None."""
    found = claim.receipt
    if found is None:
        return None
    token = claim.account.account_token
    entry, note = Proved(found.leaf, found.opening_key, found.log_index, 0, None), b""
    record = None
    # An entry without an index has no proof yet. If the log cannot be read, the receipt is returned without
    # it.
    if found.log_index is not None:
        try:
            proofs = await context.proofs.now([found.entry_id], account_token=token)
            entry = proofs.entries[0]
            note = proofs.note if entry.hashes is not None else b""
            record = await _record(vault, token, found) if note else None
        except IdvaultError as error:
            context.report(error)
    quorum = context.quorum(found.quorum_id)
    return Receipt(token, claim.claim_id, found.record_digest, quorum, entry, note, record)


async def _record(vault: Vault, account_token: str, found: ReceiptEvidence) -> SealedRecord | None:
    """Return the record of a receipt; None if a later verification has replaced it."""
    record = await account_acts.record(vault.main, account_token)
    return record if record is not None and record.digest() == found.record_digest else None
