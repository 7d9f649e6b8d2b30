"""The leader of a PostgreSQL unit dies under load; what was acknowledged is in its successor.

Two units of three servers under Patroni hold the vault's databases, configured as on the operations page. Two
processes of the edge and a worker run, four callers sign people up and one reads a status. Each round ends a
leader, its PostgreSQL and its Patroni with kill -9: of the main database, of the shred keys, or both at once.
The dead server returns after another one leads, and the next round begins when both units are whole. The
processes of the vault are never restarted.
"""

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tools.torture.besieged import EDGES, WORK, Besieged, Siege, besieging
from tools.torture.campaign import Options
from tools.torture.failover import programs, unit
from tools.torture.failover.pulse import Pulse, Reader
from tools.torture.failover.unit import Unit, Units
from tools.torture.load import Load, in_parallel, until_ended
from tools.torture.tally import Tally

_CALLERS = 4
_ALL = (*EDGES, WORK)
_PATIENCE = 120.0
_ROUNDS = 150
_CALM = 5  # answers of each kind before a kill and after the recovery


class Failover(Siege):
    """One deployment whose leaders are killed as often as requested."""

    units: Units
    _asked = 0

    def run(self, count: int) -> Tally:
        """Kill in this many rounds; return the tally."""
        self._besieged.start(*_ALL)
        signed, read = Pulse(), Pulse()
        token = self._first()
        with (
            Load(self._book, vault=self._besieged.vault, callers=_CALLERS, heard=signed.beat),
            Reader(self._besieged.vault, token, read),
        ):
            for number in range(count):
                if self._stop.is_set() or not self._round(number, {"sign_up": signed, "read": read}):
                    break
        for name in _ALL:
            if self._besieged.cluster.has_ended(name):
                self.tally.lose(f"{name} did not outlive its database's leader")
        self._besieged.reckon(self._book, tally=self.tally)
        self._sum_up()
        return self.tally

    def _first(self) -> str:
        """Sign up the person whose status is read."""
        person = self._book.newcomer(known=True)
        if not until_ended(self._book, vault=self._besieged.vault, rounds=_ROUNDS) or person.answer is None:
            raise unit.FailoverError("nobody could sign up before the first kill")
        return person.answer.account_token

    def _round(self, number: int, pulses: dict[str, Pulse]) -> bool:
        both = (self.units.main, self.units.shred)
        victims = (both[:1], both[1:], both)[number % 3]
        for each in both:
            each.wait_whole()
        if not self._all_answered(pulses, f"before kill {number}"):
            return False
        killed_at = time.monotonic()
        self._kill(victims)
        if not self._all_answered(pulses, f"after kill {number}"):
            return False
        self.tally.details.append(
            {"killed": [each.name for each in victims]}
            | {name: round(pulse.gap(killed_at), 2) for name, pulse in pulses.items()}
        )
        self._look_back(number)
        return True

    def _kill(self, victims: Sequence[Unit]) -> None:
        killed = [(each, each.kill_leader()) for each in victims]
        self.tally.faults += len(killed)
        for each, former in killed:
            each.wait_leader(besides=former)
        for _, former in killed:
            former.start()

    def _all_answered(self, pulses: dict[str, Pulse], when: str) -> bool:
        now = time.monotonic()
        silent = [name for name, pulse in pulses.items() if not pulse.wait(now, _CALM, patience=_PATIENCE)]
        for name in silent:
            self.tally.lose(f"no {name} was answered {when}")
        return not silent

    def _look_back(self, number: int) -> None:
        """Look up every claim answered since the last time, and verify the log."""
        everybody = self._book.all
        fresh, self._asked = everybody[self._asked : len(everybody)], len(everybody)
        answered = [sign_up for sign_up in fresh if sign_up.answer is not None]
        in_parallel(self._book.recheck, answered, vault=self._besieged.vault)
        if complaint := self._besieged.verify_log():
            self.tally.lose(f"after kill {number}: {complaint}")
        self._besieged.keep_checkpoint()

    def _sum_up(self) -> None:
        self.tally.figures["requests"] = len(self._book.all)
        # Without the shred keys statuses are read as before, and sign-ups have to wait.
        of = {"": [each for each in self.tally.details if "main" in each["killed"]]}
        of["keys_"] = [each for each in self.tally.details if "main" not in each["killed"]]
        for which, rounds in of.items():
            for name in ("sign_up", "read"):
                if gaps := [each[name] for each in rounds]:
                    self.tally.figures[f"{which}{name}_gap_median_s"] = round(statistics.median(gaps), 1)
                    self.tally.figures[f"{which}{name}_gap_slowest_s"] = round(max(gaps), 1)


def run(options: Options) -> Tally:
    """Run a deployment over two units; raises MissingToolError."""
    found = programs.find()
    with (
        unit.running(found) as units,
        tempfile.TemporaryDirectory(prefix="idvault-torture-") as name,
        besieging(units.databases, Path(name)) as besieged,
    ):
        return siege(besieged, units, options).run(options.count)


def siege(besieged: Besieged, units: Units, options: Options) -> Failover:
    """Return the campaign against a deployment over these units."""
    made = Failover(besieged, dice=options.dice(), stop=options.stop)
    made.units = units
    return made
