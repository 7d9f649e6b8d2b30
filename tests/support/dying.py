"""Ends a command at a chosen write, as kill -9 would: nothing is written or tidied up any more."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_WRITES = ("replace", "mkdir", "symlink_to", "chmod")
_TIDYING = ("unlink",)
_MOST = 1_000


class KilledError(BaseException):
    """The process is dead."""


class Dying:
    """Kills a command at its first write, each time it is run, until one run writes nothing more."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._alive, self._is_after = -1, False
        for name in (*_WRITES, *_TIDYING):
            monkeypatch.setattr(Path, name, self._wrapped(name, getattr(Path, name)))

    def repeat(self, run: Callable[[], Any]) -> int:
        """Run until a run survives; return how often it was killed.

        Each write is met twice: the run dies before it, and the next run after it.
        """
        kills = 0
        while True:
            self._alive, self._is_after = 1, kills % 2 == 1
            try:
                run()
            except KilledError:
                kills += 1
                assert kills < _MOST, "a run writes something again and again"
                continue
            finally:
                self._alive = -1
            return kills

    def _wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Path, *arguments: Any, **options: Any) -> Any:
            if self._alive < 0 or (name == "mkdir" and path.exists()):
                return real(path, *arguments, **options)
            if self._alive == 0 or name in _TIDYING:
                if self._alive == 0:
                    raise KilledError
                return real(path, *arguments, **options)
            self._alive = -1
            if self._is_after:
                real(path, *arguments, **options)
            self._alive = 0
            raise KilledError

        return call
