"""`idvault mock-registry` and `idvault witness`: wrong options are named, with exit code 2."""

import json
from pathlib import Path

import pytest

from idvault_verify.commands.errors import ExitCode
from tests.support.commands import Commands


@pytest.fixture
def secret_key(tmp_path: Path) -> Path:
    """A file with a secret key."""
    path = tmp_path / "registry.key"
    path.write_text("00" * 16)
    return path


def refused_option(idvault: Commands, *arguments: object) -> str:
    """Return the option that a command refuses as wrong usage."""
    result = idvault("--json", *arguments)
    assert result.code == ExitCode.WRONG_USAGE, result.err
    field: str = json.loads(result.err)["error"]["field"]
    return field


@pytest.mark.parametrize("address", ["nowhere", ":7490", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:٣"])
@pytest.mark.parametrize("option", ["--listen", "--admin-listen"])
def test_no_address(idvault: Commands, tmp_path: Path, secret_key: Path, option: str, address: str) -> None:
    """An address must be HOST:PORT."""
    population = tmp_path / "population.json"
    arguments = ["--population", population, "--secret-key-file", secret_key, option, address]
    assert refused_option(idvault, "mock-registry", *arguments) == option
    assert not population.exists()


def test_no_address_of_a_witness(idvault: Commands, tmp_path: Path) -> None:
    """The witness gives the same text."""
    arguments = ["--state", tmp_path / "witness", "--log-key", "any", "--listen", "127.0.0.1:99999"]
    assert refused_option(idvault, "witness", *arguments) == "--listen"


def test_the_admin_port_is_for_this_machine_only(idvault: Commands, tmp_path: Path, secret_key: Path) -> None:
    """An address other than loopback is refused."""
    arguments = ["--population", tmp_path / "population.json", "--secret-key-file", secret_key]
    arguments += ["--admin-listen", "0.0.0.0:7491"]
    assert refused_option(idvault, "mock-registry", *arguments) == "--admin-listen"


@pytest.mark.parametrize("content", [b"zz", b"", b"00" * 17, "金".encode() * 11])
def test_no_secret_key(idvault: Commands, tmp_path: Path, secret_key: Path, content: bytes) -> None:
    """A malformed file is named, without its content."""
    secret_key.write_bytes(content)
    arguments = ["--population", tmp_path / "population.json", "--secret-key-file", secret_key]
    assert refused_option(idvault, "mock-registry", *arguments) == "--secret-key-file"
