"""Seals an identity that the registry did not confirm, as only a lying service would."""

from idvault.sealing.identity import QuorumRecordSealer
from idvault_verify.attest import payload
from idvault_verify.attest.payload import Payload
from idvault_verify.record import SealedRecord
from idvault_verify.registry import RegistryAnswer
from tools.support import builders

_RECORD = "4d" * 16


async def mismatched(sealer: QuorumRecordSealer, *, account_token: str = builders.TOKEN) -> SealedRecord:
    """Return a record with a mismatch in it."""
    shred_key = await sealer.shred_store.obtain(
        account_token=account_token, record_id=_RECORD, candidate=b"1" * 32
    )
    padded = payload.encode(Payload(builders.identity(), RegistryAnswer.MISMATCH, builders.consent()))
    # The public method refuses; a lying service runs other code.
    return sealer._seal(
        sealer.quorum(), "platform-a", account_token, _RECORD, padded=padded, shred_key=shred_key
    )
