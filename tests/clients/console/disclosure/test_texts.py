"""The texts of the consoles: both languages say the same, for every finding and every refusal."""

import re
from collections.abc import Mapping
from itertools import chain
from typing import Any

import pytest

from idvault_client.reasons import Translation
from idvault_people.console.disclosure.auditor_texts import AUDITOR
from idvault_people.console.disclosure.custodian_texts import CUSTODIAN
from idvault_people.console.disclosure.texts import FINDINGS, PEOPLE, REASONS
from idvault_people.console.texts import CONSOLE
from idvault_verify.disclosure import HistoryFinding

ALL: tuple[Mapping[Any, Translation], ...] = (CONSOLE, PEOPLE, AUDITOR, CUSTODIAN, FINDINGS, REASONS)


def test_both_languages_have_the_same_places() -> None:
    """A text without one of its values would hide it; English has no Chinese in it."""
    for key, text in chain.from_iterable(each.items() for each in ALL):
        places = [sorted(re.findall(r"\{(\w+)\}", each)) for each in (text.zh, text.en)]
        assert places[0] == places[1], key
        assert text.zh, key
        assert text.en, key
        if key != "switch":
            assert not re.search(r"[\u4e00-\u9fff]", text.en), key


@pytest.mark.parametrize("texts", [AUDITOR, CUSTODIAN])
def test_a_role_says_nothing_of_the_base_in_other_words(texts: Mapping[str, Translation]) -> None:
    """No key of a role replaces one that all consoles share."""
    assert not {*texts} & {*CONSOLE, *PEOPLE}


def test_every_finding_has_a_text() -> None:
    """A member is never shown a code alone."""
    assert {*FINDINGS} == {*HistoryFinding}
