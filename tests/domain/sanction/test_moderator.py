"""Moderators: which keys are registered, and whose signatures are accepted when."""

from dataclasses import replace
from datetime import timedelta

import pytest

from idvault.domain.error import InvalidError, PreconditionError, Reason
from idvault.domain.sanction import moderator as rules
from idvault.domain.sanction.moderator import CLOCK_DIFFERENCE, Moderator
from tests.support.builders import NOW
from tests.support.sanction_world import key_of

MODERATOR = Moderator("1" * 32, "platform-a", key_of(1).public_key, NOW)
SECOND = timedelta(seconds=1)


def test_a_key_is_checked() -> None:
    """A key of the wrong size or of small order is refused."""
    assert rules.check_key(key_of(1).public_key) == key_of(1).public_key
    for weak in (b"", bytes(31), bytes(32)):
        with pytest.raises(InvalidError):
            rules.check_key(weak)


def test_a_revoked_moderator_signs_nothing() -> None:
    """Until the revocation it signs."""
    rules.check_signs(MODERATOR)
    with pytest.raises(PreconditionError) as refused:
        rules.check_signs(replace(MODERATOR, revoked_at=NOW))
    assert refused.value.reason is Reason.MODERATOR_REVOKED


@pytest.mark.parametrize("sign", [1, -1])
def test_a_signature_is_recent(sign: int) -> None:
    """Ten minutes, by whichever clock is ahead."""
    rules.check_fresh(signed_at=NOW + sign * CLOCK_DIFFERENCE, now=NOW)
    with pytest.raises(InvalidError):
        rules.check_fresh(signed_at=NOW + sign * (CLOCK_DIFFERENCE + SECOND), now=NOW)


def test_a_key_does_not_show() -> None:
    """The repr of a moderator does not show the key."""
    assert repr(MODERATOR.public_key) not in repr(MODERATOR)
