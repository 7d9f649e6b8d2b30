"""Re-seals a custodian's share to an auditor's one-time key (docs/disclosure.md; HPKE, RFC 9180)."""

from idvault_verify import seal
from idvault_verify.attest import hpke
from idvault_verify.attest.disclosure import Terms, digest


def reseal(share: bytes, *, signed_request: bytes, terms: Terms, custodian: str) -> bytes:
    """Seal a 33-byte share to the request's one-time key, bound to this request, custodian and place.

    terms: the content of the signed request; the caller must have verified its signature, its signer and its
    inclusion in the log.
    """
    info = seal.reseal_info(request_digest=digest(signed_request), custodian=custodian, share_index=share[0])
    return hpke.seal(suite=terms.suite, public_key=terms.public_key, plaintext=share, info=info)


def open_resealed(
    resealed: bytes, *, signed_request: bytes, terms: Terms, private_key: bytes, custodian: str, index: int
) -> bytes:
    """Return a custodian's share; raises UnsealError if it was not re-sealed for this request and place.

    private_key: the 32-byte one-time key. The caller must check the share against the record's hashes.
    """
    info = seal.reseal_info(request_digest=digest(signed_request), custodian=custodian, share_index=index)
    return hpke.unseal(suite=terms.suite, private_key=private_key, sealed=resealed, info=info)
