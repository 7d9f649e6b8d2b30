"""What a platform's client checks of an order: by the roster alone, whatever the vault says."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idvault_client.sanctions import OrderError, OrderState, PlatformOrder, check_order
from idvault_verify.attest import order as orders
from idvault_verify.attest.order import WithdrawalTerms
from idvault_verify.offline import order as order_check
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import ReferralState, TargetKind, TipOffTarget
from tools.support import people
from tools.support.orders import (
    OFFICE,
    OTHER_OFFICE,
    PLATFORM,
    SALT,
    answer,
    joint,
    report,
    roster,
    signed,
    terms,
)

FIRST = roster(OFFICE, OTHER_OFFICE)
WITHOUT = roster(OTHER_OFFICE, version=2)
ORDER = signed(terms())


def refused(call: Any, *args: Any, **given: Any) -> str:
    with pytest.raises(OrderError) as found:
        call(*args, **given)
    return found.value.reason


def checked(data: bytes, *, platform: str = PLATFORM, versions: Any = (FIRST,), known: bool = False) -> str:
    """Return why an order is refused, "" if it is not."""
    try:
        order_check.check(data, platform=platform, versions=versions, known=known)
    except OrderError as error:
        return error.reason
    return ""


def delivered(**changes: Any) -> PlatformOrder:
    """Return an order as the vault delivers it."""
    found = order_check.check(ORDER, platform=PLATFORM, versions=[FIRST])
    made = PlatformOrder(
        order_id=found.terms.order_id,
        order=found.order,
        deadline=found.terms.deadline_at,
        record_time=found.terms.created_at,
        state=OrderState.OPEN,
        carry_out_time=None,
        signed_order=ORDER,
        acknowledge_time=None,
        object_time=None,
        objection="",
        withdraw_time=None,
        signed_withdrawal=b"",
    )
    return replace(made, **changes)


def withdrawal(name: str = OFFICE, **changes: Any) -> bytes:
    made = WithdrawalTerms("ab" * 16, orders.digest(ORDER), name, "by mistake", terms().create_time + 9)
    return signed(replace(made, **changes), name)


def test_an_order_is_its_authoritys() -> None:
    """It is accepted as it was signed, with the organisation of the roster."""
    found = order_check.check(ORDER, platform=PLATFORM, versions=[FIRST])
    assert found.terms == terms()
    assert found.order.authority == people.roster_member(OFFICE, role="authority").organisation
    assert found.order.digest == orders.digest(ORDER)


def test_an_altered_order_is_refused() -> None:
    """Every byte counts, of the content and of the signature."""
    for place in range(0, len(ORDER), 7):
        data = bytearray(ORDER)
        data[place] ^= 1
        assert checked(bytes(data)) != ""
    for changes in (
        {"target": "acct_" + "0" * 26},
        {"deadline": terms().deadline + 60},
        {"platform": PLATFORM},
    ):
        other = terms(**changes).canonical() + ORDER[-64:]
        assert checked(other) == ("" if changes == {"platform": PLATFORM} else "SIGNATURE_INVALID")


def test_whose_order_it_is_not() -> None:
    """A vault, an auditor, another authority and another platform's order are told apart."""
    assert checked(ORDER, platform="platform-b") == "OTHER_PLATFORM"
    assert checked(signed(terms(), OTHER_OFFICE)) == "SIGNATURE_INVALID"
    assert checked(signed(terms(), "the vault")) == "SIGNATURE_INVALID"
    assert checked(signed(terms(authority="auditor-a"), "auditor-a")) == "NOT_AN_AUTHORITY"
    assert checked(signed(terms(authority="nobody"), "nobody")) == "NOT_AN_AUTHORITY"
    assert checked(signed(terms(roster_digest="0" * 64))) == "OTHER_ROSTER"
    assert checked(signed(terms(deadline=0))) == "NOT_AN_ORDER"
    assert checked(signed(joint())) == "NOT_AN_ORDER"


def test_an_authority_that_is_gone_orders_nothing_new() -> None:
    """What was checked before stays valid; nobody can make an earlier one afterwards."""
    assert checked(ORDER, versions=(FIRST, WITHOUT)) == "AUTHORITY_REVOKED"
    assert checked(ORDER, versions=(FIRST, WITHOUT), known=True) == ""
    assert checked(signed(terms(roster_digest=WITHOUT.digest())), versions=(FIRST, WITHOUT)) == (
        "NOT_AN_AUTHORITY"
    )
    member = people.roster_member(OFFICE, role="authority")
    changed = replace(member, ed25519=people.signer("new key").public_key().public_bytes_raw())
    others = tuple(each for each in FIRST.people if each.name != OFFICE)
    renewed = replace(FIRST, version=2, people=(*others, changed))
    assert checked(ORDER, versions=(FIRST, renewed)) == "AUTHORITY_REVOKED"
    assert checked(ORDER, versions=(FIRST, renewed), known=True) == ""


def test_what_the_vault_says_is_compared() -> None:
    """Another digest, deadline or id, and a withdrawal that nobody signed, are refused."""
    check: dict[str, Any] = {"platform": PLATFORM, "versions": [FIRST]}
    assert check_order(delivered(), **check).terms == terms()
    good = delivered()
    for changes in (
        {"order_id": "ff" * 16},
        {"deadline": good.deadline + timedelta(days=1)},
        {"order": replace(good.order, digest=bytes(32))},
        {"order": replace(good.order, authority="another office")},
    ):
        assert refused(check_order, delivered(**changes), **check) == "OTHER_ORDER"
    withdrawn = {"withdraw_time": good.record_time, "state": OrderState.WITHDRAWN}
    assert refused(check_order, delivered(**withdrawn), **check) == "SIGNATURE_INVALID"
    check_order(delivered(**withdrawn, signed_withdrawal=withdrawal()), **check)
    false = delivered(**withdrawn, signed_withdrawal=withdrawal()[:-1] + b"x")
    assert refused(check_order, false, **check) == "SIGNATURE_INVALID"


def test_a_withdrawal_is_of_one_order() -> None:
    """By the authority that gave it, also with a later key of the same member."""
    check: dict[str, Any] = {"of": ORDER, "versions": [FIRST]}
    assert order_check.check_withdrawal(withdrawal(), **check).reason == "by mistake"
    again = order_check.check_withdrawal
    assert refused(again, withdrawal(OTHER_OFFICE), **check) == "NOT_AN_AUTHORITY"
    assert refused(again, withdrawal(order_id="cd" * 16), **check) == "OTHER_ORDER"
    assert refused(again, withdrawal(order_digest=bytes(32)), **check) == "OTHER_ORDER"
    assert refused(again, withdrawal(reason=""), **check) == "NOT_AN_ORDER"
    assert refused(again, withdrawal(), of=ORDER, versions=[WITHOUT]) == "SIGNATURE_INVALID"


def test_an_operation_names_its_platforms() -> None:
    """One that does not take part is told so; the signature is checked as an order's."""
    data = signed(joint())
    check: dict[str, Any] = {"versions": [FIRST]}
    found = order_check.check_operation(data, platform=PLATFORM, **check)
    assert (found.terms, found.authority.name) == (joint(), OFFICE)
    again = order_check.check_operation
    assert refused(again, data, platform="platform-c", **check) == "OTHER_PLATFORM"
    assert refused(again, data[:-1] + b"x", platform=PLATFORM, **check) == "SIGNATURE_INVALID"
    assert refused(again, ORDER, platform=PLATFORM, **check) == "NOT_AN_ORDER"
    assert refused(again, data, platform=PLATFORM, versions=[FIRST, WITHOUT]) == "AUTHORITY_REVOKED"
    order_check.check_operation(data, platform=PLATFORM, versions=[FIRST, WITHOUT], known=True)


def test_an_answer_is_for_its_platform() -> None:
    """By its authority alone; one that is gone gives no new one, and what was checked before stays valid."""
    data, again = signed(answer()), order_check.check_answer
    mine: dict[str, Any] = {"report": report(), "versions": [FIRST]}
    assert again(data, **mine) == answer()
    after = {**mine, "versions": [FIRST, WITHOUT]}
    assert refused(again, data, **after) == "AUTHORITY_REVOKED"
    assert again(data, **after, known=True) == answer()
    assert refused(again, data, **{**mine, "report": report(platform="platform-b")}) == "OTHER_PLATFORM"
    assert refused(again, ORDER, **mine) == "NOT_AN_ORDER"
    assert refused(again, signed(answer(), OTHER_OFFICE), **mine) == "SIGNATURE_INVALID"
    late = signed(answer(roster_digest=WITHOUT.digest()))
    assert refused(again, late, **after) == "NOT_AN_AUTHORITY"


@pytest.mark.parametrize(
    "changes",
    [
        {"referral_id": "cd" * 16},
        {"authority": OTHER_OFFICE},
        {"answer": ReferralState.DECLINED},
        {"answer": None},
        {"category": SanctionCategory.FRAUD},
        {"category": None},
        {"target": TipOffTarget(TargetKind.CONTENT, "post/18")},
        {"target": TipOffTarget(TargetKind.ACCOUNT, "post/17")},
        {"salt": bytes(32)},
        {"salt": b""},
        {"salt": SALT + b"post/", "target": TipOffTarget(TargetKind.CONTENT, "17")},
        {"salt": SALT[:-1], "target": TipOffTarget(TargetKind.CONTENT, "\x1fpost/17")},
    ],
)
def test_an_answer_is_of_one_report(changes: dict[str, Any]) -> None:
    """The vault cannot show it for another report, nor as another answer, whatever salt it chooses."""
    data = signed(answer())
    asked: dict[str, Any] = {"report": report(**changes), "versions": [FIRST]}
    assert refused(order_check.check_answer, data, **asked) == "OTHER_REFERRAL"


def test_an_answer_outlives_its_target() -> None:
    """Once texts and salt are deleted all the rest of it is compared."""
    data, gone = signed(answer()), report(target=None, salt=b"")
    assert order_check.check_answer(data, report=gone, versions=[FIRST]) == answer()
    other = report(target=None, salt=b"", category=SanctionCategory.FRAUD)
    assert refused(order_check.check_answer, data, report=other, versions=[FIRST]) == "OTHER_REFERRAL"
