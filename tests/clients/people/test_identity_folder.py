"""The settings in a member's identity folder: addresses and pins."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message

from idvault_people import identity_folder
from idvault_people.identity_folder import IdentityFolderError
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.transparency import checkpoint, log_key
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.note import NoteSigner
from idvault_verify.transparency.tree import EMPTY_ROOT
from idvault_verify.v1 import roster_pb2
from tools.support import merkle, people
from tools.support.chamber import CUSTODIANS, first_roster
from tools.support.log_world import KEY, ORIGIN, SIGNER


def second_roster(*, signers: tuple[str, ...] = CUSTODIANS[:2]) -> Roster:
    """Return the second version, without one auditor."""
    first = first_roster()
    left = tuple(each for each in first.people if each.name != "auditor-b")
    return people.signed(replace(first, version=2, people=left, signatures=()), *signers)


def pin(folder: Path, *versions: Roster, **changes: Any) -> identity_folder.IdentityFolder:
    """Connect a folder."""
    asked: dict[str, Any] = {
        "target": "vault.example:7444",
        "server_name": "",
        "ca": b"pem",
        "log_key": str(KEY),
        "versions": versions or (first_roster(),),
    }
    return identity_folder.pin(folder, **asked | changes)


class Server:
    """Answers GetRoster with these versions."""

    def __init__(self, *versions: Roster) -> None:
        """Set the versions."""
        self.versions = versions

    def call(self, method: str, request: Message, answer: type[Any]) -> Any:
        """Return a version."""
        assert method == "RosterService/GetRoster"
        assert isinstance(request, roster_pb2.GetRosterRequest)
        number = request.version or len(self.versions)
        return roster_pb2.Roster(
            version=number,
            file=self.versions[number - 1].to_bytes(),
            newest_version=len(self.versions),
        )


def test_what_is_pinned_comes_back(tmp_path: Path) -> None:
    """Address, key and every version are read back; only the owner can read the files."""
    made = pin(tmp_path / "person", first_roster(), second_roster())
    found = identity_folder.load(tmp_path / "person")
    assert found == made
    assert [version.version for version in found.versions] == [1, 2]
    assert found.trust().roster == second_roster()
    for path in (tmp_path / "person").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_repeat_may_only_move_the_vault(tmp_path: Path) -> None:
    """Another address is accepted; another log key, another roster or an older one is refused."""
    pin(tmp_path, first_roster(), second_roster())
    moved = pin(tmp_path, first_roster(), second_roster(), target="elsewhere.example:1")
    assert identity_folder.load(tmp_path).target == moved.target == "elsewhere.example:1"
    with pytest.raises(IdentityFolderError, match="another log key"):
        pin(tmp_path, first_roster(), second_roster(), log_key=str(merkle.signer("other", seed=4).key))
    with pytest.raises(IdentityFolderError, match="newer roster"):
        pin(tmp_path, first_roster())
    other = replace(first_roster(), development=True, signatures=())
    with pytest.raises(IdentityFolderError, match="another version 1"):
        pin(tmp_path, people.signed(other, *CUSTODIANS))
    with pytest.raises(RosterError):
        pin(tmp_path, replace(first_roster(), signatures=()))


def test_later_keys_of_the_log_are_followed(tmp_path: Path) -> None:
    """From the pinned key on; a checkpoint of either is believed, and the later key may be pinned again."""
    first, later, last = NoteSigner(KEY, SIGNER.sign), *(merkle.signer(ORIGIN, seed=each) for each in (7, 8))
    changes = [
        log_key.parse(log_key.announce(*each, signs_from=5)) for each in pairwise((first, later, last))
    ]
    pinned = pin(tmp_path)
    with pytest.raises(IdentityFolderError, match="another log key"):
        pin(tmp_path, log_key=str(later.key))
    for listed in (changes[:1], changes, changes):
        found = identity_folder.follow_log_keys(pinned, log_key.encode(listed))
        assert found == identity_folder.load(tmp_path)
        assert found.more_keys == tuple(each.later for each in listed)
    trust, empty = found.trust(), Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    for signer in (first, later, last):
        assert trust._signed(checkpoint.sign(empty, [signer])) == empty
    for refused in (changes[:1], changes[1:], []):
        with pytest.raises(IdentityFolderError, match="do not lead on"):
            identity_folder.follow_log_keys(pinned, log_key.encode(refused))
    with pytest.raises(IdentityFolderError, match="not a list"):
        identity_folder.follow_log_keys(pinned, b"{}")
    assert pin(tmp_path, log_key=str(last.key)).more_keys == (KEY, later.key)
    (tmp_path / log_key.FILE).write_bytes(b"damaged")
    with pytest.raises(IdentityFolderError, match="damaged"):
        identity_folder.load(tmp_path)


def test_a_folder_follows_forwards_only(tmp_path: Path) -> None:
    """What the thief of a former key puts before it is neither believed nor kept."""
    evil, first, later, last = (
        merkle.signer(ORIGIN, seed=66),
        NoteSigner(KEY, SIGNER.sign),
        *(merkle.signer(ORIGIN, seed=each) for each in (7, 8)),
    )
    listed = [
        log_key.parse(log_key.announce(*each, signs_from=5)) for each in pairwise((evil, first, later, last))
    ]
    old, new = pin(tmp_path / "old"), pin(tmp_path / "new", log_key=str(last.key))
    for each in (listed[:2], listed):
        found = identity_folder.follow_log_keys(old, log_key.encode(each))
        assert found.more_keys == tuple(one.later for one in each[1:])
    # What it was connected with stays believed: the evidence that it keeps is of that time.
    assert pin(tmp_path / "old", log_key=str(last.key)).more_keys == (KEY, later.key)
    found = identity_folder.follow_log_keys(new, log_key.encode(listed))
    assert found.more_keys == () == identity_folder.load(tmp_path / "new").more_keys


def test_newer_versions_are_taken_up_once_they_verify(tmp_path: Path) -> None:
    """A version without M signatures is refused and not stored."""
    pinned = pin(tmp_path)
    assert identity_folder.refresh(pinned, Server(first_roster())) == pinned
    with pytest.raises(RosterError):
        identity_folder.refresh(pinned, Server(first_roster(), second_roster(signers=CUSTODIANS[:1])))
    assert identity_folder.load(tmp_path) == pinned
    fresh = identity_folder.refresh(pinned, Server(first_roster(), second_roster()))
    assert fresh.versions[-1] == second_roster()
    assert identity_folder.load(tmp_path) == fresh


def test_a_folder_that_is_not_connected_is_told(tmp_path: Path) -> None:
    """An empty folder, a damaged file and an invalid key are reported."""
    with pytest.raises(IdentityFolderError, match="not connected"):
        identity_folder.load(tmp_path)
    (tmp_path / identity_folder.CONNECTION).write_text("{}")
    with pytest.raises(IdentityFolderError, match="damaged"):
        identity_folder.load(tmp_path)
    with pytest.raises(IdentityFolderError, match="invalid log key"):
        pin(tmp_path / "other", log_key="noise")
