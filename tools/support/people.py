"""Synthetic people and rosters; every key is a hash of a name."""

from functools import cache
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault_verify.attest import hpke
from idvault_verify.attest.passphrase import Cost
from idvault_verify.attest.people import roster_signature
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.quorum import Quorum
from idvault_verify.attest.witness import WitnessPolicy
from tools.support import merkle

WITNESS = merkle.witness("witness.example/w1", seed=2)
WITNESSED = WitnessPolicy(1, ((WITNESS.key.name, WITNESS.key.public_key),))
CHEAP = Cost(memory_kib=16, iterations=1, lanes=1)
NAMES = ("custodian-a", "custodian-b", "custodian-c")


def secret(name: str, use: str) -> bytes:
    """Return a 32-byte private key."""
    return sha256(f"{use} of {name}".encode()).digest()


@cache
def signer(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(secret(name, "ed25519"))


@cache
def roster_member(name: str, *, role: str = "custodian", suite: str = hpke.X_WING) -> RosterMember:
    return RosterMember(
        name=name,
        role=role,
        organisation="示例机构 (synthetic)",
        actor_id=secret(name, "actor")[:16].hex(),
        suite=suite,
        hpke_public_key=hpke.public_key(suite=suite, private_key=secret(name, "hpke")),
        ed25519=signer(name).public_key().public_bytes_raw(),
        spki=secret(name, "spki").hex(),
    )


def quorum(*, threshold: int = 2, names: tuple[str, ...] = NAMES, suite: str = hpke.X_WING) -> Quorum:
    """Return a quorum of synthetic custodians."""
    return Quorum("records", threshold, tuple(roster_member(name, suite=suite) for name in names))


def roster(
    *, version: int = 1, names: tuple[str, ...] = NAMES, threshold: int = 2, development: bool = False
) -> Roster:
    """Return an unsigned roster with one quorum, an auditor and an operator."""
    made = quorum(threshold=threshold, names=names)
    others = (roster_member("auditor-a", role="auditor"), roster_member("operator", role="operator"))
    return Roster(version, development, (*made.custodians, *others), (made,))


def signed(unsigned: Roster, *names: str) -> Roster:
    """Return the roster with the signatures of these members."""
    for name in names:
        unsigned = roster_signature.sign(unsigned, name=name, signer=signer(name).sign)
    return unsigned
