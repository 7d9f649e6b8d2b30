"""A running edge for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from idvault.core.telemetry.logs import Logs
from tools.support.authority import Authority
from tools.support.edge import Edge, running


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture
async def edge(tmp_path: Path, authority: Authority) -> AsyncIterator[Edge]:
    async with running(tmp_path, authority) as edge:
        yield edge


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logs]:
    """Return an edge's logs, in serve.jsonl."""
    made = Logs(process="serve-0", path=tmp_path / "serve.jsonl")
    yield made
    made.close()
