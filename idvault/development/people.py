"""The roster members of a development vault: their identities, and the first roster, fully signed."""

import os
from pathlib import Path

from idvault import durable_file
from idvault.attest import certificate, roster, roster_signature
from idvault.attest.quorum import Quorum
from idvault.attest.roster import Roster
from idvault.attest.roster_member import RosterMember
from idvault.custody import identity
from idvault.custody.identity import PersonalIdentity
from idvault.development.layout import CUSTODIANS, PASSPHRASE, PEOPLE, ROLES, THRESHOLD, Layout

QUORUM = "development"
_ORGANISATIONS = {
    "auditor": "development supervision office",
    "custodian": "development custody office",
    "operator": "development operations",
}


def prepare(layout: Layout) -> str:
    """Create what is missing, and return the id of the quorum; the certificates must exist.

    An existing roster is not changed, because the service has adopted it. Raises RosterError if it is
    damaged.
    """
    if not layout.roster.exists():
        made = _first_roster(layout)
        durable_file.replace(layout.roster, made.to_bytes())
    found = roster.parse(layout.roster.read_bytes())
    if found.version == 1:
        roster_signature.verify(found, previous=None)
    return found.quorum(QUORUM).id


def _first_roster(layout: Layout) -> Roster:
    identities = {name: _identity(layout.people / name, name) for name in PEOPLE}
    people = {name: _member(layout, own) for name, own in identities.items()}
    quorum = Quorum(QUORUM, THRESHOLD, tuple(people[name] for name in CUSTODIANS))
    made = Roster(version=1, development=True, people=tuple(people.values()), quorums=(quorum,))
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
        organisation=_ORGANISATIONS[ROLES[name]],
        passphrase=PASSPHRASE,
        random=os.urandom,
    )


def _member(layout: Layout, own: PersonalIdentity) -> RosterMember:
    return own.member(spki=certificate.read(layout.certificate(own.name).read_bytes()).spki)
