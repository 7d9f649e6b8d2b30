"""The rules of the checks, one by one: what passes, what fails, and where the line is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idvault.core.check import AilmentError
from idvault.processes.bootstrap.checks import contents, environment
from idvault.processes.bootstrap.checks.environment import RegistryClock
from idvault.processes.bootstrap.health import RosterAge
from idvault_verify.attest import expiry
from tests.attest.test_certificate import GOOD, pem

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_certificates(tmp_path: Path) -> None:
    """An expired, a soon expiring and a valid certificate, and a file that is none."""
    path = tmp_path / "tls.pem"
    path.write_bytes(pem(GOOD))
    ends = expiry.earliest_end(pem(GOOD))
    environment.check_lasting(path, "X", ends - timedelta(days=30))
    with pytest.raises(AilmentError, match="X expires in 29 days: get a new one"):
        environment.check_lasting(path, "X", ends - timedelta(days=30, seconds=-1))
    with pytest.raises(AilmentError, match="X has expired: replace it"):
        environment.check_lasting(path, "X", ends)
    environment.check_valid(path, ends - SECOND)
    with pytest.raises(AilmentError, match=r"^has expired: get a new one"):
        environment.check_valid(path, ends)
    path.write_text("none")
    with pytest.raises(AilmentError, match="X has no readable certificate: put one there"):
        environment.check_lasting(path, "X", NOW)


def test_clocks() -> None:
    """Six seconds are tolerated, seven are not, whoever is ahead; an unknown clock says nothing."""
    for theirs in (None, NOW, NOW + 6 * SECOND, NOW - 6 * SECOND):
        environment.check_clock(theirs, NOW, whose="registry's", then=": run NTP")
    for seconds in (-7, 7):
        with pytest.raises(AilmentError, match=f"differs from the registry's by {seconds} s: run NTP"):
            environment.check_clock(NOW - seconds * SECOND, NOW, whose="registry's", then=": run NTP")


async def test_the_registry_is_asked_once_a_minute() -> None:
    """Its answer counts until the next one; a registry that is away is no reason."""
    answers: list[datetime | None] = [NOW, NOW, None]

    async def ask() -> datetime | None:
        return answers.pop(0)

    clock = RegistryClock(ask=ask)
    await clock.check(now=NOW)
    await clock.check(now=NOW + 59 * SECOND)
    assert len(answers) == 2
    for later in (60, 61):
        with pytest.raises(AilmentError, match="the registry's by 60 s"):
            await clock.check(now=NOW + later * SECOND)
    await clock.check(now=NOW + 120 * SECOND)
    assert answers == []


def test_the_log() -> None:
    """Waiting entries, a sequencer that does not run, and a checkpoint that is behind or ahead."""
    for oldest in (None, NOW - 10 * SECOND):
        contents.check_sequenced(oldest=oldest, sequenced_at=NOW - 30 * SECOND, now=NOW)
    with pytest.raises(AilmentError, match="waited 11 s"):
        contents.check_sequenced(oldest=NOW - 11 * SECOND, sequenced_at=NOW, now=NOW)
    with pytest.raises(AilmentError, match="start `idvault work`"):
        contents.check_sequenced(oldest=None, sequenced_at=NOW - 31 * SECOND, now=NOW)
    contents.check_covered(sequenced=5, signed=5, later=6)
    contents.check_covered(sequenced=5, signed=6, later=6)
    with pytest.raises(AilmentError, match="covers 4 of 5 entries"):
        contents.check_covered(sequenced=5, signed=4, later=5)
    with pytest.raises(AilmentError, match="it has 6 entries, and 7 were signed"):
        contents.check_covered(sequenced=5, signed=7, later=6)


def test_the_roster() -> None:
    """The file must be the adopted version or a newer one."""
    contents.check_adopted(version=2, digest="b", adopted=(2, "b"))
    contents.check_adopted(version=3, digest="c", adopted=(2, "b"))
    with pytest.raises(AilmentError, match="no roster has been adopted yet"):
        contents.check_adopted(version=1, digest="a", adopted=None)
    with pytest.raises(AilmentError, match="version 1, but 2 was adopted"):
        contents.check_adopted(version=1, digest="a", adopted=(2, "b"))
    with pytest.raises(AilmentError, match="not the version 2"):
        contents.check_adopted(version=2, digest="x", adopted=(2, "b"))


def test_a_roster_that_is_not_in_force_twice() -> None:
    """A new version may be missed once, and not twice; the one in force is never missed."""
    age = RosterAge(in_force=lambda: (1, "a"))
    for newest in (None, (1, "a"), (2, "b"), (3, "c"), (1, "a"), (3, "c")):
        age.check(newest)
    with pytest.raises(AilmentError, match="version 3 of the roster is in the database and not in force"):
        age.check((3, "c"))


def test_the_witnesses() -> None:
    """Each must confirm the log, and the settings must name all of the roster's."""
    contents.check_confirmed({"w1": "", "w2": ""}, missing=[])
    with pytest.raises(AilmentError, match=r"1 of 2 witnesses do not confirm the log: w2 \(away\)"):
        contents.check_confirmed({"w1": "", "w2": "away"}, missing=["w3"])
    with pytest.raises(AilmentError, match="also names the witness w3"):
        contents.check_confirmed({"w1": ""}, missing=["w3"])
