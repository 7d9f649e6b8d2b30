"""The tests' server leaves no connection open that comes while it closes."""

import asyncio
import gc
import socket

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.support import closing


@pytest.mark.parametrize("passes", range(5))
async def test_a_connection_that_comes_as_a_server_closes(
    passes: int, recwarn: pytest.WarningsRecorder
) -> None:
    """However far it has come, it is closed: nothing is left to the collector."""
    server = TestServer(web.Application())
    await server.start_server()
    with socket.create_connection(("127.0.0.1", server.port or 0)):
        for _ in range(passes):
            await asyncio.sleep(0)
        await closing.close(server)
    del server
    gc.collect()
    assert [each.message for each in recwarn if each.category is ResourceWarning] == []
