"""Builds what recognises repeated requests."""

from idvault.key.acts.request import RepeatedPlatformRequests
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
    return CurrentFingerprinter(keys=request_keys(keys, purpose))


def platform_repeats(base: Base, keys: LocalKeyProvider) -> RepeatedPlatformRequests:
    """Return what finds the key of a platform's repeat."""
    return RepeatedPlatformRequests(keys=request_keys(keys, Purpose.REQUEST), main=base.main)
