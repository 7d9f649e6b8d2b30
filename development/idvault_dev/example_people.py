"""Synthetic people and an organisation to try in `idvault dev`, whom the mocked registry then knows."""

import random
from dataclasses import dataclass
from datetime import date

from idvault_client.testing import (
    MockRegistry,
    SyntheticOrganization,
    SyntheticPerson,
    invent,
    invent_organization,
)
from idvault_verify import document

_CHILD_YEARS = 8
_random = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class ExamplePeople:
    """Who can be tried: child and parent together, the organisation with its representative."""

    adult: SyntheticPerson
    child: SyntheticPerson
    parent: SyntheticPerson
    organization: SyntheticOrganization


def make(registry: MockRegistry, *, today: date) -> ExamplePeople:
    """Return new ones, whom the registry knows; raises OSError."""
    made = ExamplePeople(invent(), invent_child(today), invent(), invent_organization())
    registry.add(made.adult, made.child, made.parent, made.organization.representative)
    registry.add_organizations(made.organization)
    return made


def invent_child(today: date) -> SyntheticPerson:
    """Return a new synthetic child of eight or nine years."""
    born = date(today.year - _CHILD_YEARS - 1, _random.randrange(1, 13), _random.randrange(1, 29))
    body = f"110000{born:%Y%m%d}{_random.randrange(1000):03}"
    return SyntheticPerson(invent().name, body + document.resident_check_character(body=body))
