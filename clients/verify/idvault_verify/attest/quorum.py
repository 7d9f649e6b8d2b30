"""One quorum of a roster: its custodians and its threshold.

- The threshold M must be stated: a threshold that is missing, 0 or larger than N is refused.
- Outside development M >= 2 (no custodian opens alone) and N >= M + 1 (one lost key loses no records).
- All custodians of a quorum use the same HPKE suite, which is the suite of its records.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from idvault_verify import seal
from idvault_verify.attest import reading
from idvault_verify.attest.certificate import NAME
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.reading import RosterError
from idvault_verify.sharing import MOST_SHARES


@dataclass(frozen=True)
class Quorum:
    """A threshold and the custodians in order; a custodian's place is the x coordinate of its shares."""

    name: str
    threshold: int
    custodians: tuple[RosterMember, ...]

    @cached_property
    def id(self) -> str:
        """The quorum id, in hex (verify.seal.quorum_id)."""
        members = tuple(
            (roster_member.name, roster_member.hpke_public_key) for roster_member in self.custodians
        )
        return seal.quorum_id(threshold=self.threshold, members=members)

    @property
    def suite(self) -> str:
        """The HPKE suite of all its custodians."""
        return self.custodians[0].suite

    def to_json(self) -> dict[str, Any]:
        """Return the quorum as written in the roster file."""
        return {
            "name": self.name,
            "threshold": self.threshold,
            "custodians": [roster_member.name for roster_member in self.custodians],
        }


def parse(value: Any, where: str, *, people: Mapping[str, RosterMember], development: bool) -> Quorum:
    """Return the quorum; raises RosterError with the cause."""
    fields = reading.mapping(value, where)
    reading.exactly(fields, where, "name", "threshold", "custodians")
    name = reading.matching(
        fields["name"], f"{where}: name", NAME, "1 to 63 lower-case letters, digits and inner hyphens"
    )
    where = f"quorum {name}"
    threshold = reading.integer(fields["threshold"], f"{where}: threshold")
    custodians = _custodians(fields["custodians"], where, people)
    _check_threshold(threshold, len(custodians), where, development)
    if len({roster_member.suite for roster_member in custodians}) != 1:
        raise RosterError(f"{where}: its custodians use different HPKE suites")
    return Quorum(name, threshold, custodians)


def _custodians(value: Any, where: str, people: Mapping[str, RosterMember]) -> tuple[RosterMember, ...]:
    names = reading.items(value, f"{where}: custodians")
    found: list[RosterMember] = []
    for name in names:
        roster_member = people.get(reading.text(name, f"{where}: a custodian"))
        if roster_member is None:
            raise RosterError(f"{where}: {name!a} is not a member of the roster")
        if roster_member.role != "custodian":
            raise RosterError(f"{where}: {roster_member.name} is not a custodian")
        found.append(roster_member)
    reading.different([roster_member.name for roster_member in found], f"{where}: a custodian")
    return tuple(found)


def _check_threshold(threshold: int, count: int, where: str, development: bool) -> None:
    if count > MOST_SHARES:
        raise RosterError(f"{where}: more than {MOST_SHARES} custodians")
    if threshold == 0:
        raise RosterError(f"{where}: threshold must not be 0")
    if threshold > count:
        raise RosterError(f"{where}: threshold {threshold} is more than its {count} custodians")
    if not development and threshold < 2:
        raise RosterError(f"{where}: threshold must be 2 or more: no custodian may open alone")
    if not development and count < threshold + 1:
        raise RosterError(f"{where}: needs one custodian more than its threshold, in case a key is lost")
