"""The texts of the operator's console: one for each role, kind of proof, limit and part of the state."""

import pytest

from idvault.processes.bootstrap import overview
from idvault.processes.cli.platform import Role
from idvault_people.console.member_texts import MEMBER
from idvault_people.console.operator.texts import OPERATOR
from idvault_people.console.texts import CONSOLE
from idvault_verify.session import Proof

LISTS = {
    "role": {each.value for each in Role},
    "proof": {each.value for each in Proof},
    "limit": {*overview.LIMITS},
    "part": {*overview.NAMES},
}


def test_it_says_nothing_of_the_base_in_other_words() -> None:
    """No key of the operator replaces one that all members' consoles share."""
    assert not {*OPERATOR} & {*CONSOLE, *MEMBER}


@pytest.mark.parametrize("name", LISTS)
def test_every_value_of_a_list_has_a_word(name: str) -> None:
    """And no word is left over."""
    known = {key.partition(".")[2] for key in OPERATOR if key.startswith(f"{name}.")}
    assert known == LISTS[name]
