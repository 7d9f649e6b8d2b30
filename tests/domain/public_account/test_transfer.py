"""How a public account moves from one owner to another."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idvault.public_account.rules import owner as public_account_owner
from idvault.public_account.rules import public_account as public_account_rules
from idvault.public_account.rules.public_account import PublicAccount, TransferOffer
from idvault_verify.account import Account, Standing, SubjectKind
from idvault_verify.error import InvalidError, PreconditionError, Reason
from idvault_verify.public_account import PublicAccountCategory, PublicAccountState
from tests.domain.public_account.test_public_account import DAY, active, in_state, owner
from tools.support.builders import NOW, TODAY
from tools.support.public_account_world import licence

OTHER = "acct_" + "0" * 25 + "2"
FORTNIGHT = timedelta(days=14)


def receiver(**changes: Any) -> Account:
    return owner(**{"account_token": OTHER, "person_id": "c" * 32, "revision": 2, **changes})


def offered(**changes: Any) -> PublicAccount:
    return replace(active(**changes), offer=TransferOffer(OTHER, NOW))


def offer(
    made: PublicAccount | None = None,
    who: Account | None = None,
    to: Account | None = None,
    *,
    disputed: bool = False,
) -> PublicAccount:
    return public_account_owner.offer(
        public_account=made or active(),
        owner=who or owner(),
        receiver=to or receiver(),
        disputed=disputed,
        today=TODAY,
        now=NOW,
    )


def accept(
    made: PublicAccount | None = None,
    who: Account | None = None,
    to: Account | None = None,
    *,
    eligible: bool = True,
    disputed: bool = False,
    after: timedelta = timedelta(0),
) -> PublicAccount:
    return public_account_owner.accept(
        public_account=made or offered(),
        owner=who or owner(),
        receiver=to or receiver(),
        eligible=eligible,
        disputed=disputed,
        today=TODAY,
        now=NOW + after,
    )


def test_an_offer() -> None:
    """It names the other account, replaces the one before, and counts for 14 days."""
    made = offer()
    assert made.offer == TransferOffer(OTHER, NOW)
    assert offer(replace(made, offer=TransferOffer("acct_x", NOW - DAY))).offer == made.offer
    assert public_account_owner.offered_to(active(), now=NOW) is None
    assert public_account_owner.offered_to(made, now=NOW + FORTNIGHT - DAY) == OTHER
    assert public_account_owner.offered_to(made, now=NOW + FORTNIGHT) is None


def test_an_acceptance() -> None:
    """Owner, person, category and the public day change; licence and offer end; the term stays."""
    made = accept(offered(licence=licence(TODAY + 9 * DAY)))
    assert (made.account_token, made.person_id, made.owner_changed_on) == (OTHER, "c" * 32, TODAY)
    assert (made.category, made.licence, made.offer) == (PublicAccountCategory.PERSONAL, None, None)
    assert (made.state, made.expire_date) == (PublicAccountState.ACTIVE, active().expire_date)


@pytest.mark.parametrize("revision", [1, 4, 900])
def test_the_profile_stays_in_order(revision: int) -> None:
    """The published revision grows although the new owner's status may have a lower one."""
    to = receiver(revision=revision)
    before = public_account_rules.project(public_account=offered(), owner=owner(), today=TODAY, now=NOW)
    after = public_account_rules.project(public_account=accept(to=to), owner=to, today=TODAY, now=NOW)
    assert after.revision > before.revision


SUSPENDED = Standing.RENEWAL_SUSPENDED


@pytest.mark.parametrize("verb", [offer, accept])
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"made": replace(offered(), state=PublicAccountState.APPLIED)}, Reason.PUBLIC_ACCOUNT_NOT_LIVE),
        ({"who": owner(standing=Standing.CLOSED)}, Reason.PUBLIC_ACCOUNT_NOT_LIVE),
        ({"who": owner(standing=Standing.WARNED)}, Reason.SANCTION_OPEN),
        ({"made": replace(offered(), standing=Standing.WARNED)}, Reason.SANCTION_OPEN),
        ({"disputed": True}, Reason.SANCTION_OPEN),
        ({"to": receiver(expire_date=TODAY)}, Reason.ACCOUNT_NOT_VERIFIED),
        ({"to": receiver(standing=SUSPENDED)}, Reason.RENEWAL_SUSPENDED),
        ({"to": receiver(subject_kind=SubjectKind.ORGANIZATION)}, Reason.KIND_DIFFERS),
    ],
)
def test_what_keeps_it_where_it_is(verb: Any, options: dict[str, Any], reason: Reason) -> None:
    """Offer and acceptance have the same conditions."""
    with pytest.raises(PreconditionError) as refused:
        verb(**options)
    assert refused.value.reason is reason


def test_who_may_not_accept() -> None:
    """Only the account that it was offered to, in time, whose owner may have one more."""
    cases: list[tuple[dict[str, Any], Reason]] = [
        ({"made": active()}, Reason.TRANSFER_NOT_OFFERED),
        ({"to": receiver(account_token="acct_y")}, Reason.TRANSFER_NOT_OFFERED),
        ({"after": FORTNIGHT}, Reason.TRANSFER_NOT_OFFERED),
        ({"eligible": False}, Reason.OWNER_NOT_ELIGIBLE),
    ]
    for options, reason in cases:
        with pytest.raises(PreconditionError) as refused:
            accept(**options)
        assert refused.value.reason is reason


def test_it_is_not_offered_to_its_owner() -> None:
    """The owner's own account is a wrong field."""
    with pytest.raises(InvalidError) as refused:
        offer(to=owner())
    assert [each.field for each in refused.value.violations] == ["account_token"]


def test_one_in_grace_moves_too() -> None:
    """The term is the public account's, also when it has run out."""
    made = replace(in_state(PublicAccountState.GRACE), offer=TransferOffer(OTHER, NOW))
    assert accept(made).state is PublicAccountState.GRACE
