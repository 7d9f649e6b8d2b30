"""The roster in force, read with every version before it."""

from pathlib import Path

import pytest

from idvault.attest import roster_chain
from idvault.attest.reading import RosterError
from idvault.attest.roster import Roster
from idvault.attest.roster_signature import RosterSignatureError
from tests.attest import people
from tests.attest.people import NAMES, signed


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
    """One version alone, and three in a row, are accepted as they are."""
    path = tmp_path / "roster.json"
    first, second, third = _chain()
    _write(path, first)
    assert roster_chain.load(path) == first
    _write(path, first, second, third)
    assert roster_chain.load(path) == third


def test_a_missing_version_is_refused_by_name(tmp_path: Path) -> None:
    """A chain with a gap proves nothing."""
    path = tmp_path / "roster.json"
    first, second, third = _chain()
    _write(path, first, second, third)
    roster_chain.former_path(path, version=2).unlink()
    with pytest.raises(RosterError, match=r"roster\.2\.json cannot be read"):
        roster_chain.load(path)


def test_a_former_version_that_nobody_signed_is_refused(tmp_path: Path) -> None:
    """Whoever can write files but not sign cannot name people, in any version."""
    path = tmp_path / "roster.json"
    first, _, third = _chain()
    _write(path, first, people.roster(version=2), third)
    with pytest.raises(RosterSignatureError, match="0 of its custodians signed"):
        roster_chain.load(path)
