"""A running edge for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.authority import Authority
from tests.support.edge import Edge, running


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture
async def edge(tmp_path: Path, authority: Authority) -> AsyncIterator[Edge]:
    async with running(tmp_path, authority) as edge:
        yield edge
