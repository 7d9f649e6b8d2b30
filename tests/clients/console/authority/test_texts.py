"""The texts of the officer's console: one for each key, and one for each state, measure and kind."""

from collections.abc import Iterable
from enum import StrEnum

import pytest

from idvault_people.console.authority.texts import OFFICER
from idvault_people.console.member_texts import MEMBER
from idvault_people.console.texts import CONSOLE
from idvault_verify.order import OrderMeasure
from idvault_verify.sanction import Degree, OrderState, SanctionCategory
from idvault_verify.tip_off import ReferralState, TargetKind

LISTS: dict[str, Iterable[StrEnum]] = {
    "order_state": OrderState,
    "advice": OrderState,
    "referral_state": ReferralState,
    "referral_advice": ReferralState,
    "target": TargetKind,
    "measure": OrderMeasure,
    "degree": Degree,
    "category": SanctionCategory,
}


def test_it_says_nothing_of_the_base_in_other_words() -> None:
    """No key of the officer replaces one that all members' consoles share."""
    assert not {*OFFICER} & {*CONSOLE, *MEMBER}


@pytest.mark.parametrize("name", LISTS)
def test_every_value_of_a_list_has_a_word(name: str) -> None:
    """And no word is left over."""
    known = {key.partition(".")[2] for key in OFFICER if key.startswith(f"{name}.")}
    assert known == {each.value for each in LISTS[name]}
