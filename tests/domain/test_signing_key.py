"""A key is announced before it is used, and published while a verifier may need it."""

from datetime import UTC, datetime, timedelta

from idvault_verify import signing_key
from idvault_verify.signing_key import ANNOUNCED_FOR, KEPT_FOR, StatusKey

START = datetime(2026, 3, 1, tzinfo=UTC)
CHANGE = START + timedelta(days=100)
FIRST, SECOND = StatusKey(b"1" * 32, "x", START), StatusKey(b"2" * 32, "x", CHANGE)
TICK = timedelta(seconds=1)


def test_without_keys() -> None:
    """Without keys none is current and none is published."""
    assert signing_key.current(keys=[], now=START) is None
    assert signing_key.published(keys=[], now=START) == []


def test_the_first_key_signs_at_once() -> None:
    """The first key has no predecessor that verifiers may have cached."""
    assert signing_key.current(keys=[FIRST], now=START) == FIRST
    assert signing_key.current(keys=[FIRST], now=START - TICK) is None
    assert signing_key.published(keys=[FIRST], now=START + timedelta(days=9_999)) == [FIRST]


def test_a_successor_waits_for_a_day() -> None:
    """For 24 hours both keys are published and the old one signs; then the new one signs."""
    keys = [SECOND, FIRST]
    change = CHANGE + ANNOUNCED_FOR
    for now, signer in ((CHANGE, FIRST), (change - TICK, FIRST), (change, SECOND)):
        assert signing_key.current(keys=keys, now=now) == signer
        assert signing_key.published(keys=keys, now=now) == [FIRST, SECOND]


def test_an_old_key_stays_until_nothing_needs_it() -> None:
    """Its last credential expires 30 days after its last signature."""
    end = CHANGE + ANNOUNCED_FOR + KEPT_FOR
    assert signing_key.published(keys=[FIRST, SECOND], now=end - TICK) == [FIRST, SECOND]
    assert signing_key.published(keys=[FIRST, SECOND], now=end) == [SECOND]
