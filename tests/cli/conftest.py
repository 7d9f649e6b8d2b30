"""The command line for tests."""

import pytest

from idvault.core.db.database import Database
from tests.support import retries
from tests.support.commands import Commands


@pytest.fixture
def idvault(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Commands:
    """Run `idvault` in this process.

    It gives up at once on a missing database.
    """
    defaults = Database.__init__.__kwdefaults__ or {}
    assert "patience" in defaults
    monkeypatch.setitem(defaults, "patience", 0.0)
    return Commands(monkeypatch, capfd)


@pytest.fixture(autouse=True)
def _quick_retries(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for gRPC's own attempts where a vault is away."""
    retries.make_quick(request, monkeypatch)
