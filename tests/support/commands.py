"""Runs the command `idvault` in this process."""

import os
from dataclasses import dataclass

import pytest

from idvault.processes.cli import app


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a command."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        return self.out.splitlines()[-1]


class Commands:
    """Runs commands in this process with a separate environment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capfd = capfd
        for name in [name for name in os.environ if name.startswith("IDVAULT_")]:
            monkeypatch.delenv(name)

    def set(self, **settings: object) -> None:
        """Set settings by name, without the prefix."""
        for name, value in settings.items():
            self._monkeypatch.setenv(f"IDVAULT_{name}", str(value))

    def __call__(self, *arguments: object) -> Result:
        self._capfd.readouterr()
        code = app.run([str(argument) for argument in arguments])
        captured = self._capfd.readouterr()
        return Result(int(code), captured.out, captured.err)
