"""A steady load: callers in threads sign people up and repeat unanswered requests."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from idvault_client import Vault
from tools.torture.book import Book, SignUp

_BREATH = 0.05
_RESTING = 0.2

MakeVault = Callable[[], Vault]


def _ignore() -> None:
    """No-op listener."""


class Load:
    """Runs for the duration of its block."""

    def __init__(
        self, book: Book, *, vault: MakeVault, callers: int, heard: Callable[[], None] = _ignore
    ) -> None:
        """Set the book and how to connect, separately for each caller; heard is called for each answer."""
        self._book = book
        self._vault = vault
        self._heard = heard
        self._stop = threading.Event()
        self._asked = threading.Semaphore(0)
        self._threads = [threading.Thread(target=self._call, daemon=True) for _ in range(callers)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def answered(self, count: int, *, patience: float) -> bool:
        """Wait for this many more answers; return whether they came in time."""
        return all(self._asked.acquire(timeout=patience) for _ in range(count))

    def forget_answers(self) -> None:
        while self._asked.acquire(blocking=False):
            pass

    def _call(self) -> None:
        with self._vault() as vault:
            while not self._stop.is_set():
                answered = self._book.send(self._book.next(), vault)
                if answered:
                    self._asked.release()
                    self._heard()
                # Leaves CPU time for starting processes, and avoids busy retries while the edge is down.
                self._stop.wait(_BREATH if answered else _RESTING)


def in_parallel(work: Callable[[SignUp, Vault], object], sign_ups: list[SignUp], *, vault: MakeVault) -> None:
    """Do work for each request, several at a time, over one connection."""
    with vault() as shared, ThreadPoolExecutor(8) as pool:
        for result in [pool.submit(work, sign_up, shared) for sign_up in sign_ups]:
            result.result()


def until_ended(book: Book, *, vault: MakeVault, rounds: int) -> bool:
    """Repeat requests without an outcome until all have one; return whether they have."""
    pause = threading.Event()
    for _ in range(rounds):
        waiting = [sign_up for sign_up in book.all if not sign_up.ended]
        if not waiting:
            return True
        in_parallel(book.send, waiting, vault=vault)
        pause.wait(_RESTING)
    return book.open == 0
