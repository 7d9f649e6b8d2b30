"""`idvault mock-provider`: wrong options and files are named; the file that it writes names it."""

import json
from pathlib import Path

import pytest

from idvault.registry import provider
from idvault_dev.commands import mock_provider
from idvault_verify.commands.errors import ExitCode
from tests.support.commands import Commands


def arguments(path: Path) -> list[object]:
    return ["--json", "mock-provider", "--file", path, "--log-origin", "vault.example/log"]


@pytest.mark.parametrize("option", ["--listen", "--admin-listen"])
def test_no_address_of_a_provider(idvault: Commands, tmp_path: Path, option: str) -> None:
    """An address must be HOST:PORT, and nothing is written before."""
    path = tmp_path / "provider.json"
    result = idvault(*arguments(path), option, "nowhere")
    assert result.code == ExitCode.WRONG_USAGE, result.err
    assert json.loads(result.err)["error"]["field"] == option
    assert not path.exists()


def test_a_file_that_names_no_provider(idvault: Commands, tmp_path: Path) -> None:
    """It is not replaced."""
    path = tmp_path / "provider.json"
    path.write_text("{}")
    result = idvault(*arguments(path))
    assert (result.code, json.loads(result.err)["error"]["field"]) == (ExitCode.REFUSED, "--file")
    assert path.read_text() == "{}"


def test_the_file_is_the_vaults_setting(tmp_path: Path) -> None:
    """Only its owner reads it, and it has the key with which the mock signs."""
    path = tmp_path / "provider.json"
    mock_provider._create(path, url="http://127.0.0.1:7498")
    assert path.stat().st_mode & 0o777 == 0o600
    found = provider.read(path, development=True)
    assert found.key == mock_provider._key(found.secret).public_key().public_bytes_raw()
    assert found.url == "http://127.0.0.1:7498"
