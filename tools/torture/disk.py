"""Promise 2: the disk fails or the process dies at each write and each sync of a sign-up or rotation.

strace attaches to a running process and makes the n-th call of a kind fail with EIO or ENOSPC, or kills the
process at that call, while a person signs up: for each n that a sign-up without a fault reaches. The targets
are first the edge; then, with an edge that cannot reach the registry, the worker that settles waiting claims;
then the command that rotates a key. The caller repeats its request. A process that got an error must keep
running, a killed one is restarted. In the end all are restarted and every row is compared.
"""

from collections import Counter
from collections.abc import Iterator

from idvault_client import Vault
from tools.support.sandbox import wait_for
from tools.torture.besieged import EDGES, WORK, Siege
from tools.torture.book import SignUp
from tools.torture.rotation import Rotation
from tools.torture.tally import Tally
from tools.torture.tracer import KINDS, Fault, Traced

WRITES = "pwrite64"
"""The call that there are too many of to hit each in a short run."""
_MEASURED = 3
_SETTLED = 15.0
_NOWHERE = "http://127.0.0.1:9"
_REGISTRY = ("IDVAULT_REGISTRY_CHECK_URL", "IDVAULT_REGISTRY_QUERY_URL")
_EDGE = EDGES[0]
_LOG = "strace.log"


class Disk(Siege):
    """One deployment on SQLite whose disk fails repeatedly."""

    def run(self, count: int) -> Tally:
        """Fail every sync and rename, and every count-th write; return the tally."""
        cluster = self._besieged.cluster
        cluster.program = "tools.torture.narrow"
        self._besieged.start(WORK, _EDGE)
        self._hit(_EDGE, step=count)
        self._without_registry()
        self._hit(WORK, step=count)
        for name in (WORK, _EDGE):
            cluster.kill(name)
        rotation = Rotation(self._besieged, log=self._besieged.folder / _LOG, tally=self.tally)
        rotation.run(stop=self._stop)
        self._besieged.start(WORK, _EDGE)
        self._besieged.reckon(self._book, tally=self.tally)
        return self.tally

    def _without_registry(self) -> None:
        """Restart the edge so that all its claims wait for the worker."""
        cluster = self._besieged.cluster
        before = {name: cluster.settings[name] for name in _REGISTRY}
        cluster.settings |= dict.fromkeys(_REGISTRY, _NOWHERE)
        cluster.kill(_EDGE)
        self._besieged.start(_EDGE)
        cluster.settings |= before

    def _hit(self, victim: str, *, step: int) -> None:
        with self._besieged.vault() as vault:
            for fault in self._faults(victim, vault, step):
                if self._stop.is_set():
                    return
                self._suffer(victim, fault, vault)

    def _faults(self, victim: str, vault: Vault, step: int) -> Iterator[Fault]:
        """Return the faults to inject: at each call that sign-ups make without faults."""
        calls: Counter[str] = Counter()
        for _ in range(_MEASURED):
            traced = self._trace(victim, None)
            self._sign_up(victim, vault)
            # The maximum of several runs: a process's other calls vary.
            calls |= traced.stop().calls
        for call, count in sorted(calls.items()):
            self.tally.figures[f"{victim.partition('-')[0]}_{call}"] = count
            for number in range(1, count + 1, step if call == WRITES else 1):
                for kind in KINDS:
                    yield Fault(call, number, kind)

    def _suffer(self, victim: str, fault: Fault, vault: Vault) -> None:
        cluster = self._besieged.cluster
        traced = self._trace(victim, fault)
        sign_up = self._sign_up(victim, vault, alone=False)
        self.tally.faults += traced.stop().injected > 0
        if cluster.has_ended(victim):
            if not fault.kind.startswith("signal"):
                self.tally.lose(f"{victim} died of {fault.option()}")
            cluster.kill(victim)
            self._besieged.start(victim)
        self._book.send(sign_up, vault)

    def _sign_up(self, victim: str, vault: Vault, *, alone: bool = True) -> SignUp:
        """Sign up a person; if the worker is to settle the claim, wait until it has or cannot."""
        sign_up = self._book.newcomer(known=True)
        self._book.send(sign_up, vault)
        if victim == WORK:
            patience = _SETTLED if alone else _SETTLED / 5
            wait_for(lambda: self._is_over(victim, sign_up, vault), patience=patience)
        return sign_up

    def _is_over(self, victim: str, sign_up: SignUp, vault: Vault) -> bool:
        if self._besieged.cluster.has_ended(victim):
            return True
        if sign_up.answer is not None:
            self._book.recheck(sign_up, vault)
        return sign_up.ended

    def _trace(self, victim: str, fault: Fault | None) -> Traced:
        return Traced(self._besieged.cluster.pid(victim), self._besieged.folder / _LOG, fault)
