"""Rules of drills: the token of the synthetic record, and when each custodian's drill is due."""

from datetime import UTC, datetime, timedelta

import pytest

from idvault.custody.drill import rules as drill_rules
from idvault.custody.drill.rules import DrillStanding
from idvault.platform import rules as platform_rules
from idvault_verify import document, token
from idvault_verify.attest import drill
from idvault_verify.error import InvalidError

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = timedelta(days=90)
QUORUM = "0123456789abcdef" * 4


def test_the_token_is_no_account_token() -> None:
    """The token is derived from the quorum, fits the same column, and is not a valid account token."""
    made = drill.token(quorum_id=QUORUM)
    assert made == "drill_0123456789abcdef012345678"
    assert len(made) == len(token.make(bytes(16)))
    assert drill.token(quorum_id="f" * 64) != made
    with pytest.raises(InvalidError):
        token.check(made)


def test_the_identity_is_of_nobody() -> None:
    """The name says that the identity is synthetic, and the number is invalid."""
    made = drill_rules.identity()
    assert "合成" in made.name
    with pytest.raises(InvalidError):
        document.parse(type=made.document.type, number=made.document.number, today=NOW.date())
    assert drill_rules.consent(now=NOW).policy_version == "drill"


def test_no_platform_is_called_like_the_drill() -> None:
    """The relying party name of drills is refused; every other name is accepted."""
    platform_rules.check_platform("drills")
    with pytest.raises(InvalidError) as refused:
        platform_rules.check_platform(drill.RELYING_PARTY)
    assert refused.value.violations[0].field == "name"


@pytest.mark.parametrize("difference", [timedelta(minutes=-10), timedelta(0), timedelta(minutes=10)])
def test_what_was_signed_just_now(difference: timedelta) -> None:
    """A signature within ten minutes of the service's clock is accepted."""
    drill_rules.check_fresh(signed_at=NOW + difference, now=NOW)
    beyond = difference + timedelta(seconds=1 if difference >= timedelta(0) else -1)
    if difference:
        with pytest.raises(InvalidError) as refused:
            drill_rules.check_fresh(signed_at=NOW + beyond, now=NOW)
        assert refused.value.violations[0].field == "sign_time"


def test_when_a_drill_is_due() -> None:
    """A drill is due 90 days after the last one, or after the first record that could have been opened."""
    never = drill_rules.standing(custodian="a", made=[NOW + timedelta(days=1), NOW], passed=[])
    assert never == DrillStanding("a", None, NOW + DAYS)
    passed = drill_rules.standing(custodian="a", made=[NOW], passed=[NOW + timedelta(days=80), NOW])
    assert passed == DrillStanding("a", NOW + timedelta(days=80), NOW + timedelta(days=170))
    assert drill_rules.standing(custodian="a", made=[], passed=[]) is None


def test_overdue_begins_at_the_due_time() -> None:
    """A drill is overdue exactly from its due time on."""
    standing = DrillStanding("a", None, NOW)
    assert standing.is_overdue(NOW)
    assert not standing.is_overdue(NOW - timedelta(microseconds=1))
