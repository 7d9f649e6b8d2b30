"""Promise 1: kill -9 at random times under load; acknowledged claims exist exactly once; the log verifies.

Two processes of the edge and a worker run while callers sign people up and the registry is in turn normal,
slow, down or losing its answers. Each round kills one of the three, or all, and restarts it under the same
load. After each round every claim answered in it is looked up; every few rounds the log is verified against a
checkpoint kept outside; in the end every row of both databases is compared.
"""

import statistics
import time
from collections.abc import Sequence

from tools.torture.besieged import EDGES, WORK, Siege, Start
from tools.torture.load import Load, in_parallel
from tools.torture.tally import Tally

_CALLERS = 4
_LONGEST = 0.6  # seconds from the first answer of a round to its kill
_PATIENCE = 30.0
_ALL = (*EDGES, WORK)
_EVERYTHING = 0.1  # how often all are killed at once
_VERIFIED = 10  # rounds between two verifications of the log
_WEATHER: tuple[tuple[str, int | None, int], ...] = (
    ("normal", None, 0),
    ("normal", None, 150),
    ("down", None, 0),
    ("lose_answer", 3, 0),
)


class Kills(Siege):
    """One deployment, killed as often as requested."""

    _asked = 0

    def run(self, count: int) -> Tally:
        """Kill this many times; return the tally."""
        self._besieged.start(*_ALL)
        starts: list[Start] = []
        with Load(self._book, vault=self._besieged.vault, callers=_CALLERS) as load:
            while self.tally.faults < count and not self._stop.is_set():
                starts.append(self._round(load, len(starts)))
        self._registry.behave("normal")
        self._besieged.reckon(self._book, tally=self.tally)
        if starts:
            self._sum_up(starts)
        return self.tally

    def _round(self, load: Load, number: int) -> Start:
        mode, count, latency = _WEATHER[number % len(_WEATHER)]
        self._registry.behave(mode, count=count, latency_ms=latency)
        load.forget_answers()
        if not load.answered(1, patience=_PATIENCE):
            self.tally.lose(f"nobody was answered in round {number}")
        time.sleep(self._dice.uniform(0, _LONGEST))
        victims = _ALL if self._dice.random() < _EVERYTHING else (self._dice.choice(_ALL),)
        start = self._kill(victims)
        self._look_back(number)
        return start

    def _kill(self, victims: Sequence[str]) -> Start:
        for name in victims:
            self._besieged.cluster.kill(name)
            self.tally.faults += 1
        return self._besieged.start(*victims)

    def _look_back(self, number: int) -> None:
        """Look up every claim answered since the last time; sometimes verify the log."""
        everybody = self._book.all
        fresh, self._asked = everybody[self._asked : len(everybody)], len(everybody)
        answered = [sign_up for sign_up in fresh if sign_up.answer is not None]
        in_parallel(self._book.recheck, answered, vault=self._besieged.vault)
        if number % _VERIFIED == 0 and (complaint := self._besieged.verify_log()):
            self.tally.lose(f"in round {number}: {complaint}")
        self._besieged.keep_checkpoint()

    def _sum_up(self, starts: Sequence[Start]) -> None:
        self.tally.worst("restart_median_s", statistics.median(start.wall for start in starts))
        self.tally.worst("restart_slowest_s", max(start.wall for start in starts))
        self.tally.worst("restart_cpu_median_s", statistics.median(start.cpu for start in starts))
        self.tally.worst("restart_cpu_slowest_s", max(start.cpu for start in starts))
        self.tally.figures["restarts"] = len(starts)
        self.tally.figures["restarts_of_5_s_or_more"] = sum(start.wall >= 5 for start in starts)
        self.tally.figures["requests"] = len(self._book.all)
