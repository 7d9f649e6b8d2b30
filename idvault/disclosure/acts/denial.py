"""Seals and opens the denials of a disclosure, whose reasons describe the case."""

from collections.abc import Mapping

from idvault.disclosure.ports import CaseTextSealer, Filed
from idvault.sealing.ports import SealedText


def sealed(*, case_texts: CaseTextSealer, filed: Filed, custodian: str, signed: bytes) -> SealedText:
    """Return a signed denial as it is stored."""
    return case_texts.seal(disclosure_id=filed.disclosure.disclosure_id, text=signed, custodian=custodian)


def opened(*, case_texts: CaseTextSealer, filed: Filed) -> Mapping[str, bytes]:
    """Return the signed denials that hold a reason, by custodian; raises DamagedError (RECORD_DAMAGED)."""
    disclosure_id = filed.disclosure.disclosure_id
    return {
        custodian: case_texts.open(disclosure_id=disclosure_id, sealed=denial, custodian=custodian)
        for custodian, denial in filed.denials.items()
    }
