"""When a version of a key is used, and when it is over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idvault.sealing import key_version as rules
from idvault.sealing.key_version import (
    ROLLED_OUT,
    SETTLED,
    HeldKey,
    KeyBehindError,
    KeyClockError,
    KeyConflictError,
    KeyKeptError,
    KeyVersion,
)
from idvault_verify.error import Reason

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=400)
FIRST = KeyVersion("index", 0, b"a", NOW)
SECOND = KeyVersion("index", 1, b"b", LATER)
DUE = LATER + ROLLED_OUT
A_MICROSECOND = timedelta(microseconds=1)


def test_the_first_version_is_used_at_once_and_a_later_one_after_an_hour() -> None:
    """An hour is left to copy the file to every machine."""
    versions = [FIRST, SECOND]
    assert rules.in_use([FIRST], now=NOW) == FIRST
    assert rules.in_use(versions, now=DUE - A_MICROSECOND) == FIRST
    assert rules.in_use(versions, now=DUE) == SECOND
    assert rules.in_use([], now=NOW) is None
    assert rules.in_use([FIRST], now=NOW - A_MICROSECOND) is None


def test_versions_announced_together_are_all_first() -> None:
    """A file of an older program may have several: the newest is in use at once."""
    versions = [FIRST, replace(SECOND, announced_at=NOW)]
    assert rules.in_use(versions, now=NOW) == versions[1]


def test_a_version_is_settled_ten_minutes_after_it_came_into_use() -> None:
    """By then no process writes under another one."""
    versions = [FIRST, SECOND]
    assert not rules.is_settled(versions, now=DUE + SETTLED - A_MICROSECOND)
    assert rules.is_settled(versions, now=DUE + SETTLED)
    assert rules.is_settled(versions, now=LATER)  # the first one still is in use, for long
    assert not rules.is_settled([], now=NOW)


def test_former_versions_are_those_before_the_one_in_use_that_are_not_over() -> None:
    """A pending version is not one of them."""
    third = KeyVersion("index", 2, b"c", LATER + ROLLED_OUT)
    versions = [FIRST, SECOND, third]
    assert rules.former(versions, now=NOW) == []
    assert rules.former(versions, now=DUE) == [FIRST]
    over = [replace(FIRST, over_at=DUE), SECOND, third]
    assert (rules.former(over, now=DUE), rules.before(over, now=DUE)) == ([], over[:1])
    assert rules.former([], now=NOW) == rules.before([], now=NOW) == []


def test_versions_of_a_purpose_come_in_order() -> None:
    """The versions of other purposes are left out."""
    other = replace(FIRST, purpose="request")
    assert rules.of([SECOND, other, FIRST], "index") == [FIRST, SECOND]


def test_a_foreign_key_file_is_refused() -> None:
    """The same version with another check value is another key; unknown versions are new."""
    held = [HeldKey("index", 0, b"a"), HeldKey("index", 7, b"new"), HeldKey("request", 0, b"x")]
    rules.check(announced=[FIRST, SECOND], held=held)
    with pytest.raises(KeyConflictError, match="version 0 of index") as caught:
        rules.check(announced=[FIRST], held=[HeldKey("index", 0, b"z")])
    assert caught.value.reason is Reason.STORE_UNAVAILABLE


def test_what_a_file_will_lack() -> None:
    """What is announced and not in use yet; what is in use already is behind, not lacking."""
    held = [HeldKey("index", 0, b"a")]
    assert rules.lacking(announced=[FIRST, SECOND], held=held, now=LATER) == [SECOND]
    assert rules.lacking(announced=[FIRST, SECOND], held=held, now=DUE) == []
    assert rules.lacking(announced=[FIRST], held=held, now=NOW - A_MICROSECOND) == []
    assert rules.lacking(announced=[SECOND], held=[HeldKey("request", 0, b"x")], now=LATER) == []


def test_the_newest_version_is_withdrawn_if_its_key_is_lost() -> None:
    """Not the only one, not one that this file has, and not one whose predecessor is over."""
    held = [HeldKey("index", 0, b"a")]
    assert rules.withdrawable([FIRST, SECOND], held=held) == SECOND
    assert rules.withdrawable([FIRST, SECOND], held=[*held, HeldKey("index", 1, b"z")]) == SECOND
    for versions, file, why in (
        ([FIRST], held, "no later version"),
        ([FIRST, SECOND], [*held, HeldKey("index", 1, b"b")], "has version 1"),
        ([replace(FIRST, over_at=DUE), SECOND], held, "is over"),
    ):
        with pytest.raises(KeyKeptError, match=why):
            rules.withdrawable(versions, held=file)


def test_only_what_is_announced_is_confirmed() -> None:
    """Another key under the same number is not the vault's, nor one that nobody has announced."""
    held = [HeldKey("index", 0, b"a"), HeldKey("index", 1, b"z"), HeldKey("index", 2, b"c")]
    assert rules.confirmed(announced=[FIRST, SECOND], held=[*held, HeldKey("request", 1, b"b")]) == {0}


def test_a_key_file_that_lacks_the_version_in_use_is_behind() -> None:
    """Only the purposes of the file count, and only versions in use."""
    held = [HeldKey("index", 0, b"a"), HeldKey("later", 0, b"x")]
    announced = [FIRST, SECOND, replace(FIRST, purpose="of another edge")]
    rules.check_current(announced=announced, held=held, now=DUE - A_MICROSECOND)
    with pytest.raises(KeyBehindError, match="lacks version 1 of index") as caught:
        rules.check_current(announced=announced, held=held, now=DUE)
    assert caught.value.reason is Reason.STORE_UNAVAILABLE


def test_a_clock_is_compared_with_the_database_s() -> None:
    """A minute is allowed in both directions; SQLite has this machine's clock."""
    minute = timedelta(minutes=1)
    rules.check_clock(theirs=None, now=NOW)
    for passed in (minute, -minute):
        rules.check_clock(theirs=NOW, now=NOW + passed)
        with pytest.raises(KeyClockError, match=f"by {round(90 * passed.total_seconds())} s") as caught:
            rules.check_clock(theirs=NOW, now=NOW + 90 * passed)
    with pytest.raises(KeyClockError):
        rules.check_clock(theirs=NOW, now=NOW + minute + A_MICROSECOND)
    assert caught.value.reason is Reason.STORE_UNAVAILABLE
