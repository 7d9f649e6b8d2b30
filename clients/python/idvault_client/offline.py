"""Checks of status tokens and credentials without a call: idvault_verify.offline, under the client's name."""

from idvault_verify.offline import Attested, AttestedPublicAccount, CheckError, StatusVerifier

__all__ = ["Attested", "AttestedPublicAccount", "CheckError", "StatusVerifier"]
