"""`idvault retention` says what is kept under the settings in force."""

import json

from idvault_verify.commands.errors import ExitCode
from tests.support.commands import Commands


def test_as_text(idvault: Commands) -> None:
    """Each rule with its reason, and a count at the end; no setting is needed."""
    result = idvault("retention")
    assert result.code == ExitCode.DONE
    assert "    kept: 24 hours\n" in result.out
    assert "    enforced by: remove_abandoned (IDVAULT_REJECTED_ACCOUNT_DAYS)\n" in result.out
    assert result.out.splitlines()[-1].startswith("retention: ")


def test_the_settings_in_force(idvault: Commands) -> None:
    """What the environment says is what is told, as one object a line."""
    idvault.set(REJECTED_ACCOUNT_DAYS="11", APPEAL_TEXT_DAYS="12", ERASURE_DELAY_DAYS="20")
    rules = [json.loads(line) for line in idvault("retention", "--json").out.splitlines()]
    kept = {name: rule["kept"] for rule in rules for name in rule["tables"]}
    assert "27 days after its erasure" in kept["shred_keys"]
    assert kept["appeals"] == "12 days after the decision"
    assert any(rule["kept"].startswith("11 days") for rule in rules)


def test_a_delay_that_a_disclosure_outlives(idvault: Commands) -> None:
    """Seven days are refused by every process, with the setting's name."""
    idvault.set(ERASURE_DELAY_DAYS="7")
    result = idvault("retention")
    assert result.code == ExitCode.WRONG_USAGE
    assert "IDVAULT_ERASURE_DELAY_DAYS" in result.out + result.err
