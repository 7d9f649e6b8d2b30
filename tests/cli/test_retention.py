"""`idvault retention` says what is kept under the settings in force."""

import json

from idvault_verify.commands.errors import ExitCode
from tests.support.commands import Commands


def test_as_text(idvault: Commands) -> None:
    """Each rule with its reason, and a count at the end; no setting is needed."""
    result = idvault("retention")
    assert result.code == ExitCode.DONE
    assert "    kept: 24 hours\n" in result.out
    assert "    enforced by: remove_abandoned\n" in result.out
    assert result.out.splitlines()[-1].startswith("retention: ")


def test_the_settings_in_force(idvault: Commands) -> None:
    """What the environment says is what is told, as one object a line."""
    idvault.set(ERASURE_WAITING_DAYS="20")
    rules = [json.loads(line) for line in idvault("retention", "--json").out.splitlines()]
    kept = {name: rule["kept"] for rule in rules for name in rule["tables"]}
    assert "28 days after its erasure" in kept["shred_keys"]
    assert kept["appeals"] == "90 days after the decision"


def test_a_fixed_time_is_no_setting(idvault: Commands) -> None:
    """Whoever sets it anyway is told how long it is."""
    idvault.set(ERASURE_DELAY_DAYS="20")
    result = idvault("retention")
    assert result.code == ExitCode.WRONG_USAGE
    assert "IDVAULT_ERASURE_DELAY_DAYS is gone: it is 8 days in every vault" in result.out + result.err
