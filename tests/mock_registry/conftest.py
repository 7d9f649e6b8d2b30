"""A mock registry for each test of this folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.mock_registry import Running, running


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Running]:
    """Run a mock registry with the real interface's caps."""
    async with running(tmp_path) as started:
        yield started
