"""The pytest fixture of a real vault: `pytest_plugins = ["idvault_client.pytest_plugin"]`."""

from collections.abc import Iterator

import pytest

from idvault_client import testing


@pytest.fixture(scope="session")
def idvault_server() -> Iterator[testing.Server]:
    """Run one vault for all tests of the session; tests that sign up newcomers do not affect each other."""
    with testing.server() as server:
        yield server
