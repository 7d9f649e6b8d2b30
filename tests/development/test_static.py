"""The static server of the public directory."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from idvault_dev.static import StaticServer


@pytest.fixture
async def base_url(tmp_path: Path) -> AsyncIterator[str]:
    """A server for a directory with one file; another file is outside the directory."""
    public = tmp_path / "public"
    (public / "tile").mkdir(parents=True)
    (public / "tile" / "000").write_bytes(b"leaf")
    (public / ".draft").write_text("draft")
    (tmp_path / "secret").write_text("secret")
    (public / "link").symlink_to(tmp_path / "secret")
    server = StaticServer(directory=public, port=0)
    yield await server.start()
    await server.stop()


async def test_serves_files(base_url: str) -> None:
    """A file in the directory is served unchanged."""
    async with aiohttp.ClientSession() as session, session.get(base_url + "tile/000") as answer:
        assert answer.status == 200
        assert await answer.read() == b"leaf"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("checkpoint", "text/plain; charset=utf-8"),
        ("tile/000", "application/octet-stream"),
        ("jwks.json", "application/json"),
        ("status/0.jwt", "application/statuslist+jwt"),
    ],
)
async def test_says_what_a_file_is(base_url: str, tmp_path: Path, name: str, kind: str) -> None:
    """The log's files have C2SP content types, the others those of their formats."""
    path = tmp_path / "public" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"{}")
    async with aiohttp.ClientSession() as session, session.get(base_url + name) as answer:
        assert answer.headers["Content-Type"] == kind


@pytest.mark.parametrize(
    "path", ["", "tile", "none", ".draft", "link", "%2e%2e/secret", "..%2fsecret", "%00"]
)
async def test_serves_nothing_else(base_url: str, path: str) -> None:
    """Listings, hidden files and files outside the directory are not served."""
    async with aiohttp.ClientSession() as session, session.get(base_url + path) as answer:
        assert answer.status == 404


async def test_busy_port_is_told(base_url: str, tmp_path: Path) -> None:
    """A port in use is an OSError at the start."""
    port = int(base_url.rstrip("/").rpartition(":")[2])
    server = StaticServer(directory=tmp_path, port=port)
    with pytest.raises(OSError, match="address"):
        await server.start()
    await server.stop()


async def test_a_slow_reader_does_not_hold_up_a_stop(tmp_path: Path) -> None:
    """A client that does not receive its file is disconnected at a stop."""
    with (tmp_path / "large").open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    server = StaticServer(directory=tmp_path, port=0)
    url = urlsplit(await server.start())
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
    async with asyncio.timeout(60):
        await server.stop()
    writer.close()
