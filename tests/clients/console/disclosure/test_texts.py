"""The texts of the consoles: one for each key, and one for every finding."""

from collections.abc import Mapping

import pytest

from idvault_client.pages import rendering
from idvault_people.console.disclosure.auditor_texts import AUDITOR
from idvault_people.console.disclosure.custodian_texts import CUSTODIAN
from idvault_people.console.disclosure.kept import proved
from idvault_people.console.disclosure.texts import PEOPLE
from idvault_people.console.member_texts import FINDINGS
from idvault_people.console.texts import CONSOLE
from idvault_people.console.visit import Visit
from idvault_verify.disclosure import HistoryFinding
from idvault_verify.offline.log import epochs
from idvault_verify.text import Text
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.epoch import Epoch


@pytest.mark.parametrize("texts", [AUDITOR, CUSTODIAN])
def test_a_role_says_nothing_of_the_base_in_other_words(texts: Mapping[str, Text]) -> None:
    """No key of a role replaces one that all consoles share."""
    assert not {*texts} & {*CONSOLE, *PEOPLE}


def test_every_finding_has_a_text() -> None:
    """A member is never shown a code alone."""
    assert {*FINDINGS} == {*HistoryFinding}


def test_evidence_of_a_later_epoch_is_told_in_words() -> None:
    """The log's epoch has a name and a number in each language, as every other thing that evidence proves."""
    found = Checkpoint("vault.example/log", 1, bytes(32), Epoch(2, "0" * 64).extensions)
    [(name, value)] = epochs.told(found).items()
    for language, words in (("en", "2: the log has lost entries before"), ("zh", "2：日志此前丢失过条目")):
        visit = Visit(language=language, say=rendering.saying({**CONSOLE, **PEOPLE, **AUDITOR}, language))
        assert visit.say(f"proved_{name}") != ""
        assert proved(name, value, visit) == words
