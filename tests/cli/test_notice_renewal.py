"""`idvault notices follow` uses a renewed certificate and a renewed key of the registry while it runs."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio

from idvault.core.config import ConfigError, Settings
from idvault.core.telemetry.logs import Logs
from idvault.processes.cli import notice_follower
from idvault.processes.cli.notice_follower import FeedFollower
from idvault_dev.authority import Authority

FIRST, SECOND = "0" * 31 + "1", "0" * 31 + "2"
NOW = datetime.now(UTC)


class Renewing(NamedTuple):
    """A follower that calls nobody, its files, and what it logged."""

    follower: FeedFollower
    folder: Path

    async def look(self) -> list[str]:
        """Look at the files as before each look at the feed; return every event so far."""
        for renew in self.follower.renewals:
            await renew()
        lines = (self.folder / "log").read_text("utf-8").splitlines()
        return [json.loads(line)["event"] for line in lines]


def certify(folder: Path) -> None:
    """Write a new certificate with its key."""
    authority = Authority.open(certificate=folder / "ca.pem", key=folder / "ca.key", now=NOW)
    certificate, key = folder / "client.pem", folder / "client.key"
    authority.issue_server(hosts=["localhost"], certificate=certificate, key=key, now=NOW)


def settings(folder: Path) -> Settings:
    """Return the settings of the follower."""
    return Settings(
        registry_app_id="a",
        registry_biz_id="b",
        registry_secret_key_file=folder / "registry.key",
        tls_certificate=folder / "client.pem",
        tls_key=folder / "client.key",
        tls_ca=folder / "ca.pem",
    )


def opened(folder: Path) -> FeedFollower:
    """Return the follower of a feed that nobody asks."""
    return notice_follower.opened(
        settings(folder), feed="https://registry.invalid", target="localhost:1", server_name=""
    )


@pytest_asyncio.fixture
async def renewing(tmp_path: Path) -> AsyncIterator[Renewing]:
    """Return a follower as the command makes it."""
    certify(tmp_path)
    (tmp_path / "registry.key").write_text(FIRST)
    follower = opened(tmp_path)
    logs = Logs(process="notices", path=tmp_path / "log").install()
    yield Renewing(follower, tmp_path)
    await follower.close()
    logs.close()


async def test_a_renewed_key_signs_the_next_look(renewing: Renewing) -> None:
    """A file that cannot be used changes nothing, and is told once; a later one is used."""
    assert await renewing.look() == []
    path = renewing.folder / "registry.key"
    for content in (b"not a key", "壹".encode()):
        path.write_bytes(content)
        assert await renewing.look() == ["registry_key_refused"]
        assert renewing.follower.feed.credentials.secret_key == FIRST
    path.write_text(f"{SECOND}\n")
    assert await renewing.look() == ["registry_key_refused", "registry_key_replaced"]
    assert renewing.follower.feed.credentials.secret_key == SECOND
    assert len(await renewing.look()) == 2


async def test_a_renewed_certificate_is_used(renewing: Renewing, monkeypatch: pytest.MonkeyPatch) -> None:
    """The edge is called with it from the next look on."""
    used: list[object] = []

    async def use(tls: object) -> None:
        used.append(tls)

    monkeypatch.setattr(renewing.follower.edge, "use_certificate", use)
    assert await renewing.look() == []
    for name in ("client.pem", "client.key"):
        (renewing.folder / name).unlink()
    certify(renewing.folder)
    assert await renewing.look() == ["certificate_replaced"]
    await renewing.look()
    assert len(used) == 1


async def test_a_certificate_that_does_not_fit_stops_the_start(tmp_path: Path) -> None:
    """The setting is named, as by every process."""
    certify(tmp_path)
    (tmp_path / "registry.key").write_text(FIRST)
    (tmp_path / "client.pem").write_text("none")
    with pytest.raises(ConfigError, match="IDVAULT_TLS_CERTIFICATE"):
        opened(tmp_path)
