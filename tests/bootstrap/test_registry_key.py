"""The registry's secret key: a renewed file is followed, and one that cannot be used changes nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from idvault.core.config import Settings
from idvault.core.telemetry.logs import Logs
from idvault.processes.bootstrap.claim import RegistryKeyFile
from idvault.registry.nppa import Credentials

FIRST, SECOND = "0" * 31 + "1", "0" * 31 + "2"


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "log"
    opened = Logs(process="work", path=path).install()
    yield path
    opened.close()


def events(path: Path) -> list[str]:
    return [json.loads(line)["event"] for line in path.read_text("utf-8").splitlines()]


async def test_a_renewed_key_is_used(tmp_path: Path, logs: Path) -> None:
    """Every registry gets it once; the same content again is nothing new."""
    path = tmp_path / "registry.key"
    path.write_text(FIRST)
    used: list[Credentials] = []
    settings = Settings(registry_secret_key_file=path, registry_app_id="a", registry_biz_id="b")
    file = RegistryKeyFile(settings=settings, users=[used.append, used.append])
    assert file.read() == Credentials("a", "b", FIRST)
    await file.follow()
    (tmp_path / "new").write_text(f"{SECOND}\n")
    (tmp_path / "new").rename(path)
    await file.follow()
    await file.follow()
    assert used == [Credentials("a", "b", SECOND)] * 2
    assert events(logs) == ["registry_key_replaced"]


@pytest.mark.parametrize("content", [b"", b"not a key", "\u58f9".encode(), None])
async def test_a_file_that_cannot_be_used_changes_nothing(
    tmp_path: Path, logs: Path, content: bytes | None
) -> None:
    """It is told once, without the content; a later good one is used."""
    path = tmp_path / "registry.key"
    path.write_text(FIRST)
    used: list[Credentials] = []
    settings = Settings(registry_secret_key_file=path, registry_app_id="a", registry_biz_id="b")
    file = RegistryKeyFile(settings=settings, users=[used.append])
    file.read()
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    await file.follow()
    await file.follow()
    assert (used, events(logs)) == ([], ["registry_key_refused"])
    path.write_text(SECOND)
    await file.follow()
    assert used == [Credentials("a", "b", SECOND)]
