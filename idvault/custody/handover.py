"""A leaver's share on its way to the custodian who has the place now (docs/hand-over.md; HPKE, RFC 9180)."""

from idvault.attest import hpke
from idvault.attest.succession import Succession
from idvault.custody.identity import PersonalIdentity
from idvault.custody.share import open_sealed_share
from idvault.domain import seal
from idvault.domain.handover import HandedShare


def hand_over(
    *,
    identity: PersonalIdentity,
    succession: Succession,
    account_token: str,
    record_id: str,
    quorum_id: str,
    sealed: bytes,
    share_hash: bytes,
) -> HandedShare:
    """Return the own share, re-sealed to the successor's key of the roster, and to nothing else.

    quorum_id: that the share is sealed under; the caller has checked that it is one of the succession. Raises
    UnsealError and ShareError as custody.share.open_sealed_share does. The share leaves scope at once.
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
