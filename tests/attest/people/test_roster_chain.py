"""The roster in force, read with every earlier version."""

from pathlib import Path

import pytest

from idvault_verify import small_file
from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_signature import RosterSignatureError
from idvault_verify.attest.reading import RosterError
from idvault_verify.small_file import TooLongFileError
from tools.support import people
from tools.support.people import NAMES, signed


def _write(path: Path, *versions: Roster) -> None:
    for former in versions[:-1]:
        roster_chain.former_path(path, version=former.version).write_bytes(former.to_bytes())
    path.write_bytes(versions[-1].to_bytes())


def _chain() -> tuple[Roster, Roster, Roster]:
    return (
        signed(people.roster(), *NAMES),
        signed(people.roster(version=2), *NAMES[:2]),
        signed(people.roster(version=3), *NAMES[1:]),
    )


def test_the_roster_in_force_is_verified_from_the_first_version_on(tmp_path: Path) -> None:
    """A single version, and three in a row, are accepted."""
    path = tmp_path / "roster.json"
    first, second, third = _chain()
    _write(path, first)
    assert roster_chain.load(path) == first
    _write(path, first, second, third)
    assert roster_chain.load(path) == third


def test_a_missing_version_is_refused_by_name(tmp_path: Path) -> None:
    """A missing version is named in the error."""
    path = tmp_path / "roster.json"
    first, second, third = _chain()
    _write(path, first, second, third)
    roster_chain.former_path(path, version=2).unlink()
    with pytest.raises(RosterError, match=r"roster\.2\.json cannot be read: a roster is verified with its"):
        roster_chain.load(path)


def test_a_former_version_that_nobody_signed_is_refused(tmp_path: Path) -> None:
    """Write access without signatures cannot add members, in any version."""
    path = tmp_path / "roster.json"
    first, _, third = _chain()
    _write(path, first, people.roster(version=2), third)
    with pytest.raises(RosterSignatureError, match="0 of its custodians signed"):
        roster_chain.load(path)


def test_a_watched_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    """It is re-read only after a change; an invalid file raises on each call."""
    path = tmp_path / "roster.json"
    first, second, _ = _chain()
    watched = roster_chain.WatchedChain(path)
    with pytest.raises(RosterError, match="cannot be read"):
        watched()
    _write(path, first)
    found = watched()
    assert found == (first,)
    assert watched() is found
    _write(path, first, second)
    assert watched() == (first, second)
    path.write_bytes(b"{}")
    for _ in range(2):
        with pytest.raises(RosterError):
            watched()


def test_versions_in_hand_are_verified_like_those_of_files() -> None:
    """They are verified from the first on, or from a version verified before."""
    first, second, third = _chain()
    assert roster_chain.verified((first, second, third)) == (first, second, third)
    assert roster_chain.verified((third,), previous=second) == (third,)
    for versions, previous in (((second,), None), ((third,), first)):
        with pytest.raises(RosterError):
            roster_chain.verified(versions, previous=previous)


def test_no_more_is_read_than_a_chain_can_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file, the number of versions and all of them together have a limit, whoever has written them."""
    path = tmp_path / "roster.json"
    versions = _chain()
    _write(path, *versions)
    monkeypatch.setattr(roster_chain, "MOST_BYTES", sum(len(each.canonical()) for each in versions) - 1)
    with pytest.raises(RosterError, match="bytes together"):
        roster_chain.load(path)
    monkeypatch.setattr(roster_chain, "MOST_VERSIONS", 2)
    with pytest.raises(RosterError, match="at most 2 versions"):
        roster_chain.load(path)
    path.write_bytes(b" " * small_file.MOST_BYTES + b"{}")
    with pytest.raises(RosterError, match=r"roster\.json cannot be read") as caught:
        roster_chain.load(path)
    assert isinstance(caught.value.__cause__, TooLongFileError)


def test_a_wrong_chain_is_not_read_to_its_end(tmp_path: Path) -> None:
    """Each version is verified before the next one is read: the first wrong one ends it."""
    path = tmp_path / "roster.json"
    first, _, third = _chain()
    _write(path, first, people.roster(version=2), third)
    roster_chain.former_path(path, version=2).write_bytes(people.roster(version=2).to_bytes())
    last = signed(people.roster(version=9_000), *NAMES)
    path.write_bytes(last.to_bytes())
    with pytest.raises(RosterSignatureError, match="0 of its custodians signed"):
        roster_chain.load(path)
