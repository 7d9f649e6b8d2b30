"""Sign-ups one after the other while something is done; each is repeated until it is answered."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from idvault_client import Vault
from idvault_client.errors import VaultError
from tools.support.documented_install import DocumentedInstall
from tools.support.sandbox import Registry, send

_PAUSE = 0.05
_PATIENCE = 120.0
_BATCH = 100


@dataclass
class SignUps:
    """What was acknowledged: account tokens in order. unanswered: calls that were repeated."""

    registry: Registry
    acknowledged: list[str] = field(default_factory=list)
    unanswered: int = 0
    longest: float = 0.0
    failures: list[str] = field(default_factory=list)

    @contextmanager
    def running(self, installed: DocumentedInstall, *, pace: float) -> Iterator[None]:
        """Sign people up, so many a second, for the duration of the block."""
        stop = threading.Event()
        thread = threading.Thread(target=self._run, args=(installed, pace, stop), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(_PATIENCE)

    def verify_all(self, vault: Vault) -> int:
        """Return how many of the acknowledged accounts are not verified."""
        missing = 0
        for at in range(0, len(self.acknowledged), _BATCH):
            tokens = self.acknowledged[at : at + _BATCH]
            found = vault.batch_get_statuses(tokens).statuses
            missing += len(tokens) - sum(each.is_verified for each in found)
        return missing

    def _run(self, installed: DocumentedInstall, pace: float, stop: threading.Event) -> None:
        with installed.vault() as vault:
            while not stop.is_set():
                begun = time.monotonic()
                self._one(vault, begun)
                self.longest = max(self.longest, time.monotonic() - begun)
                stop.wait(max(0.0, begun + 1 / pace - time.monotonic()))

    def _one(self, vault: Vault, begun: float) -> None:
        person, request_id = self.registry.newcomer(), str(uuid4())
        while time.monotonic() - begun < _PATIENCE:
            try:
                answer = send(vault, person, request_id)
            except VaultError as error:
                self.failures.append(str(error))
                return
            if answer is not None and not answer.pending:
                if answer.succeeded:
                    self.acknowledged.append(answer.account_token)
                else:
                    self.failures.append(f"ended as {answer.status.state}")
                return
            self.unanswered += answer is None
            time.sleep(_PAUSE)
        self.failures.append("no answer in two minutes")
