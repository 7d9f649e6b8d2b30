"""The doctor's checks, one by one."""

from datetime import UTC, datetime, timedelta

import pytest

from idvault.core.ailment import AilmentError
from idvault.processes import doctor
from idvault.processes.doctor import Check, Finding
from idvault_verify.error import Reason, UnavailableError

NOW = datetime(2026, 3, 1, tzinfo=UTC)


async def test_every_check_is_made() -> None:
    """A check that fails or cannot run is reported and does not stop the others."""

    async def well() -> None:
        pass

    async def ill() -> None:
        raise AilmentError("rest")

    async def broken() -> None:
        raise UnavailableError(Reason.STORE_UNAVAILABLE)

    found = await doctor.examine([Check("a", ill), Check("b", broken), Check("c", well)])
    assert found == [
        Finding("a", "rest"),
        Finding("b", "STORE_UNAVAILABLE: see this process's logs"),
        Finding("c", None),
    ]


async def test_a_check_that_needs_another() -> None:
    """It is made if the other one has passed, and else reported as not made, without a cause of its own."""
    made = []

    async def well() -> None:
        made.append("well")

    async def ill() -> None:
        raise AilmentError("rest")

    checks = [Check("a", ill), Check("b", well, needs="a"), Check("c", well), Check("d", well, needs="c")]
    found = await doctor.examine(checks)
    assert found[1] == Finding("b", "not checked: mend a first", is_made=False)
    assert [each.advice is None and each.is_made for each in found] == [False, False, True, True]
    assert made == ["well", "well"]


def test_certificates() -> None:
    """An expired, a soon expiring and a valid certificate."""
    doctor.check_certificate(ends=NOW + timedelta(days=30), setting="X", now=NOW)
    with pytest.raises(AilmentError, match="X expires in 29 days: get a new one"):
        doctor.check_certificate(ends=NOW + timedelta(days=30, seconds=-1), setting="X", now=NOW)
    with pytest.raises(AilmentError, match="X has expired"):
        doctor.check_certificate(ends=NOW, setting="X", now=NOW)


def test_clocks() -> None:
    """A clock that is ahead, one that is behind, and no time to compare with."""
    for seconds in (-6, 0, 6):
        doctor.check_clock(theirs=NOW, now=NOW + timedelta(seconds=seconds))
    for seconds in (-7, 7):
        with pytest.raises(AilmentError, match=f"by {seconds} s, .* run NTP"):
            doctor.check_clock(theirs=NOW, now=NOW + timedelta(seconds=seconds))
    with pytest.raises(AilmentError, match="sent no time"):
        doctor.check_clock(theirs=None, now=NOW)


def test_the_log() -> None:
    """Waiting entries, a sequencer that does not run, and a checkpoint that is behind."""
    doctor.check_waiting(oldest=None, now=NOW)
    doctor.check_waiting(oldest=NOW - timedelta(seconds=10), now=NOW)
    with pytest.raises(AilmentError, match="waited 11 s"):
        doctor.check_waiting(oldest=NOW - timedelta(seconds=11), now=NOW)
    doctor.check_sequencer(sequenced_at=NOW - timedelta(seconds=30), now=NOW)
    with pytest.raises(AilmentError, match="start `idvault work`"):
        doctor.check_sequencer(sequenced_at=NOW - timedelta(seconds=31), now=NOW)
    doctor.check_covered(sequenced=5, signed=5)
    with pytest.raises(AilmentError, match="covers 4 of 5 entries"):
        doctor.check_covered(sequenced=5, signed=4)


def test_the_roster() -> None:
    """The file must be the adopted version or a newer one."""
    doctor.check_adopted(version=2, digest="b", adopted=(2, "b"))
    doctor.check_adopted(version=3, digest="c", adopted=(2, "b"))
    with pytest.raises(AilmentError, match="no roster has been adopted yet"):
        doctor.check_adopted(version=1, digest="a", adopted=None)
    with pytest.raises(AilmentError, match="version 1, but 2 was adopted"):
        doctor.check_adopted(version=1, digest="a", adopted=(2, "b"))
    with pytest.raises(AilmentError, match="not the version 2"):
        doctor.check_adopted(version=2, digest="x", adopted=(2, "b"))


def test_the_witnesses() -> None:
    """Each must confirm the log, and the settings must name all of the roster's."""
    doctor.check_witnesses({"w1": "", "w2": ""}, missing=[])
    with pytest.raises(AilmentError, match=r"1 of 2 witnesses do not confirm the log: w2 \(away\)"):
        doctor.check_witnesses({"w1": "", "w2": "away"}, missing=["w3"])
    with pytest.raises(AilmentError, match="also names the witness w3"):
        doctor.check_witnesses({"w1": ""}, missing=["w3"])
