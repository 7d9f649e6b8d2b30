"""A key rotation with a disk fault or a kill at each write: afterwards the old key exists, or both do."""

import sys
import threading
from pathlib import Path

from idvault.processes.bootstrap.base import ENTROPY
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault_verify.error import UnavailableError
from tools.torture import tracer
from tools.torture.besieged import Besieged
from tools.torture.tally import Tally
from tools.torture.tracer import KINDS, Fault

_PURPOSE = Purpose.STATUS_TOKEN


class Rotation:
    """`idvault keys rotate status-token`, repeated."""

    def __init__(self, besieged: Besieged, *, log: Path, tally: Tally) -> None:
        """Set a deployment whose edge does not run, the folder for strace's output, and the tally."""
        self._settings = besieged.cluster.settings
        self._path = Path(self._settings["IDVAULT_KEYS"])
        self._log = log
        self._tally = tally

    def run(self, *, stop: threading.Event) -> None:
        """Rotate with a fault at each call of a rotation, and once more without one."""
        _, seen = self._rotate(None)
        for call, count in sorted(seen.calls.items()):
            self._tally.figures[f"rotate_{call}"] = count
            for number in range(1, count + 1):
                for kind in KINDS:
                    if not stop.is_set():
                        self._suffer(Fault(call, number, kind))
        if self._rotate(None)[0] != 0:
            self._tally.lose("after all faults a key does not rotate any more")

    def _suffer(self, fault: Fault) -> None:
        before = self._versions()
        code, seen = self._rotate(fault)
        self._tally.faults += seen.injected > 0
        after = self._versions()
        added = len(after - before)
        if not before <= after or added > 1:
            self._tally.lose(f"a rotation with {fault.option()} left {len(after)} keys of {len(before)}")
        elif code == 0 and not added:
            self._tally.lose(f"a rotation with {fault.option()} was acknowledged and left no key")

    def _versions(self) -> set[bytes]:
        """Return every key of the purpose; a file that cannot be opened has none."""
        passphrase = Path(self._settings["IDVAULT_KEY_PASSPHRASE_FILE"]).read_bytes().strip(b"\r\n")
        try:
            provider = LocalKeyProvider.load(self._path, passphrase=passphrase, entropy=ENTROPY)
        except UnavailableError:
            return set()
        return set(provider.keys(_PURPOSE).versions.values())

    def _rotate(self, fault: Fault | None) -> tuple[int, tracer.Trace]:
        paths = (self._path, self._path.with_name(f".{self._path.name}.draft"), self._path.parent)
        command = [sys.executable, "-m", "idvault.processes.cli", "keys", "rotate", _PURPOSE.value]
        return tracer.run(command, self._log, fault, paths=paths, environment=self._settings)
