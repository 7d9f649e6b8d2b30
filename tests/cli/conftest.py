"""The command line for tests."""

import pytest

from tests.support.commands import Commands


@pytest.fixture
def idvault(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Commands:
    """Run `idvault` in this process."""
    return Commands(monkeypatch, capfd)
