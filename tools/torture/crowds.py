"""Promise 4: concurrent requests to two processes of the edge.

- 64 callers with one request id: one check at the registry, one record, identical answers.
- 64 requests of one person: as many accounts as a person may have, and no more, for limits of five and two.
- 64 requests with different names for one number: five of them open and are decided.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from idvault_client import Vault
from tools.support.sandbox import Person, invent
from tools.torture.besieged import EDGES, WORK, Siege
from tools.torture.book import SignUp, told
from tools.torture.load import until_ended
from tools.torture.tally import Tally

Result = TypeVar("Result")

CALLERS = 64
_CONNECTIONS = 8
_LIMIT, _LIMITS = "IDVAULT_ACCOUNTS_PER_PERSON", (5, 2)
_ATTEMPTS = 5
_LATENCY = 100
_ROUNDS = 150


class Crowds(Siege):
    """One deployment, and crowds of callers as often as requested."""

    def run(self, count: int) -> Tally:
        """Run this many crowds of each kind; return the tally."""
        for limit in _LIMITS:
            self._start(limit)
            for _ in range(count):
                if self._stop.is_set():
                    break
                self._one_request()
                self._one_person(limit)
                self._one_number()
                self.tally.faults += 3
        self._besieged.reckon(self._book, tally=self.tally)
        return self.tally

    def _start(self, limit: int) -> None:
        """Start all processes with a limit of accounts per person."""
        cluster = self._besieged.cluster
        if _LIMIT in cluster.settings:
            for name in (*EDGES, WORK):
                cluster.stop(name)
        cluster.settings[_LIMIT] = str(limit)
        self._besieged.start(*EDGES, WORK)
        self._registry.behave("normal", latency_ms=_LATENCY)

    def _one_request(self) -> None:
        before = self._registry.counters()
        sign_up = SignUp(self._registry.newcomer())
        self._book.all.append(sign_up)
        heard = self._together(lambda vault, _: sign_up.send(vault))
        answers = [answer for answer in heard if answer is not None]
        for answer in answers:
            self._book.hear(sign_up, answer)
        if len({told(answer) for answer in answers if not answer.pending}) > 1:
            self.tally.double(f"{sign_up.request_id} was answered in two ways")
        self._end()
        after = self._registry.counters()
        for name, wanted in (("charged", 1), ("check", 1), ("duplicate_ai", 0)):
            if (count := after[name] - before[name]) != wanted:
                self.tally.double(f"{CALLERS} callers with one request id: {name} grew by {count}")

    def _one_person(self, limit: int) -> None:
        person = self._registry.newcomer()
        crowd = [SignUp(person) for _ in range(CALLERS)]
        self._book.all += crowd
        self._together(lambda vault, place: self._book.send(crowd[place], vault))
        self._end()
        accounts = sum(sign_up.answer is not None and sign_up.answer.succeeded for sign_up in crowd)
        if accounts > limit:
            self.tally.double(f"a person has {accounts} accounts", accounts - limit)
        elif accounts < limit:
            self.tally.lose(f"a person got {accounts} accounts")

    def _one_number(self) -> None:
        owner, before = self._registry.newcomer(), self._registry.counters()["charged"]
        # Equal pairs count once, and the owner's own name would be given back: only new names are guesses.
        names = {owner.name}
        while len(names) <= CALLERS:
            names.add(invent().name)
        names.remove(owner.name)
        guesses = [SignUp(Person(name, owner.number)) for name in names]
        heard = self._together(lambda vault, place: guesses[place].send(vault))
        opened = [(guess, answer) for guess, answer in zip(guesses, heard, strict=True) if answer]
        for guess, answer in opened:
            self._book.all.append(guess)
            self._book.hear(guess, answer)
        self._end()
        decided = self._registry.counters()["charged"] - before
        if (len(opened), decided) != (_ATTEMPTS, _ATTEMPTS):
            self.tally.double(
                f"{len(opened)} of {CALLERS} names of one number opened, {decided} were decided"
            )

    def _end(self) -> None:
        if not until_ended(self._book, vault=self._besieged.vault, rounds=_ROUNDS):
            self.tally.lose(f"{self._book.open} requests have no outcome")

    def _together(self, call: Callable[[Vault, int], Result]) -> list[Result]:
        """Let all callers call at the same time over several connections; return their answers."""
        start = threading.Barrier(CALLERS)
        vaults = [self._besieged.vault() for _ in range(_CONNECTIONS)]

        def one(place: int) -> Result:
            start.wait()
            return call(vaults[place % _CONNECTIONS], place)

        try:
            with ThreadPoolExecutor(CALLERS) as pool:
                return list(pool.map(one, range(CALLERS)))
        finally:
            for vault in vaults:
                vault.close()
