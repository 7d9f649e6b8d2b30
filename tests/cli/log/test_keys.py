"""`idvault-people log keys`: the later keys of the log, from the key that somebody knows."""

from pathlib import Path

import pytest

from idvault_verify.commands.errors import ExitCode
from idvault_verify.transparency import log_key
from idvault_verify.transparency.note import NoteSigner
from tests.clients.people.test_identity_folder import pin
from tests.support.commands import Commands
from tools.support import merkle
from tools.support.log_world import KEY, ORIGIN, SIGNER

FIRST, LATER = NoteSigner(KEY, SIGNER.sign), merkle.signer(ORIGIN, seed=7)


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """The published file."""
    path = tmp_path / log_key.FILE
    announcement = log_key.announce(FIRST, LATER, signs_from=1_800_000_000)
    path.write_bytes(log_key.encode([log_key.parse(announcement)]))
    return path


def test_the_later_keys_are_printed(idvault: Commands, listed: Path) -> None:
    """With the time from which each signs; a key that is not of this log is refused."""
    shown = idvault("log", "keys", listed)
    assert shown.out.splitlines() == [
        f"from 2027-01-15 08:00 UTC: {LATER.key}",
        "log keys: 1 announced, nothing compared",
    ]
    for known, later in ((KEY, 1), (LATER.key, 0)):
        lines = idvault("log", "keys", listed, "--public-key", known).out.splitlines()
        assert (len(lines), lines[-1]) == (1 + later, f"log keys: {later} announced, verified")
    other = merkle.signer(ORIGIN, seed=9).key
    refused = idvault("log", "keys", listed, "--public-key", other)
    assert (refused.code, "do not lead on" in refused.err) == (ExitCode.UNVERIFIED, True)
    listed.write_bytes(b"{}")
    assert idvault("log", "keys", listed).code == ExitCode.UNVERIFIED


def test_a_member_follows(idvault: Commands, listed: Path, tmp_path: Path) -> None:
    """Once, and a repeat changes nothing; a folder that is not connected is refused."""
    pin(tmp_path / "member")
    for _ in range(2):
        done = idvault("log", "keys", listed, "--identity", tmp_path / "member")
        assert (done.code, done.last) == (ExitCode.DONE, "log keys: 1 announced, followed")
    assert (tmp_path / "member" / log_key.FILE).read_bytes() == listed.read_bytes()
    refused = idvault("log", "keys", listed, "--identity", tmp_path / "nobody")
    assert (refused.code, "not connected" in refused.err) == (ExitCode.UNVERIFIED, True)
