"""The command line for tests."""

from collections.abc import Callable
from typing import Any

import pytest

from idvault.custody import identity
from idvault.storage.base.database import Database
from tests.support.commands import Commands
from tests.support.people import CHEAP


@pytest.fixture
def idvault(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Commands:
    """Run `idvault` in this process.

    It encrypts people's keys cheaply, since each test makes some, and gives up at once on a missing database.
    """
    _set_default(monkeypatch, identity.create, "cost", CHEAP)
    _set_default(monkeypatch, identity.change_passphrase, "cost", CHEAP)
    _set_default(monkeypatch, Database.__init__, "patience", 0.0)
    return Commands(monkeypatch, capfd)


def _set_default(
    monkeypatch: pytest.MonkeyPatch, function: Callable[..., Any], name: str, value: object
) -> None:
    defaults = function.__kwdefaults__ or {}
    assert name in defaults
    monkeypatch.setitem(defaults, name, value)
