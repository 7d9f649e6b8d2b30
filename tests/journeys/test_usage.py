"""What a platform used agrees with what the registry has charged."""

from datetime import datetime
from zoneinfo import ZoneInfo

from tests.support.house import House
from tools.support.sandbox import Person, verify


def figures(house: House) -> dict[str, int]:
    """Return the stored figures of platform-a."""
    rows = house.query("select what, number from platform_usage where relying_party = 'platform-a'")
    return dict(rows)


def test_the_sums_agree_with_the_registry(own_house: House) -> None:
    """Matches and mismatches are charged as the registry counts them; the command prints what is stored."""
    own_house.registry.reset()
    with own_house.vault() as vault:
        accounts = [verify(vault, own_house.registry.newcomer()) for _ in range(3)]
        person = own_house.registry.newcomer()
        verify(vault, Person("别人", person.number))
        for each in accounts:
            vault.get_status(each.account_token)
    charged = own_house.registry.counters()["charged"]
    # A stop stores what was counted.
    assert own_house.session.stop() == 0
    found = figures(own_house)
    assert found["registry/charged"] == charged
    assert found["claims/SUCCEEDED"] == 3
    assert found["claims/MISMATCH"] == 1
    assert found["calls/VerificationService/VerifyIndividual"] == 4
    assert found["calls/StatusService/GetStatus"] == 3
    month = f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m}"
    shown = own_house.command("platform", "usage", "--csv", "--month", month).stdout
    assert shown.splitlines()[0] == "platform,month,what,number"
    assert f"platform-a,{month},registry/charged,{charged}" in shown.splitlines()
