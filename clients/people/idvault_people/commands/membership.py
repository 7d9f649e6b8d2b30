"""What a member's keys and the roster say about each other: fingerprints to compare, and what does not fit.

The roster pins every key. A member whose keys differ from it is refused by the vault without a word, so
`init` and `connect` say it.
"""

import shlex
from collections.abc import Iterator
from pathlib import Path

from idvault_people.opens.identity import CERTIFICATE, PUBLIC, TLS_KEY
from idvault_people.opens.tls_key import REQUEST
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.quorum import Quorum

_PROPOSE = "idvault-people roster propose"


def fingerprints(member: RosterMember) -> Iterator[str]:
    """Yield a line for each key of a member, as `init` and `roster show` print them."""
    for name, text in member.fingerprints().items():
        yield f"{name:<12} {text or 'none yet'}"


def after_init(folder: Path, member: RosterMember) -> Iterator[str]:
    """Yield the next steps of a member whose keys were created."""
    own = shlex.quote(str(folder / PUBLIC))
    if not (folder / TLS_KEY).exists():
        yield f"next: put the private key of your TLS certificate into {folder / TLS_KEY} (mode 600)"
    if not (folder / CERTIFICATE).exists():
        asked = (
            f"have {folder / REQUEST} certified" if (folder / REQUEST).exists() else "get a TLS certificate"
        )
        yield f"next: {asked}, and put it into {folder / CERTIFICATE}"
    if member.spki:
        yield f"next: send {folder / PUBLIC} to the operator, who runs: {_PROPOSE} --person {own}"
    else:
        both = f"{folder / PUBLIC} and {folder / CERTIFICATE}"
        yield f"next: send {both} to the operator, who runs: {_PROPOSE} --person … --certificate …"
    yield "next: read the fingerprints to the custodians, who compare them with `idvault-people roster show`"
    command = f"idvault-people {member.role} --identity {folder} connect --help"
    yield f"next, once the roster is published: {command}"


def problems(roster: Roster, own: RosterMember) -> Iterator[str]:
    """Yield what keeps the vault from accepting a member under a version of the roster."""
    version = f"version {roster.version} of the roster"
    found = next((each for each in roster.people if each.name == own.name), None)
    if found is None:
        yield f"{own.name} is not in {version}: ask the operator to propose you"
        return
    if found.role != own.role:
        yield f"{own.name} is {_a(found.role)} in {version}, not {_a(own.role)}"
        return
    if (found.actor_id, found.ed25519, found.hpke_public_key) != (
        own.actor_id,
        own.ed25519,
        own.hpke_public_key,
    ):
        yield f"{version} has other keys for {own.name}: it must be proposed again with your {PUBLIC}"
    elif own.spki and found.spki != own.spki:
        yield f"{version} pins another TLS key for {own.name} than that of your {CERTIFICATE}"
    if own.role == "custodian" and not any(own.name in _names(quorum) for quorum in roster.quorums):
        yield f"{own.name} is in no quorum of {version}, and so holds no shares of new records"


def _names(quorum: Quorum) -> set[str]:
    return {custodian.name for custodian in quorum.custodians}


def _a(role: str) -> str:
    return f"an {role}" if role[0] in "aeiou" else f"a {role}"
