"""The mock registry's organisations and their checks. All of them are synthetic."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idvault.registry.enterprise import EnterpriseQuestion, EnterpriseStatus
from idvault.registry.nppa import NppaCode
from idvault_dev.mock_registry import organization, population
from idvault_dev.mock_registry.counting import Counters, DayCaps
from idvault_dev.mock_registry.enterprise import EnterpriseLedger
from idvault_dev.mock_registry.organization import Organization
from idvault_dev.mock_registry.population import PopulationError
from idvault_dev.mock_registry.registry_half import RefusedError
from idvault_verify import document, name
from tests.support.mock_registry import Running
from tools.support.organizations import NAME, REPRESENTATIVE, credit_code

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WHO = (REPRESENTATIVE.name, REPRESENTATIVE.document.number)
KNOWN = EnterpriseQuestion("a" * 32, NAME, credit_code(), *WHO)


def ledger(*, keep_unheard: bool = True) -> EnterpriseLedger:
    """Return a ledger that knows one organisation."""
    return EnterpriseLedger(
        organizations=[
            organization.organization(
                {
                    "name": NAME,
                    "number": credit_code(),
                    "representative_name": REPRESENTATIVE.name,
                    "representative_number": REPRESENTATIVE.document.number,
                }
            )
        ],
        keep_unheard=keep_unheard,
        caps=DayCaps(name=9, number=9),
        counters=Counters(),
    )


def charged(memory: EnterpriseLedger) -> tuple[int, int]:
    """Return what was charged, and how many ids were repeated."""
    return memory._counters.charged, memory._counters.duplicate_ai


def test_the_same_check_is_told_again_for_48_hours() -> None:
    """It is charged once; after 48 h the id is free and a check is decided again."""
    memory = ledger()
    for hours in (0, 1, 48):
        assert memory.check(KNOWN, now=NOW + timedelta(hours=hours)) is EnterpriseStatus.MATCH
    assert charged(memory) == (1, 2)
    assert memory.check(KNOWN, now=NOW + timedelta(hours=49)) is EnterpriseStatus.MATCH
    assert charged(memory) == (2, 2)


def test_an_id_belongs_to_one_name_and_code() -> None:
    """With different content it is refused as in use, and nothing is revealed."""
    memory = ledger()
    memory.check(KNOWN, now=NOW)
    with pytest.raises(RefusedError) as caught:
        memory.check(replace(KNOWN, name="虚构别名公司"), now=NOW)
    assert caught.value.code is NppaCode.AI_IN_USE
    assert charged(memory) == (1, 1)


def test_what_nobody_heard_may_be_forgotten() -> None:
    """Each repeat is then decided and charged again, except for a check in progress."""
    memory = ledger(keep_unheard=False)
    for _ in range(2):
        assert memory.check(KNOWN, now=NOW) is EnterpriseStatus.MATCH
    assert charged(memory) == (2, 0)
    waiting = replace(KNOWN, ai="b" * 32)
    assert memory.check(waiting, now=NOW, in_progress=True) is EnterpriseStatus.IN_PROGRESS
    assert memory.check(waiting, now=NOW) is EnterpriseStatus.IN_PROGRESS
    assert memory.settle(waiting.ai, EnterpriseStatus.NO_RECORD, now=NOW)
    assert not memory.settle(waiting.ai, EnterpriseStatus.MATCH, now=NOW)
    assert memory.check(waiting, now=NOW) is EnterpriseStatus.NO_RECORD
    assert charged(memory) == (3, 2)


def test_generated_organizations_are_the_same_each_time() -> None:
    """All authorities and categories, no duplicate codes, no real region."""
    made = organization.generate()
    assert made == organization.generate()
    assert made != organization.generate(seed=1)
    assert len({each.number for each in made}) == len(made)
    assert {each.kind for each in made} == {
        "ordinary",
        "brackets",
        "private_use",
        "renamed",
        "deregistered",
        "licence_revoked",
    }
    assert {each.status for each in made} == set(organization.STATUSES)
    people = {(one.registry_name, one.number) for one in population.generate()}
    represented = [(each.representative_name, each.representative_number) for each in made]
    assert set(represented) <= people
    assert len(set(represented)) == len(made)
    assert {each.number[:2] for each in made} >= {"11", "12", "13", "51", "52", "53", "91", "92", "93"}
    for each in made:
        organization.check_number(each.number)
        assert each.number[2:8] == "990000"
        normal = name.parse(each.name, limit=50)
        assert each.registry_name == (name.alternative_spelling(normal) or normal)


def test_no_repr_shows_an_organization() -> None:
    """Neither name nor code is in a repr."""
    assert repr(organization.generate()[0]) == "Organization(kind='ordinary', status='operating')"


def test_one_without_a_representative_matches_nobody() -> None:
    """Nor does an organisation that an older population file holds."""
    memory = ledger()
    other = organization.code("92", "MA000001")
    memory.add([organization.organization({"name": NAME, "number": other})])
    assert memory.check(replace(KNOWN, number=other), now=NOW) is EnterpriseStatus.MISMATCH


async def test_organizations_are_added_by_the_admin_port(registry: Running) -> None:
    """One or a list is added at once; a wrong one is refused with the whole list."""
    new = {"name": "虚构（新）公司", "number": credit_code(body="MA999999")}
    assert await registry.admin("POST", "/organizations", new) == (200, {"added": 1})
    assert await registry.admin("POST", "/organizations", {"organizations": [new]}) == (200, {"added": 1})
    wrongs: list[object] = [
        {"name": "虚构", "number": "1"},
        {"name": "", "number": new["number"]},
        {"name": "虚", "number": new["number"].lower()},
        {"name": "\n", "number": new["number"]},
        {"name": 1, "number": new["number"]},
        "x",
        {**new, "x": "y"},
        {**new, "status": "asleep"},
        {**new, "representative_name": REPRESENTATIVE.name},
        {**new, "representative_number": REPRESENTATIVE.document.number},
        {**new, "representative_name": REPRESENTATIVE.name, "representative_number": "1"},
        [new, {}],
    ]
    for wrong in wrongs:
        assert (await registry.admin("POST", "/organizations", wrong))[0] == 400
    status, _ = await registry.admin("POST", "/settle", {"ai": "a", "status": 3})
    assert status == 404


@pytest.mark.parametrize("entries", [None, 1, [1], [{"name": "虚构"}]])
def test_a_damaged_file_is_refused(tmp_path: Path, entries: object) -> None:
    """Malformed organisations prevent the start."""
    path = tmp_path / "population.json"
    path.write_text(json.dumps({"people": [], "organizations": entries}), encoding="utf-8")
    with pytest.raises(PopulationError):
        organization.load(path)


def test_codes_have_both_check_characters() -> None:
    """The generated codes pass idvault's rules."""
    made = organization.code("91", "MA000001")
    assert made == credit_code()
    assert document.credit_check_character(body=made[:17]) == made[17]
    assert Organization("虚构", made, "虚构").number == made
