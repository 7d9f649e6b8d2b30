"""A platform's book: each person, request id and answer; all answers are checked."""

import random
import threading
import time
from dataclasses import dataclass, field
from uuid import uuid4

from idvault_client import NotFound, Vault, VaultError, Verification
from tools.support.sandbox import Person, Registry, invent, send
from tools.torture.tally import Tally

_PAUSE = 0.5  # pause before a request whose answer was lost, or that waits, is sent again
_AGAIN = 0.5  # how often a caller repeats such a request instead of signing up a new person
_STRANGERS = 0.15  # people whom the registry does not know


@dataclass(slots=True)
class SignUp:
    """One request of one person and its newest answer; the time is when it may be sent again."""

    person: Person = field(repr=False)
    request_id: str = field(default_factory=lambda: str(uuid4()))
    answer: Verification | None = None
    next_at: float = 0.0

    @property
    def ended(self) -> bool:
        """Whether it has an outcome."""
        return self.answer is not None and not self.answer.pending

    def send(self, vault: Vault) -> Verification | None:
        """Send it again under its id; None without an answer."""
        return send(vault, self.person, self.request_id)


class Book:
    """Thread-safe, so that the threads of a load can share it."""

    def __init__(self, registry: Registry, *, tally: Tally, dice: random.Random) -> None:
        """Set the registry that must know the people, and the tally."""
        self._registry = registry
        self._tally = tally
        self._dice = dice
        self._lock = threading.Lock()
        self._waiting: list[SignUp] = []
        self.all: list[SignUp] = []

    @property
    def open(self) -> int:
        """How many requests have no outcome that the platform knows of."""
        with self._lock:
            return sum(not sign_up.ended for sign_up in self.all)

    def newcomer(self, *, known: bool = False) -> SignUp:
        """Add a new person; sometimes one unknown to the registry, unless it must be known."""
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
        """Return the sign-up that a caller sends next."""
        repeated = self.again() if self._dice.random() < _AGAIN else None
        return repeated or self.newcomer()

    def send(self, sign_up: SignUp, vault: Vault) -> bool:
        """Send a request and record the answer; False without one."""
        answer = sign_up.send(vault)
        if answer is not None:
            self.hear(sign_up, answer)
        if not sign_up.ended:
            sign_up.next_at = time.monotonic() + _PAUSE
            with self._lock:
                self._waiting.append(sign_up)
        return answer is not None

    def hear(self, sign_up: SignUp, answer: Verification) -> None:
        """Record an answer; one that contradicts an earlier one is a loss."""
        with self._lock:
            former = sign_up.answer
            # Answers can overtake each other: "pending" may be older than an outcome received before.
            if former is None or former.pending or not answer.pending:
                sign_up.answer = answer
            if former is None:
                self._tally.acknowledged += 1
            elif former.account_token != answer.account_token:
                self._tally.double(f"{sign_up.request_id} has a second account")
            elif not former.pending and not answer.pending and told(former) != told(answer):
                self._tally.lose(f"{sign_up.request_id} was {told(former)} and is {told(answer)}")

    def recheck(self, sign_up: SignUp, vault: Vault) -> None:
        """Ask for the outcome of a request; an acknowledged one must be known."""
        try:
            self.hear(sign_up, vault.get_verification(sign_up.request_id))
        except NotFound:
            with self._lock:
                self._tally.lose(f"{sign_up.request_id} was acknowledged and now is unknown")
        except VaultError:
            # No answer in time: it is asked about again at the end.
            return


def told(answer: Verification) -> tuple[str, str, str]:
    return str(answer.state), answer.failure_reason.name, answer.account_token
