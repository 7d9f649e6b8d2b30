"""Builds what the acts of a process need."""

from functools import partial

from idvault.core.act import Guard, Vault
from idvault.core.db.database import Database
from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.request import Fingerprinter
from idvault.log.acts import tree
from idvault.log.acts.guard import LogGuard
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.processes.bootstrap.request_key import fingerprinter_of
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault_verify.clock import ClockReading


def guard_of(base: Base) -> LogGuard:
    """Return the guard of a process's changes; it reports the number of waiting entries to the metrics."""
    return LogGuard(
        look=partial(tree.unsequenced, base.main),
        observe=lambda count: base.metrics.log_unsequenced(count=count),
    )


def wire_vault(main: Database, *, guard: Guard, fingerprinter: Fingerprinter, entropy: Entropy) -> Vault:
    """Return what acts need; production and tests differ only in these."""
    events = EventFactory(entropy=entropy)
    return Vault(main=main, guard=guard, fingerprinter=fingerprinter, events=events)


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


def own_vault(main: Database, *, guard: Guard | None = None) -> Vault:
    """Return what a process needs for acts that nobody asks for. guard: None does without the log."""
    return wire_vault(main, guard=guard or NoGuard(), fingerprinter=NoRequests(), entropy=ENTROPY)


def operator_vault(main: Database, *, development: bool) -> Vault:
    """Return what the acts of an operator's command need."""
    return own_vault(main, guard=None if development else LogGuard(look=partial(tree.unsequenced, main)))


def worker_vault(base: Base, *, guard: Guard) -> Vault:
    """Return what the worker's acts need."""
    return own_vault(base.main, guard=guard)


def vault_of(base: Base, *, keys: LocalKeyProvider, guard: Guard) -> Vault:
    """Return what the acts of the platform edge need."""
    fingerprinter = fingerprinter_of(keys, Purpose.REQUEST)
    return wire_vault(base.main, guard=guard, fingerprinter=fingerprinter, entropy=ENTROPY)


def custody_vault(base: Base, *, keys: LocalKeyProvider, guard: Guard) -> Vault:
    """Return what the acts of the custody edge need."""
    fingerprinter = fingerprinter_of(keys, Purpose.PERSON_REQUEST)
    return wire_vault(base.main, guard=guard, fingerprinter=fingerprinter, entropy=ENTROPY)
