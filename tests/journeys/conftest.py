"""One shared vault for journeys that leave it unchanged, and a separate one for each other journey."""

import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from idvault_client import Vault
from tests.support.house import House, running
from tools.support.sandbox import Registry, wait_for

_WAITING = "select count(*) from log_entries where log_index is null"


@pytest.fixture(scope="session")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A running vault."""
    yield from running(tmp_path_factory.mktemp("house"))


@pytest.fixture
def house(shared_house: House) -> Iterator[House]:
    """The shared vault, with the registry in normal mode before and after."""
    shared_house.registry.reset()
    yield shared_house
    shared_house.registry.reset()


@pytest.fixture(scope="session")
def prepared_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of a vault that has been started and stopped: keys, members and schema are there."""
    folder = tmp_path_factory.mktemp("prepared")
    for house in running(folder):
        # An entry that had no index by then would be a minute old at a later start, and stop every change.
        assert wait_for(partial(_is_sequenced, house))
        assert house.session.stop(signal.SIGTERM) == 0
    return folder / "state"


def _is_sequenced(house: House) -> bool:
    return house.query(_WAITING) == [(0,)]


@pytest.fixture
def own_house(prepared_state: Path, tmp_path: Path) -> Iterator[House]:
    """A running vault for one test, on a copy of the prepared state; test_dev.py starts from nothing."""
    yield from running(tmp_path, state=prepared_state)


@pytest.fixture
def vault(house: House) -> Iterator[Vault]:
    with house.vault() as vault:
        yield vault


@pytest.fixture
def registry(house: House) -> Registry:
    return house.registry
