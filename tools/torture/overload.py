"""Promise 13, overload: many more sign-ups than the registry's rate cap allows.

- cap, in simulated time: 1,000 claims a second against a cap of 100.
- backlog, in simulated time: with a tiny cap a day's backlog is soon reached, and new sign-ups are refused.
- pace, with running processes: the registry goes away and comes back, and processes stop for a moment, while
  callers sign people up as fast as they can. No second has more checks than the registry's cap, and the
  backlog of each outage is settled by itself.
- reads, with running processes: statuses are read while callers sign people up as fast as they can.
"""

import os
import signal
import threading
import time
from dataclasses import dataclass, field
from statistics import quantiles

from idvault.core.db.database import Database
from idvault_client import Vault, VaultError
from tools.torture.besieged import EDGES, WORK, Besieged, Siege
from tools.torture.campaign import Options
from tools.torture.load import Load, until_ended
from tools.torture.registry.overload import Overload
from tools.torture.registry.reckoning import reckon
from tools.torture.registry_campaign import simulated
from tools.torture.tally import Tally

_CAP = "IDVAULT_REGISTRY_CALLS_PER_SECOND"
_TIGHT = 2
_CALLERS, _READERS = 128, 2
_KNOWN = 20
_PAUSE = 0.02
_PACED = 32
_AWAY, _LATENCY, _PATIENT = 8, 100, 120
_ROUNDS = 300


def cap(options: Options) -> Tally:
    """Let 1,000 claims arrive per second with a cap of 100; at stop no more arrive."""
    return _counted(options, 1_000.0, 100.0)


def backlog(options: Options) -> Tally:
    """Let claims arrive until a day's backlog is reached, and then as many again."""
    tally = _counted(options, 50.0, 0.005)
    if not tally.lost and not tally.figures["refused"]:
        tally.lose("nobody was refused beyond a day's backlog")
    return tally


def _counted(options: Options, per_second: float, calls_per_second: float) -> Tally:
    async def simulate(database: Database, tally: Tally) -> None:
        overload = Overload(database, options.count, per_second, calls_per_second, options.seed)
        await overload.run(stop=options.stop.is_set)
        tally.figures = await reckon(overload)
        tally.acknowledged = int(tally.figures["claims"] - tally.figures["refused"])

    return simulated(options, simulate)


@dataclass
class Readers:
    """Read statuses one after the other and record the durations; each reader has a separate connection."""

    besieged: Besieged
    tokens: list[str]
    seconds: list[float] = field(default_factory=list)
    failed: int = 0

    def read_for(self, seconds: float, stop: threading.Event) -> None:
        """Read until the time is over or stop is set."""
        end = time.monotonic() + seconds
        threads = [threading.Thread(target=self._read, args=(end, stop)) for _ in range(_READERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def figures(self, when: str) -> dict[str, float]:
        """Return the measurements in milliseconds."""
        cuts = quantiles(self.seconds, n=100)
        of = {"p50": cuts[49], "p99": cuts[98], "slowest": max(self.seconds)}
        return {f"read_{name}_{when}": round(value * 1e3, 1) for name, value in of.items()} | {
            f"reads_{when}": len(self.seconds)
        }

    def _read(self, end: float, stop: threading.Event) -> None:
        with self.besieged.vault() as vault:
            place = 0
            while time.monotonic() < end and not stop.is_set():
                self._one(vault, self.tokens[place % len(self.tokens)])
                place += 1
                time.sleep(_PAUSE)

    def _one(self, vault: Vault, token: str) -> None:
        begun = time.perf_counter()
        try:
            vault.get_status(token)
        except VaultError:
            self.failed += 1
        self.seconds.append(time.perf_counter() - begun)


class Reads(Siege):
    """One deployment whose readers are measured before and during an overload."""

    def run(self, count: int) -> Tally:
        """Read for some seconds without load and as long under overload; then let all claims be settled."""
        self._besieged.cluster.settings[_CAP] = str(_TIGHT)
        self._besieged.start(*EDGES, WORK)
        tokens = self._known()
        self._measure("calm", tokens, count)
        before = self.tally.acknowledged
        with Load(self._book, vault=self._besieged.vault, callers=_CALLERS):
            self._measure("overload", tokens, count)
        self.tally.figures |= {
            "answers_per_second": round((self.tally.acknowledged - before) / count, 1),
            "cap": _TIGHT,
            "waiting": self._book.open,
        }
        self._reopen()
        self._besieged.reckon(self._book, tally=self.tally)
        return self.tally

    def _known(self) -> list[str]:
        """Sign up people whose statuses are read."""
        people = [self._book.newcomer(known=True) for _ in range(_KNOWN)]
        if not until_ended(self._book, vault=self._besieged.vault, rounds=_ROUNDS):
            self.tally.lose("nobody could sign up in calm")
        return [one.answer.account_token for one in people if one.answer is not None]

    def _measure(self, when: str, tokens: list[str], seconds: int) -> None:
        readers = Readers(self._besieged, tokens)
        readers.read_for(seconds, self._stop)
        self.tally.figures |= readers.figures(when)
        for _ in range(readers.failed):
            self.tally.lose(f"a status was not answered ({when})")

    def _reopen(self) -> None:
        """Restart under the usual cap, so that the waiting claims are settled quickly."""
        for name in (*EDGES, WORK):
            self._besieged.cluster.stop(name)
        del self._besieged.cluster.settings[_CAP]
        self._besieged.start(*EDGES, WORK)


class Pace(Siege):
    """One deployment under the registry's own cap, and a registry that is away now and then."""

    def run(self, count: int) -> Tally:
        """Sign people up for this many seconds; return the tally."""
        self._besieged.start(*EDGES, WORK)
        self._registry.reset()
        end = time.monotonic() + count
        with Load(self._book, vault=self._besieged.vault, callers=_PACED):
            while time.monotonic() < end and not self._stop.is_set():
                self._outage()
                self.tally.faults += 1
                self._drained()
        self._besieged.reckon(self._book, tally=self.tally)
        counters = self._registry.counters()
        self.tally.figures |= {"checks": counters["check"], "most_in_a_second": counters["most_in_a_second"]}
        if counters["refused_rate"]:
            self.tally.lose(f"the registry banned the vault: {counters['refused_rate']} calls refused")
        return self.tally

    def _outage(self) -> None:
        """Take the registry away, let claims wait, and let each process stop for a moment when it is back."""
        self._registry.behave("down")
        self._stop.wait(_AWAY)
        self._registry.behave("normal", latency_ms=_LATENCY)
        for name in (*EDGES, WORK):
            pid = self._besieged.cluster.pid(name)
            os.kill(pid, signal.SIGSTOP)
            self._stop.wait(self._dice.uniform(0.1, 1.5))
            os.kill(pid, signal.SIGCONT)

    def _drained(self) -> None:
        """Wait until what waited at the end of the outage is settled, while others go on signing up."""
        waiting = [one for one in list(self._book.all) if one.answer is not None and not one.ended]
        self.tally.figures["most_waiting"] = max(self.tally.figures.get("most_waiting", 0), len(waiting))
        for _ in range(_PATIENT):
            waiting = [sign_up for sign_up in waiting if not sign_up.ended]
            if not waiting or self._stop.is_set():
                return
            with self._besieged.vault() as vault:
                for sign_up in waiting:
                    self._book.recheck(sign_up, vault)
            self._stop.wait(1)
        self.tally.lose(f"{len(waiting)} claims of an outage still wait")
