"""A process's certificate files: what stops a start, and what a running process does with new files."""

import asyncio
import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from idvault.core import certificate_files
from idvault.core.certificate_files import CertificateFiles, CertificateReplacer, Pem
from idvault.core.config import ConfigError
from idvault.core.telemetry.logs import Logs
from idvault_verify.attest.reading import RosterError
from tools.support.authority import Authority, Issued, spiffe

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
OURS = Authority()


def issued(*, ends: timedelta = DAY) -> Issued:
    return OURS.client(spiffe("platform", "edge"), starts=-9 * DAY, ends=ends)


class Room:
    """The three files of an edge, what replaces them, and what it logs."""

    def __init__(self, folder: Path, log_file: Path) -> None:
        self.files = CertificateFiles.of_settings(
            "IDVAULT_TLS_", folder / "tls.pem", folder / "tls.key", folder / "ca.pem"
        )
        self.ca = folder / "ca.pem"
        self.put(issued())
        self.ca.write_bytes(OURS.ca)
        self.used: list[Pem] = []
        self.refusal: Exception | None = None
        self.log_file = log_file

    def put(self, found: Issued, *, key: bytes | None = None) -> None:
        self.files.certificate.write_bytes(found.certificate)
        self.files.key.write_bytes(found.key if key is None else key)

    def read(self) -> Pem:
        return self.files.read(now=NOW)

    def replacer(self) -> CertificateReplacer:
        return CertificateReplacer(files=self.files, current=self.read(), accept=self._accept, use=self._use)

    async def _use(self, found: Pem) -> None:
        self.used.append(found)

    def _accept(self, _: Pem) -> None:
        if self.refusal:
            raise self.refusal

    def lines(self, event: str) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in self.log_file.read_text("utf-8").splitlines()]
        return [line for line in found if line["event"] == event]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """A room whose log goes to a file."""
    logs = Logs(process="serve", path=tmp_path / "log.jsonl").install()
    yield Room(tmp_path, tmp_path / "log.jsonl")
    logs.close()


def test_good_files_are_read(room: Room) -> None:
    """All three files as they are; of several authorities, one that has expired does not matter."""
    assert room.read().ca == OURS.ca
    room.ca.write_bytes(issued(ends=-DAY).certificate + OURS.ca)
    assert room.read().certificate == room.files.certificate.read_bytes()


@pytest.mark.parametrize(
    ("file", "content", "why"),
    [
        ("tls.pem", None, "IDVAULT_TLS_CERTIFICATE cannot be read"),
        ("tls.pem", b"none", "IDVAULT_TLS_CERTIFICATE has no certificate"),
        ("tls.pem", issued(ends=-DAY).certificate, "IDVAULT_TLS_CERTIFICATE has expired"),
        ("ca.pem", issued(ends=-DAY).certificate, "IDVAULT_TLS_CA has expired"),
        ("tls.key", b"none", "IDVAULT_TLS_KEY cannot be used"),
        ("tls.key", issued().key, "IDVAULT_TLS_KEY is not the key"),
    ],
)
def test_bad_files_stop_the_start(room: Room, file: str, content: bytes | None, why: str) -> None:
    """The error names the setting."""
    path = room.ca.parent / file
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(ConfigError, match=f"^{why}"):
        room.read()


async def test_a_new_certificate_is_used_once(room: Room) -> None:
    """A look without news changes nothing."""
    replacer = room.replacer()
    await replacer.look(now=NOW)
    assert room.used == []
    room.put(issued())
    for _ in range(2):
        await replacer.look(now=NOW)
    assert room.used == [room.read()]
    assert len(room.lines("certificate_replaced")) == 1


async def test_half_of_a_replacement_is_waited_for(room: Room) -> None:
    """A key that does not fit is a problem only if it stays, and is then logged once."""
    replacer = room.replacer()
    new = issued()
    room.put(new, key=issued().key)
    await replacer.look(now=NOW)
    assert room.lines("certificate_refused") == []
    for _ in range(3):
        await replacer.look(now=NOW)
    [line] = room.lines("certificate_refused")
    assert line["why"].startswith("IDVAULT_TLS_KEY is not the key")
    assert room.used == []
    room.put(new)
    await replacer.look(now=NOW)
    assert room.used == [room.read()]


async def test_a_key_of_somebody_else_is_refused(room: Room) -> None:
    """The edge does not take a key that the roster gives to a witness."""
    replacer = room.replacer()
    room.refusal = RosterError("a witness has this key")
    room.put(issued())
    for _ in range(2):
        await replacer.look(now=NOW)
    assert room.used == []
    assert len(room.lines("certificate_refused")) == 1


async def test_an_expiry_is_announced_daily(room: Room) -> None:
    """From 30 days before, once a day and for each file; an expired certificate is refused in the log."""
    room.ca.write_bytes(issued(ends=99 * DAY).certificate)
    room.put(issued(ends=31 * DAY))
    replacer = room.replacer()
    for hours in (0, 20, 40, 50, 70):
        await replacer.look(now=NOW + timedelta(hours=hours))
    assert [line["why"] for line in room.lines("certificate_expires")] == [
        "IDVAULT_TLS_CERTIFICATE expires in 29 days",
        "IDVAULT_TLS_CERTIFICATE expires in 28 days",
    ]
    for _ in range(2):
        await replacer.look(now=NOW + 32 * DAY)
    assert room.lines("certificate_expires")[-1]["why"] == "IDVAULT_TLS_CERTIFICATE expires in 0 days"
    assert "has expired" in room.lines("certificate_refused")[0]["why"]


def _shown(port: int) -> bytes:
    """Return the certificate that a server at a port shows to a new connection."""
    return ssl.get_server_certificate(("127.0.0.1", port)).encode()


async def test_a_server_shows_the_new_certificate(room: Room) -> None:
    """From the next connection on, without a restart; the one in use stays while files cannot be read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(room.files.certificate, room.files.key)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    replacer = CertificateReplacer(
        files=room.files, current=room.read(), use=certificate_files.into(context, room.files)
    )
    async with server:
        before = await asyncio.to_thread(_shown, port)
        room.files.key.unlink()
        await replacer.look(now=NOW)
        assert await asyncio.to_thread(_shown, port) == before
        room.put(new := issued())
        await replacer.look(now=NOW)
        assert await asyncio.to_thread(_shown, port) == new.certificate != before


async def test_following_survives_what_it_cannot_read(room: Room) -> None:
    """An unexpected fault is logged, and the next look goes on; the block's end ends the looks."""
    replacer, looks = room.replacer(), asyncio.Semaphore(0)

    def clock() -> datetime:
        looks.release()
        if len(room.lines("certificate_not_read")) == 0:
            raise ZeroDivisionError
        return NOW

    room.put(issued())
    async with certificate_files.following([replacer], clock=clock, period=0.0):
        while not room.used:
            await looks.acquire()
            await asyncio.sleep(0)
    count = len(asyncio.all_tasks())
    assert count == 1
    assert room.lines("certificate_not_read")[0]["error"] == "ZeroDivisionError"
