"""Who may publish for an organisation."""

from dataclasses import replace
from typing import Any

import pytest

from idvault.public_account.rules import owner as public_account_owner
from idvault.public_account.rules import public_account as public_account_rules
from idvault.public_account.rules.public_account import PublicAccount
from idvault_verify.account import Account, AccountState, Standing, SubjectKind
from idvault_verify.error import IdvaultError, InvalidError, PreconditionError, Reason
from idvault_verify.organization import OrganizationCategory
from idvault_verify.public_account import PublicAccountKind, PublicAccountState
from tests.domain.public_account.test_public_account import DAY, active, in_state, owner
from tools.support.builders import NOW, TODAY
from tools.support.public_account_world import licence

OPERATOR = "acct_" + "0" * 25 + "2"


def company(**changes: Any) -> Account:
    usual = {"subject_kind": SubjectKind.ORGANIZATION, "organization_category": OrganizationCategory.COMPANY}
    return owner(**{**usual, **changes})


def operator(**changes: Any) -> Account:
    return owner(**{"account_token": OPERATOR, **changes})


def of_company(state: PublicAccountState = PublicAccountState.ACTIVE) -> PublicAccount:
    return replace(in_state(state), kind=PublicAccountKind.COMPANY)


def add(
    public_account: PublicAccount | None = None,
    *,
    who: Account | None = None,
    added: Account | None = None,
    known: int = 0,
) -> PublicAccount:
    return public_account_owner.add(
        public_account=public_account or of_company(),
        owner=who or company(),
        operators=["x"] * known,
        added=added or operator(),
        today=TODAY,
        now=NOW,
    )


def test_an_operator_is_named() -> None:
    """It is a published change, and nothing else of the public account changes."""
    assert add() == replace(of_company(), revision=of_company().revision + 1)
    assert add(known=49).revision == add().revision


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"added": operator(state=AccountState.REJECTED)}, Reason.OPERATOR_NOT_ELIGIBLE),
        ({"added": operator(expire_date=TODAY)}, Reason.OPERATOR_NOT_ELIGIBLE),
        ({"added": operator(subject_kind=SubjectKind.ORGANIZATION)}, Reason.OPERATOR_NOT_ELIGIBLE),
        ({"added": operator(standing=Standing.RENEWAL_SUSPENDED)}, Reason.OPERATOR_NOT_ELIGIBLE),
        ({"public_account": active()}, Reason.OPERATOR_NOT_ELIGIBLE),
        ({"public_account": of_company(PublicAccountState.APPLIED)}, Reason.PUBLIC_ACCOUNT_NOT_LIVE),
        ({"public_account": of_company(PublicAccountState.EXPIRED)}, Reason.PUBLIC_ACCOUNT_NOT_LIVE),
        ({"who": company(standing=Standing.CLOSED)}, Reason.PUBLIC_ACCOUNT_NOT_LIVE),
        ({"who": company(standing=Standing.RENEWAL_SUSPENDED)}, Reason.RENEWAL_SUSPENDED),
        ({"who": company(expire_date=TODAY)}, Reason.ACCOUNT_NOT_VERIFIED),
        (
            {"public_account": replace(of_company(), standing=Standing.RENEWAL_SUSPENDED)},
            Reason.RENEWAL_SUSPENDED,
        ),
    ],
)
def test_who_is_not_named(options: dict[str, Any], reason: Reason) -> None:
    """Only persons who are verified and not suspended, for a live public account of an organisation."""
    with pytest.raises(PreconditionError) as refused:
        add(**options)
    assert refused.value.reason is reason


def test_there_is_a_limit() -> None:
    """Fifty operators are enough."""
    with pytest.raises(InvalidError) as refused:
        add(known=50)
    assert refused.value.reason is Reason.TOO_MANY_ITEMS


@pytest.mark.parametrize("state", PublicAccountState)
def test_one_is_removed_in_every_state(state: PublicAccountState) -> None:
    """A removal is a published change, after what has come due."""
    made = replace(of_company(state), licence=licence(TODAY))
    due = public_account_rules.fall(public_account=made, today=TODAY).revision
    try:
        assert public_account_owner.remove(public_account=made, today=TODAY, now=NOW).revision == due + 1
    except IdvaultError:
        pytest.fail("a removal is never refused")


def test_who_may_publish_now() -> None:
    """The operator's account and the public account decide together, at any time."""

    def may(added: Account, made: PublicAccount) -> bool:
        profile = public_account_rules.project(public_account=made, owner=company(), today=TODAY, now=NOW)
        shown = public_account_owner.shown(operator=added, profile=profile, today=TODAY, now=NOW)
        assert shown.account_token == OPERATOR
        return shown.may_publish

    assert may(operator(), of_company())
    assert may(operator(standing=Standing.WARNED), of_company())
    assert not may(operator(standing=Standing.RENEWAL_SUSPENDED), of_company())
    assert not may(operator(expire_date=TODAY), of_company())
    assert not may(operator(), of_company(PublicAccountState.GRACE))
    assert not may(operator(), replace(of_company(), standing=Standing.RENEWAL_SUSPENDED))
    assert may(operator(standing=Standing.RENEWAL_SUSPENDED, standing_until=NOW), of_company())
    assert may(operator(expire_date=TODAY + DAY), of_company())
