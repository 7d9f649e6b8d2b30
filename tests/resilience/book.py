"""The book of a platform: whom it sent, under which request id, and what it was told; all of it checked."""

import random
import threading
import time
from dataclasses import dataclass, field
from uuid import uuid4

from idvault_client import NotFound, Vault, VaultError, Verification
from tests.resilience.tally import Tally
from tests.support.sandbox import Person, Registry, invent, send

_PAUSE = 0.5  # before a request whose answer was lost, or that waits, is sent again
_AGAIN = 0.5  # how often a caller repeats such a request instead of bringing somebody new
_STRANGERS = 0.15  # people whom the registry does not know


@dataclass(slots=True)
class SignUp:
    """One request of one person, and the newest answer to it; the time is when it may be sent again."""

    person: Person = field(repr=False)
    request_id: str = field(default_factory=lambda: str(uuid4()))
    answer: Verification | None = None
    next_at: float = 0.0

    @property
    def ended(self) -> bool:
        """Whether its outcome was told."""
        return self.answer is not None and not self.answer.pending

    def send(self, vault: Vault) -> Verification | None:
        """Send it once more under its own id; None without an answer."""
        return send(vault, self.person, self.request_id)


class Book:
    """Safe to share between the threads of a load."""

    def __init__(self, registry: Registry, *, tally: Tally, dice: random.Random) -> None:
        """Take the registry that is to know the people, and who counts what is wrong."""
        self._registry = registry
        self._tally = tally
        self._dice = dice
        self._lock = threading.Lock()
        self._waiting: list[SignUp] = []
        self.all: list[SignUp] = []

    @property
    def open(self) -> int:
        """How many requests have no outcome, as far as the platform was told."""
        with self._lock:
            return sum(not sign_up.ended for sign_up in self.all)

    def newcomer(self, *, known: bool = False) -> SignUp:
        """Enter somebody new; now and then a stranger to the registry, unless it must know them."""
        stranger = not known and self._dice.random() < _STRANGERS
        person = invent() if stranger else self._registry.newcomer()
        sign_up = SignUp(person)
        with self._lock:
            self.all.append(sign_up)
        return sign_up

    def again(self) -> SignUp | None:
        """Return a request without an outcome that may be sent again now."""
        now = time.monotonic()
        with self._lock:
            for place, sign_up in enumerate(self._waiting):
                if sign_up.next_at <= now:
                    return self._waiting.pop(place)
        return None

    def next(self) -> SignUp:
        """Return what a caller sends next."""
        repeated = self.again() if self._dice.random() < _AGAIN else None
        return repeated or self.newcomer()

    def send(self, sign_up: SignUp, vault: Vault) -> bool:
        """Send a request and enter the answer; False without one."""
        answer = sign_up.send(vault)
        if answer is not None:
            self.hear(sign_up, answer)
        if not sign_up.ended:
            sign_up.next_at = time.monotonic() + _PAUSE
            with self._lock:
                self._waiting.append(sign_up)
        return answer is not None

    def hear(self, sign_up: SignUp, answer: Verification) -> None:
        """Enter an answer; one that takes an earlier one back is a loss."""
        with self._lock:
            former = sign_up.answer
            # Answers overtake each other: "it waits" may be older than the outcome that the audit looks for.
            if former is None or former.pending or not answer.pending:
                sign_up.answer = answer
            if former is None:
                self._tally.acknowledged += 1
            elif former.account_token != answer.account_token:
                self._tally.double(f"{sign_up.request_id} has a second account")
            elif not former.pending and not answer.pending and told(former) != told(answer):
                self._tally.lose(f"{sign_up.request_id} was {told(former)} and is {told(answer)}")

    def recheck(self, sign_up: SignUp, vault: Vault) -> None:
        """Ask what became of a request; what was acknowledged must be known."""
        try:
            self.hear(sign_up, vault.get_verification(sign_up.request_id))
        except NotFound:
            with self._lock:
                self._tally.lose(f"{sign_up.request_id} was acknowledged and now is unknown")
        except VaultError:
            # Nobody answered in time: it is asked about again in the end.
            return


def told(answer: Verification) -> tuple[str, str, str]:
    return str(answer.state), answer.failure_reason.name, answer.account_token
