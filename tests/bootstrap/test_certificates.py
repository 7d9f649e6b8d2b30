"""The edge's certificate files: what stops a start, and what a running edge does with new files."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from idvault.api.edge.certificates import Tls
from idvault.attest.reading import RosterError
from idvault.bootstrap.certificates import CertificateFollower, read_tls
from idvault.config import ConfigError, Settings
from idvault.telemetry.logs import Logs
from tests.support.authority import Authority, Issued, spiffe

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
OURS = Authority()


def issued(*, ends: timedelta = DAY) -> Issued:
    return OURS.client(spiffe("platform", "edge"), starts=-9 * DAY, ends=ends)


class Room:
    """The three files of an edge, a follower of them, and what it logs."""

    def __init__(self, folder: Path, log_file: Path) -> None:
        self.settings = Settings(
            tls_certificate=folder / "tls.pem", tls_key=folder / "tls.key", tls_ca=folder / "ca.pem"
        )
        self.put(issued())
        self.settings.tls_ca.write_bytes(OURS.ca)
        self.used: list[Tls] = []
        self.refusal: Exception | None = None
        self.log_file = log_file

    def put(self, found: Issued, *, key: bytes | None = None) -> None:
        self.settings.tls_certificate.write_bytes(found.certificate)
        self.settings.tls_key.write_bytes(found.key if key is None else key)

    def read(self) -> Tls:
        return read_tls(self.settings, now=NOW)

    def follower(self) -> CertificateFollower:
        return CertificateFollower(
            settings=self.settings, current=self.read(), accept=self._accept, use=self.used.append
        )

    def _accept(self, _: Tls) -> None:
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
    room.settings.tls_ca.write_bytes(issued(ends=-DAY).certificate + OURS.ca)
    assert room.read().certificate == room.settings.tls_certificate.read_bytes()


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
    path = room.settings.tls_ca.parent / file
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(ConfigError, match=f"^{why}"):
        room.read()


async def test_a_new_certificate_is_used_once(room: Room) -> None:
    """A look without news changes nothing."""
    follower = room.follower()
    await follower.look(now=NOW)
    assert room.used == []
    room.put(issued())
    for _ in range(2):
        await follower.look(now=NOW)
    assert room.used == [room.read()]
    assert len(room.lines("certificate_replaced")) == 1


async def test_half_of_a_replacement_is_waited_for(room: Room) -> None:
    """A key that does not fit is a problem only if it stays, and is then logged once."""
    follower = room.follower()
    new = issued()
    room.put(new, key=issued().key)
    await follower.look(now=NOW)
    assert room.lines("certificate_refused") == []
    for _ in range(3):
        await follower.look(now=NOW)
    [line] = room.lines("certificate_refused")
    assert line["why"].startswith("IDVAULT_TLS_KEY is not the key")
    assert room.used == []
    room.put(new)
    await follower.look(now=NOW)
    assert room.used == [room.read()]


async def test_a_key_of_somebody_else_is_refused(room: Room) -> None:
    """The edge does not take a key that the roster gives to a witness."""
    follower = room.follower()
    room.refusal = RosterError("a witness has this key")
    room.put(issued())
    for _ in range(2):
        await follower.look(now=NOW)
    assert room.used == []
    assert len(room.lines("certificate_refused")) == 1


async def test_an_expiry_is_announced_daily(room: Room) -> None:
    """From 30 days before, once a day and for each file; an expired certificate is refused in the log."""
    room.settings.tls_ca.write_bytes(issued(ends=99 * DAY).certificate)
    room.put(issued(ends=31 * DAY))
    follower = room.follower()
    for hours in (0, 20, 40, 50, 70):
        await follower.look(now=NOW + timedelta(hours=hours))
    assert [line["why"] for line in room.lines("certificate_expires")] == [
        "IDVAULT_TLS_CERTIFICATE expires in 29 days",
        "IDVAULT_TLS_CERTIFICATE expires in 28 days",
    ]
    for _ in range(2):
        await follower.look(now=NOW + 32 * DAY)
    assert room.lines("certificate_expires")[-1]["why"] == "IDVAULT_TLS_CERTIFICATE expires in 0 days"
    assert "has expired" in room.lines("certificate_refused")[0]["why"]
