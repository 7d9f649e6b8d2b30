"""The roster members of a development vault: their identities, and the first roster, fully signed."""

import os
from collections.abc import Mapping
from pathlib import Path

from idvault_dev.layout import (
    AUTHORITIES,
    COST,
    CUSTODIANS,
    PASSPHRASE,
    PEOPLE,
    ROLES,
    THRESHOLD,
    Layout,
)
from idvault_people.opens import identity
from idvault_people.opens.identity import PersonalIdentity
from idvault_verify import durable_file
from idvault_verify.attest import certificate
from idvault_verify.attest.people import roster, roster_signature
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.quorum import Quorum
from idvault_verify.attest.witness import WitnessPolicy
from idvault_verify.transparency.note import VerifierKey

QUORUM = "development"
_ORGANISATIONS = {
    "auditor": "示例监督机关 / Example Supervision",
    "operator": "示例运营方 / Example Operations",
    "authority": "示例主管部门 / Example Authority",
    **{name: f"示例保管机构{name[-1].upper()} / Example Custody {name[-1].upper()}" for name in CUSTODIANS},
}
"""By role; each custodian is of its own."""


def prepare(
    layout: Layout, *, witness: VerifierKey | None = None, authorities: tuple[str, ...] = AUTHORITIES
) -> str:
    """Create what is missing, and return the id of the quorum; the certificates must exist.

    witness: the one that must cosign the log, None for a vault without. authorities: those in the first
    roster; versions before orders read none. An existing roster is not changed.
    Raises RosterError if it is damaged.
    """
    if not layout.roster.exists():
        policy = None if witness is None else WitnessPolicy(1, ((witness.name, witness.public_key),))
        made = _first_roster(layout, policy, authorities)
        durable_file.replace(layout.roster, made.to_bytes())
    found = roster.parse(layout.roster.read_bytes())
    if found.version == 1:
        roster_signature.verify(found, previous=None)
    return found.quorum(QUORUM).id


def _first_roster(layout: Layout, policy: WitnessPolicy | None, authorities: tuple[str, ...]) -> Roster:
    names = [name for name in PEOPLE if name in authorities or name not in AUTHORITIES]
    identities = {name: _identity(layout.people / name, name) for name in names}
    people = {name: _member(layout, own) for name, own in identities.items()}
    quorum = Quorum(QUORUM, THRESHOLD, tuple(people[name] for name in CUSTODIANS))
    members = tuple(people.values())
    made = Roster(version=1, development=True, people=members, quorums=(quorum,), witness=policy)
    return _signed(made, identities)


def _signed(made: Roster, identities: Mapping[str, PersonalIdentity]) -> Roster:
    for name in CUSTODIANS:
        made = roster_signature.sign(made, name=name, signer=identities[name].sign)
    return made


def _identity(folder: Path, name: str) -> PersonalIdentity:
    if (folder / identity.KEYS).exists():
        return identity.load(folder, passphrase=PASSPHRASE)
    return identity.create(
        folder,
        name=name,
        role=ROLES[name],
        organisation=_ORGANISATIONS.get(name) or _ORGANISATIONS[ROLES[name]],
        passphrase=PASSPHRASE,
        random=os.urandom,
        cost=COST,
    )


def _member(layout: Layout, own: PersonalIdentity) -> RosterMember:
    return own.member(spki=certificate.read(layout.certificate(own.name).read_bytes()).spki)
