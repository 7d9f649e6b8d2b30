"""`idvault witness --epoch`: follows a statement before it listens, and refuses one that does not hold."""

import asyncio
import socket
from pathlib import Path

import pytest

from idvault_verify.commands.errors import ExitCode
from tests.support.commands import Commands, Result
from tests.support.epoch_world import FIRST, ROSTER, DiskWitness, leaves, tree
from tools.support.log_world import KEY


def start(idvault: Commands, folder: Path, *options: object) -> Result:
    """Start a witness at a port that is taken, so that it ends after it has read its options."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        name = ("--name", "witness.example/w1", "--listen", listen)
        return idvault("witness", "--state", folder, "--log-key", KEY, *name, *options)


@pytest.fixture
def options(tmp_path: Path) -> tuple[object, ...]:
    (tmp_path / "epoch-2.json").write_bytes(FIRST.to_bytes())
    (tmp_path / "roster.json").write_bytes(ROSTER.to_bytes())
    return ("--epoch", tmp_path / "epoch-2.json", "--roster", tmp_path / "roster.json")


def test_it_says_what_is_lost_and_follows_once(
    idvault: Commands, tmp_path: Path, options: tuple[object, ...]
) -> None:
    """With the option left in place, the next start says nothing and changes nothing."""
    witness = DiskWitness(tmp_path / "w")
    asyncio.run(witness.grow(tree(10), leaves(10)))
    witness.close()
    told = start(idvault, tmp_path / "w", *options)
    assert told.code == ExitCode.UNREACHABLE
    assert told.err.startswith("witness: follows the log from 6 entries on, entries 6 to 9 are lost\n")
    again = start(idvault, tmp_path / "w", *options)
    assert again.err.startswith("witness public key: ")


def test_what_it_refuses(idvault: Commands, tmp_path: Path, options: tuple[object, ...]) -> None:
    """No roster, a file that is no statement, and one that nobody signed: it does not start."""
    assert start(idvault, tmp_path / "w", *options[:2]).code == ExitCode.WRONG_USAGE
    path = tmp_path / "epoch-2.json"
    for content in (b"{}", FIRST.to_bytes().replace(b"a synthetic disk", b"another disk")):
        path.write_bytes(content)
        assert start(idvault, tmp_path / "w", *options).code == ExitCode.UNVERIFIED
