"""Closes a server of the pages' tests; a browser may be opening a connection at that time."""

import asyncio
from typing import Any

from aiohttp.test_utils import TestServer


async def close(server: TestServer) -> None:
    """Close a server once whoever it has accepted is known to it.

    Python 3.11 forgets a connection that is accepted as its server closes. It stays open, and its garbage
    fails another test.
    """
    assert server.runner is not None
    for site in server.runner.sites:
        listening: Any = getattr(site, "_server")  # noqa: B009 - no public way leads there
        for each in listening.sockets:
            asyncio.get_running_loop().remove_reader(each)
    for _ in range(3):  # from an accepted socket to a connection
        await asyncio.sleep(0)
    await server.close()
