"""Checks without a call: status tokens and credentials, receipts, disclosure histories, the log."""

from idvault_verify.offline.credential import (
    Attested,
    AttestedPublicAccount,
    CheckError,
    MinimumAssurance,
    StatusVerifier,
)

__all__ = ["Attested", "AttestedPublicAccount", "CheckError", "MinimumAssurance", "StatusVerifier"]
