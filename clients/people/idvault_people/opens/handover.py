"""Re-seals a leaver's share to the custodian who takes the place (docs/hand-over.md; HPKE, RFC 9180)."""

from idvault_people.opens.identity import PersonalIdentity
from idvault_people.opens.share import open_sealed_share
from idvault_verify import seal
from idvault_verify.attest import hpke
from idvault_verify.attest.succession import Succession
from idvault_verify.handover import HandedShare


def reseal_to_successor(
    *,
    identity: PersonalIdentity,
    succession: Succession,
    account_token: str,
    record_id: str,
    quorum_id: str,
    sealed: bytes,
    share_hash: bytes,
) -> HandedShare:
    """Return the leaver's share, re-sealed to the successor's roster key.

    quorum_id: the quorum the share is sealed under; the caller must have checked that it belongs to the
    succession. Raises UnsealError and ShareError as opens.share.open_sealed_share does. The plaintext share
    is not kept.
    """
    share = open_sealed_share(
        identity=identity,
        account_token=account_token,
        record_id=record_id,
        quorum_id=quorum_id,
        suite=identity.suite,
        index=succession.place,
        sealed=sealed,
        share_hash=share_hash,
    )
    info = seal.share_info(
        account_token=account_token,
        record_id=record_id,
        quorum_id=succession.quorum.id,
        custodian=succession.successor.name,
    )
    resealed = hpke.seal(
        suite=succession.successor.suite,
        public_key=succession.successor.hpke_public_key,
        plaintext=share,
        info=info,
    )
    return HandedShare(account_token, record_id, quorum_id, share_hash, resealed)
