"""The texts of the consoles: one for each key, and one for every finding."""

from collections.abc import Mapping

import pytest

from idvault_people.console.disclosure.auditor_texts import AUDITOR
from idvault_people.console.disclosure.custodian_texts import CUSTODIAN
from idvault_people.console.disclosure.texts import PEOPLE
from idvault_people.console.member_texts import FINDINGS
from idvault_people.console.texts import CONSOLE
from idvault_verify.disclosure import HistoryFinding
from idvault_verify.text import Text


@pytest.mark.parametrize("texts", [AUDITOR, CUSTODIAN])
def test_a_role_says_nothing_of_the_base_in_other_words(texts: Mapping[str, Text]) -> None:
    """No key of a role replaces one that all consoles share."""
    assert not {*texts} & {*CONSOLE, *PEOPLE}


def test_every_finding_has_a_text() -> None:
    """A member is never shown a code alone."""
    assert {*FINDINGS} == {*HistoryFinding}
