"""Moderators: which keys are registered, by whom, and whose signatures are accepted when."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from idvault_verify import moderator as rules
from idvault_verify.error import DeniedError, FieldCode, PreconditionError, Reason
from idvault_verify.moderator import CARRIED_FOR, CLOCK_DIFFERENCE, Moderator
from tests.support.violations import violation
from tools.support.builders import NOW
from tools.support.sanction_world import key_of

MODERATOR = Moderator("1" * 32, "platform-a", key_of(1).public_key, NOW)
REVOKED = replace(MODERATOR, revoked_at=NOW)
SECOND = timedelta(seconds=1)
A, B, C = "1" * 32, "2" * 32, "3" * 32


def test_a_key_is_checked() -> None:
    """A key of the wrong size or of small order is refused."""
    assert rules.check_key(key_of(1).public_key) == key_of(1).public_key
    for weak in (b"", bytes(31), bytes(32)):
        assert violation(partial(rules.check_key, weak)) == ("public_key", FieldCode.CHARACTER)


def test_a_revoked_moderator_signs_nothing() -> None:
    """Until the revocation it signs."""
    rules.check_signs(MODERATOR)
    with pytest.raises(PreconditionError) as refused:
        rules.check_signs(REVOKED)
    assert refused.value.reason is Reason.MODERATOR_REVOKED


@pytest.mark.parametrize("sign", [1, -1])
def test_a_signature_is_recent(sign: int) -> None:
    """Ten minutes, by whichever clock is ahead."""
    rules.check_fresh(signed_at=NOW + sign * CLOCK_DIFFERENCE, now=NOW)
    wrong = NOW + sign * (CLOCK_DIFFERENCE + SECOND)
    expected = ("signature.sign_time", FieldCode.CHARACTER)
    assert violation(lambda: rules.check_fresh(signed_at=wrong, now=NOW)) == expected
    named = violation(lambda: rules.check_fresh(signed_at=wrong, now=NOW, field="lift"))
    assert named == ("lift.sign_time", FieldCode.CHARACTER)


@pytest.mark.parametrize(
    ("age", "is_accepted"),
    [
        (timedelta(), True),
        (CLOCK_DIFFERENCE + SECOND, True),
        (CARRIED_FOR, True),
        (CARRIED_FOR + SECOND, False),
        (-CLOCK_DIFFERENCE, True),
        (-CLOCK_DIFFERENCE - SECOND, False),
    ],
)
def test_a_registration_is_carried_for_a_week(age: timedelta, is_accepted: bool) -> None:
    """Seven days old at most, and ten minutes ahead at most; the refusal names the signature."""
    if is_accepted:
        rules.check_carried(signed_at=NOW - age, now=NOW)
        return
    refused = violation(lambda: rules.check_carried(signed_at=NOW - age, now=NOW))
    assert refused == ("signature.sign_time", FieldCode.CHARACTER)
    named = violation(lambda: rules.check_carried(signed_at=NOW - age, now=NOW, field="countersignatures[1]"))
    assert named == ("countersignatures[1].sign_time", FieldCode.CHARACTER)


@pytest.mark.parametrize(
    ("countersigners", "code"),
    [
        ((), FieldCode.REQUIRED),
        ((A,), FieldCode.LENGTH),
        ((A, B, C), FieldCode.LENGTH),
        ((A, A), FieldCode.CHARACTER),
        ((A, B), None),
    ],
)
def test_two_others_countersign(countersigners: tuple[str, ...], code: FieldCode | None) -> None:
    """Exactly two, and not the same one twice."""
    if code is None:
        rules.check_countersigners(countersigners)
        return
    refused = violation(lambda: rules.check_countersigners(countersigners))
    assert refused == ("countersignatures", code)


def test_nobody_countersigns_the_own_key() -> None:
    """The key decides, not the id."""
    rules.check_other(countersigner=MODERATOR, public_key=key_of(2).public_key)
    with pytest.raises(DeniedError) as refused:
        rules.check_other(countersigner=replace(MODERATOR, moderator_id=B), public_key=key_of(1).public_key)
    assert refused.value.reason is Reason.SELF_APPROVAL


@pytest.mark.parametrize(
    ("known", "live", "countersigners", "reason"),
    [
        # The operator names.
        (None, (), (), None),
        (None, (A,), (), None),
        (None, (A, B), (), Reason.MODERATORS_SUFFICE),
        (None, (A, B, C), (), Reason.MODERATORS_SUFFICE),
        (MODERATOR, (A, B), (), None),  # again
        (REVOKED, (), (), Reason.MODERATOR_REVOKED),
        (REVOKED, (B, C), (), Reason.MODERATOR_REVOKED),
        # Two others countersign.
        (None, (A, B), (A, B), None),
        (None, (A, B, C), (C, A), None),
        (MODERATOR, (A, B, C), (B, C), None),  # again
        (REVOKED, (B, C), (B, C), Reason.MODERATOR_REVOKED),
        (None, (), (A, B), Reason.MODERATORS_TOO_FEW),
        (None, (A,), (A, B), Reason.MODERATORS_TOO_FEW),
        (None, (A, B), (A, C), Reason.MODERATOR_REVOKED),
        (None, (A, B), (C, B), Reason.MODERATOR_REVOKED),
    ],
)
def test_who_makes_a_moderator(
    known: Moderator | None, live: tuple[str, ...], countersigners: tuple[str, ...], reason: Reason | None
) -> None:
    """The operator while there are fewer than two, later two who are not revoked; never of a revoked key."""
    if reason is None:
        rules.admit(known=known, live=live, countersigners=countersigners)
        return
    with pytest.raises(PreconditionError) as refused:
        rules.admit(known=known, live=live, countersigners=countersigners)
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    ("countersigners", "code"), [((A,), FieldCode.LENGTH), ((B, B), FieldCode.CHARACTER)]
)
def test_one_moderator_makes_nobody(countersigners: tuple[str, ...], code: FieldCode) -> None:
    """One countersignature, or one twice, is refused although the platform has two moderators."""
    refused = violation(lambda: rules.admit(known=None, live=(A, B), countersigners=countersigners))
    assert refused == ("countersignatures", code)


def test_a_key_does_not_show() -> None:
    """The repr of a moderator does not show the key."""
    assert repr(MODERATOR.public_key) not in repr(MODERATOR)
