"""Rosters: the reference verifies the product's chains, and the product the reference's."""

import json
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from idvault_verify.attest.people import roster as rosters
from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.attest.witness import WitnessPolicy
from tools.support import people
from tools.support.reference import roster
from tools.support.reference.encoding import RefusedError
from tools.support.reference.note import Key

FORMER = people.NAMES
LATER = ("custodian-d", "custodian-b", "custodian-c")


def chain() -> tuple[Roster, Roster]:
    """Return a first version, and a second one in which custodian-d has the place of custodian-a."""
    first = people.signed(people.roster(), *FORMER)
    second = replace(people.roster(version=2, names=LATER), signatures=())
    return first, people.signed(second, "custodian-b", "custodian-c")


def documents() -> list[dict[str, Any]]:
    return [json.loads(each.to_bytes()) for each in chain()]


def test_the_products_chain_verifies_in_the_reference() -> None:
    """Digests and quorum ids are the same."""
    versions = chain()
    found = roster.verify_chain([each.to_bytes() for each in versions])
    for theirs, ours in zip(found, versions, strict=True):
        assert theirs.digest == ours.digest()
        assert theirs.content == ours.canonical()
        assert [each.id for each in theirs.quorums()] == [each.id for each in ours.quorums]


@pytest.mark.parametrize(
    ("development", "threshold", "names", "holds"),
    [
        (False, 0, (), False),
        (True, 0, (), True),
        (False, 1, ("w1",), True),
        (False, 1, ("w1", "w2"), False),
        (False, 2, ("w1", "w2", "w3"), True),
        (False, 1, ("custodian-a",), False),
    ],
)
def test_both_demand_witnesses_of_the_version_in_force(
    development: bool, threshold: int, names: tuple[str, ...], holds: bool
) -> None:
    """More than half of the witnesses must cosign, and none is a member."""
    keys = tuple((name, people.signer(name).public_key().public_bytes_raw()) for name in names)
    made = replace(
        people.roster(development=development), witness=WitnessPolicy(threshold, keys) if names else None
    )
    theirs = roster.parse(made.to_bytes())
    with nullcontext() if holds else pytest.raises(RosterError):
        made.check_in_force()
    with nullcontext() if holds else pytest.raises(RefusedError):
        roster.check_in_force(theirs)


@pytest.mark.parametrize(
    ("name", "seed", "development", "holds"),
    [
        ("witness.example/w1", "w1", False, True),
        ("log.example.org/w1", "w1", False, True),
        ("log.example/w1", "w1", False, False),
        ("W1.LOG.example:7493", "w1", False, False),
        ("witness.example/w1", "log", False, False),
        ("log.example/w1", "log", True, True),
    ],
)
def test_both_refuse_the_vault_itself_as_witness(
    name: str, seed: str, development: bool, holds: bool
) -> None:
    """No witness has the log's key, or a name under the host of the log's name."""
    log = people.signer("log").public_key().public_bytes_raw()
    policy = WitnessPolicy(1, ((name, people.signer(seed).public_key().public_bytes_raw()),))
    made = replace(people.roster(development=development), witness=policy)
    with nullcontext() if holds else pytest.raises(RosterError):
        made.check_apart(origin="log.example/idvault", keys=(log,))
    with nullcontext() if holds else pytest.raises(RefusedError):
        roster.check_apart(roster.parse(made.to_bytes()), Key("log.example/idvault", 1, log))


def test_the_references_chain_verifies_in_the_product() -> None:
    """The product reads the reference's files, signed by the reference."""
    versions = []
    for document, names in zip(documents(), (FORMER, ("custodian-b", "custodian-c")), strict=True):
        made = roster.Roster(document | {"signatures": []})
        for name in names:
            made = roster.sign(made, name, people.secret(name, "ed25519"))
        versions.append(rosters.parse(roster.write(made)))
    assert roster_chain.verified(versions) == chain()


def _changed(place: int, change: Any) -> list[bytes]:
    made = documents()
    change(made[place])
    return [json.dumps(each).encode() for each in made]


def _resigned(place: int, names: tuple[str, ...], change: Any = lambda document: None) -> list[bytes]:
    made = documents()
    change(made[place])
    signed = roster.Roster(made[place] | {"signatures": []})
    for name in names:
        signed = roster.sign(signed, name, people.secret(name, "ed25519"))
    made[place] = signed.document
    return [json.dumps(each).encode() for each in made]


def _lower(document: dict[str, Any]) -> None:
    document["quorums"][0]["threshold"] = 1
    document["development"] = True


def _move(document: dict[str, Any]) -> None:
    document["quorums"][0]["custodians"] = ["custodian-b", "custodian-d", "custodian-c"]


@pytest.mark.parametrize(
    "files",
    [
        _changed(0, lambda each: each.update(version=2)),
        _changed(1, lambda each: each["people"][0].update(organisation="other")),
        _changed(1, lambda each: each["signatures"].pop()),
        _changed(1, lambda each: each.update(more=1)),
        _changed(0, lambda each: each["signatures"].pop()),
        _resigned(1, ("custodian-b",)),
        _resigned(1, ("custodian-b", "auditor-a")),
        _resigned(1, ("custodian-b", "custodian-d")),
        _resigned(1, ("custodian-b", "custodian-c"), _lower),
        _resigned(1, ("custodian-b", "custodian-c"), _move),
    ],
)
def test_both_refuse_the_same(files: list[bytes]) -> None:
    """A changed field, a missing or foreign signature, a lower threshold and a moved custodian."""
    with pytest.raises(RefusedError):
        roster.verify_chain(files)
    with pytest.raises(RosterError):
        roster_chain.verified(map(rosters.parse, files))
