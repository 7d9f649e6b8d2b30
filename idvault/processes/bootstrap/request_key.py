"""Builds what recognises repeated requests, for both edges."""

from idvault.key.acts.request import RepeatedMemberRequests, RepeatedPlatformRequests
from idvault.processes.bootstrap.base import Base
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.request import CurrentFingerprinter, RequestKeys


def request_keys(keys: LocalKeyProvider, purpose: Purpose) -> RequestKeys:
    """Return the request keys of an edge; raises KeyMissingError."""
    keys.keys(purpose)
    return RequestKeys(keys=keys, purpose=purpose)


def fingerprinter_of(keys: LocalKeyProvider, purpose: Purpose) -> CurrentFingerprinter:
    """Return the fingerprinter under the key of the running call; raises KeyMissingError."""
    held = request_keys(keys, purpose)
    return CurrentFingerprinter(current=lambda: held.current)


def platform_repeats(base: Base, keys: LocalKeyProvider) -> RepeatedPlatformRequests:
    """Return what finds the key of a platform's repeat."""
    return RepeatedPlatformRequests(keys=request_keys(keys, Purpose.REQUEST), main=base.main)


def member_repeats(keys: LocalKeyProvider) -> RepeatedMemberRequests:
    """Return what finds the key of a roster member's repeat."""
    return RepeatedMemberRequests(keys=request_keys(keys, Purpose.PERSON_REQUEST))
