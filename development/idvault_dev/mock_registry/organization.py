"""The mock registry's synthetic organisations, generated from a seed like its people.

- No code belongs to a real organisation: 990000 is not the region of any registration authority.
- There are some of each authority and category, one with brackets in its name, one stored under a private-use
  spelling, one that was renamed, and one each that was deregistered and whose licence was revoked.
- The legal representative of each is one of the registry's synthetic people.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from random import Random

from idvault.registry.enterprise import NAME_LIMIT
from idvault_dev.mock_registry import population
from idvault_dev.mock_registry.population import SEED, PopulationError
from idvault_verify import document
from idvault_verify import name as names
from idvault_verify.document import DocumentType
from idvault_verify.error import InvalidError

_SPECIAL = ("brackets", "private_use", "renamed")
_REGION = "990000"
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_PLACES = ("虚构", "样例", "示例", "演示")
_STEMS = "晴岚云水松竹梅兰山河星月"
_FORMS = {
    "11": "市档案局",
    "12": "市图书馆",
    "13": "市读书联合会",
    "51": "棋类协会",
    "52": "职业培训学校",
    "53": "助学基金会",
    "91": "科技有限公司",
    "92": "面馆",
    "93": "果蔬专业合作社",
    "31": "律师事务所",
    "A1": "招待所",
    "N2": "村股份经济合作社",
    "Y1": "代表处",
}


OPERATING = "operating"
STATUSES = (OPERATING, "deregistered", "licence_revoked")
"""The operating status of an organisation."""


@dataclass(frozen=True, slots=True)
class Organization:
    """One synthetic organisation; it has the fields of a resident, and its legal representative.

    registry_name: as the registry stores and compares it, in normal form. representative_name: compared as it
    is; one without a representative never matches. status: one of STATUSES.
    """

    name: str = field(repr=False)
    number: str = field(repr=False)
    registry_name: str = field(repr=False)
    former_name: str = field(default="", repr=False)
    kind: str = "ordinary"
    representative_name: str = field(default="", repr=False)
    representative_number: str = field(default="", repr=False)
    status: str = OPERATING


def organization(entry: object) -> Organization:
    """Return the organisation described by a JSON object; raises PopulationError.

    name and number are required. registry_name, if the registry spells it differently, is stored unchanged.
    A representative has name and number, or neither.
    """
    if not isinstance(entry, dict) or not set(entry) <= set(Organization.__dataclass_fields__):
        raise PopulationError(
            "an organisation must be an object with name, number, and only fields of population.json"
        )
    if not all(isinstance(value, str) for value in entry.values()) or not entry.get("name"):
        raise PopulationError("an organisation's fields must be text, and name is required")
    number, given = str(entry.get("number", "")), str(entry["name"])
    check_number(number)
    kept = str(entry.get("registry_name") or _normal(given))
    former, kind = str(entry.get("former_name", "")), str(entry.get("kind", "added"))
    status = str(entry.get("status", OPERATING))
    if status not in STATUSES:
        raise PopulationError("the status of an organisation is one of " + ", ".join(STATUSES))
    return Organization(given, number, kept, former, kind, *_representative(entry), status)


def _representative(entry: Mapping[str, object]) -> tuple[str, str]:
    name, number = (str(entry.get(f"representative_{key}", "")) for key in ("name", "number"))
    if name or number:
        population.check_number(number)
        if not name:
            raise PopulationError("a representative has a name")
    return name, number


def check_number(number: str) -> None:
    """Raise PopulationError unless a number is a unified social credit code in its normal form."""
    # A code contains no date, so the day does not matter.
    try:
        parsed = document.parse(type=DocumentType.UNIFIED_SOCIAL_CREDIT_CODE, number=number, today=date.min)
    except InvalidError:
        raise PopulationError("a credit code is not well formed") from None
    if parsed.number != number:
        raise PopulationError("a credit code is not in its normal form")


def code(pair: str, body: str) -> str:
    """Return the credit code of an authority and category (2 characters) and an organisation body (8)."""
    head = pair + _REGION + body + document.organisation_check_character(body=body)
    return head + document.credit_check_character(body=head)


def generate(*, seed: int = SEED, each: int = 3) -> list[Organization]:
    """Return the organisations of a seed: some of each pair, then the special kinds."""
    random = Random(seed)  # noqa: S311 - the same organisations are wanted each time
    made = [_invent(random, pair, "ordinary") for _ in range(each) for pair in _FORMS]
    made += [_invent(random, "91", kind) for kind in (*_SPECIAL, *STATUSES[1:])]
    people = [one for one in population.generate(seed=seed) if one.kind == "ordinary"]
    return [
        replace(one, representative_name=person.registry_name, representative_number=person.number)
        for one, person in zip(made, people, strict=False)
    ]


def _invent(random: Random, pair: str, kind: str) -> Organization:
    stem = "".join(random.sample(_STEMS, 3))
    name = f"{random.choice(_PLACES)}{stem}{_FORMS[pair]}"
    if kind == "brackets":
        name = f"{stem}（虚构）{_FORMS[pair]}"
    elif kind == "private_use":
        name = f"䶮{stem}{_FORMS[pair]}"
    number = code(pair, "".join(random.choices(_ALPHABET, k=8)))
    kept = names.alternative_spelling(_normal(name)) or _normal(name)
    status = kind if kind in STATUSES else OPERATING
    return Organization(name, number, kept, f"旧{name}" if kind == "renamed" else "", kind, status=status)


def _normal(name: str) -> str:
    try:
        return names.parse(name, limit=NAME_LIMIT)
    except InvalidError:
        raise PopulationError("a name is not well formed") from None


def load(path: Path) -> list[Organization]:
    """Return the organisations in a population file; raises PopulationError."""
    return [organization(entry) for entry in population.entries(path, "organizations")]


def by_number(organizations: Iterable[Organization]) -> dict[str, Organization]:
    """Return organisations by code; for a duplicate code the last one counts."""
    return {each.number: each for each in organizations}
