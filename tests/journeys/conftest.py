"""One shared vault for journeys that leave it unchanged, and a separate one for each other journey."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from idvault_client import Vault
from tests.support.house import House, running
from tests.support.sandbox import Registry


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


@pytest.fixture
def own_house(tmp_path: Path) -> Iterator[House]:
    """A running vault for one test."""
    yield from running(tmp_path)


@pytest.fixture
def vault(house: House) -> Iterator[Vault]:
    with house.vault() as vault:
        yield vault


@pytest.fixture
def registry(house: House) -> Registry:
    return house.registry
