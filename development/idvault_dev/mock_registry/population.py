"""The mock registry's synthetic people: generated from a seed and stored in a file that says so.

- No number belongs to a real person: region codes ending in 0000 mean whole provinces and are not issued.
- Most are ordinary; some have the separator of minority names, some a character beyond the BMP, some are
  stored by the registry under a private-use spelling, and one was renamed.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from idvault_verify import document, durable_file
from idvault_verify import name as names
from idvault_verify.document import DocumentType
from idvault_verify.error import InvalidError

NOTICE = (
    "Synthetic people and organisations, generated from a seed. None of them exists; no number was ever "
    "given to anybody."
)
SEED = 20140807
_SIZE = 200
_KINDS = ("minority",) * 8 + ("rare_character",) * 6 + ("private_use",) * 2 + ("renamed",)
_PROVINCES = ("11", "12", "31", "32", "33", "37", "44", "50", "51", "61", "65")
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜"
_GIVEN = "安宁和平清明文远思源若水星河云舒景行知秋怀瑾嘉言乐山子衿晚晴青禾"
_RARE = "𠮷𬭎𫖯𬱖𪟝𬀩"
_PRIVATE_USE = "䶮䮌"
_FIRST_PARTS = ("阿依古丽", "买买提", "迪丽拜尔", "艾合买提")
_LAST_PARTS = ("艾力", "吐尔逊", "卡德尔", "玉素甫")
_BASE_36 = "0123456789abcdefghijklmnopqrstuvwxyz"


class PopulationError(ValueError):
    """A population file or an added person is malformed; the text never repeats a value."""


@dataclass(frozen=True, slots=True)
class Resident:
    """One synthetic person.

    name: as the person writes it. registry_name: as the registry stores and compares it. former_name: a name
    that no longer matches, "" if there is none. kind: the special case that the person stands for.
    """

    name: str = field(repr=False)
    number: str = field(repr=False)
    registry_name: str = field(repr=False)
    former_name: str = field(default="", repr=False)
    kind: str = "ordinary"

    @property
    def pi(self) -> str:
        """Return the player id: the birth date as six base-26 digits, then 32 more characters."""
        rest = int.from_bytes(sha256(self.number.encode()).digest())
        digits = "".join(_BASE_36[rest // 36**i % 36] for i in range(32))
        return birth_code(int(self.number[6:14])) + digits


def birth_code(birth_date: int) -> str:
    """Return a birth date YYYYMMDD as six base-26 digits, 0-9 and a-p."""
    return "".join(_BASE_36[birth_date // 26**i % 26] for i in reversed(range(6)))


def person(entry: object) -> Resident:
    """Return the person described by a JSON object; raises PopulationError.

    name and number are required; the other fields have defaults.
    """
    if not isinstance(entry, dict) or not set(entry) <= set(Resident.__dataclass_fields__):
        raise PopulationError("a person must have only name, number, registry_name, former_name, kind")
    if not all(isinstance(value, str) for value in entry.values()) or not entry.get("name"):
        raise PopulationError("a person's fields must be text, and name is required")
    number = str(entry.get("number", ""))
    check_number(number)
    given = str(entry["name"])
    return Resident(
        name=given,
        number=number,
        registry_name=str(entry.get("registry_name") or given),
        former_name=str(entry.get("former_name", "")),
        kind=str(entry.get("kind", "added")),
    )


def check_number(number: str) -> None:
    """Raise PopulationError unless a number is that of a resident or of a 2023 foreign resident's card."""
    type = DocumentType.FOREIGN_PERMANENT_RESIDENT if number[:1] == "9" else DocumentType.RESIDENT_ID
    try:
        parsed = document.parse(type=type, number=number, today=datetime.now(UTC).date())
    except InvalidError:
        raise PopulationError("a number is not well formed") from None
    if parsed.number != number or not number[6:14].isdigit():
        raise PopulationError("a number is not in its normal form")


def generate(*, seed: int = SEED, size: int = _SIZE) -> list[Resident]:
    """Return the people of a seed; the special kinds come last."""
    random = Random(seed)  # noqa: S311 - the same people are wanted each time
    kinds = ["ordinary"] * max(0, size - len(_KINDS)) + list(_KINDS)
    return [_invent(random, kind, i) for i, kind in enumerate(kinds)]


def _invent(random: Random, kind: str, index: int) -> Resident:
    born = date.fromordinal(random.randrange(date(1950, 1, 1).toordinal(), date(2007, 1, 1).toordinal()))
    # The sequence number counts up, so no two people share an ID number.
    body = f"{random.choice(_PROVINCES)}0000{born:%Y%m%d}{(index + 1) % 1000:03}"
    number = body + document.resident_check_character(body=body)
    plain = random.choice(_SURNAMES) + "".join(random.sample(_GIVEN, random.choice((1, 2, 2))))
    if kind == "minority":
        plain = f"{random.choice(_FIRST_PARTS)}·{random.choice(_LAST_PARTS)}"
    elif kind == "rare_character":
        plain = plain[0] + _RARE[index % len(_RARE)]
    elif kind == "private_use":
        plain = plain[0] + _PRIVATE_USE[index % len(_PRIVATE_USE)]
    kept = names.alternative_spelling(plain) or plain
    former = plain[0] + "旧" + plain[1:] if kind == "renamed" else ""
    return Resident(plain, number, kept, former, kind)


def load(path: Path) -> list[Resident]:
    """Return the people in a file; raises PopulationError."""
    return [person(entry) for entry in entries(path, "people")]


def entries(path: Path, kind: str) -> list[object]:
    """Return the entries of a kind in a file; raises PopulationError."""
    try:
        found = dict(json.loads(path.read_text(encoding="utf-8"))).get(kind)
    except (ValueError, TypeError):
        raise PopulationError("not a population file") from None
    if not isinstance(found, list):
        raise PopulationError("not a population file")
    return found


def save(path: Path, *, seed: int = SEED, **kinds: Iterable[Any]) -> None:
    """Write entries of each kind (dataclasses) atomically to a file that only its owner can read."""
    content = {"notice": NOTICE, "seed": seed, **{kind: [*map(asdict, kinds[kind])] for kind in kinds}}
    path.parent.mkdir(parents=True, exist_ok=True)
    durable_file.replace(path, json.dumps(content, ensure_ascii=False, indent=1).encode())


def keep(path: Path, kind: str, entries: list[dict[str, object]]) -> None:
    """Write the entries of a kind into a file beside its others; raises PopulationError."""
    try:
        content = dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise PopulationError("not a population file") from None
    durable_file.replace(path, json.dumps(content | {kind: entries}, ensure_ascii=False, indent=1).encode())


def kept(path: Path, kind: str) -> list[object]:
    """Return the entries of a kind that `keep` wrote, none before; raises PopulationError."""
    try:
        has_kind = kind in dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise PopulationError("not a population file") from None
    return entries(path, kind) if has_kind else []
