"""A witness for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.witness_world import Disk, Served, served


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """The folder of a witness that knows one log."""
    made = Disk(tmp_path / "witness")
    yield made
    made.close()


@pytest.fixture
async def server(disk: Disk) -> AsyncIterator[Served]:
    async with served(disk.start()) as running:
        yield running
