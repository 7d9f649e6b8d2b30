"""Builds what the acts of a process need: guard, fingerprints of requests, and recognised repeats."""

from functools import partial

from idvault.core.act import Guard, Vault
from idvault.core.db.database import Database
from idvault.core.entropy import Entropy
from idvault.core.log_entry import EventFactory
from idvault.core.request import Fingerprinter
from idvault.key.acts.version import RepeatedPlatformRequests
from idvault.log.acts import stored_log
from idvault.log.acts.stored_log import LogGuard
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.request import CurrentFingerprinter, RequestKeys
from idvault_verify.clock import ClockReading


def guard_of(base: Base) -> LogGuard:
    """Return the guard of a process's changes; it reports the number of waiting entries to the metrics."""
    return LogGuard(
        look=partial(stored_log.unsequenced, base.main),
        observe=base.metrics.log_unsequenced.set,
    )


class NoRequests:
    """What the worker and an operator's command have in place of a request key: nobody asks them."""

    def fingerprint(self, *, method: str, content: bytes) -> bytes:
        """Raise LookupError."""
        raise LookupError("this process has no requests")

    def kept_id(self, *, relying_party: str, request_id: str) -> str:
        """Raise LookupError."""
        raise LookupError("this process has no requests")

    def former(self) -> tuple[Fingerprinter, ...]:
        """Return none."""
        return ()


class NoGuard:
    """Lets every act begin: in development, platforms are registered before the worker has ever run.

    A version of the roster is adopted without the log, too.
    """

    async def check(self, *, now: ClockReading) -> None:
        """Accept."""


def vault_of(
    main: Database,
    *,
    guard: Guard | None = None,
    fingerprinter: Fingerprinter | None = None,
    entropy: Entropy = ENTROPY,
) -> Vault:
    """Return what acts need; processes, commands and tests differ only in these.

    guard: None does without the log. fingerprinter: None for acts that nobody asks for.
    """
    return Vault(
        main=main,
        guard=guard or NoGuard(),
        fingerprinter=fingerprinter or NoRequests(),
        events=EventFactory(entropy=entropy),
    )


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
