"""A running vault's files, databases and answers, read by the reference alone (docs/formats.md)."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from idvault_client import Vault
from tests.support.house import House
from tools.support.reference import (
    key_file,
    log_folder,
    note,
    payload,
    proof_file,
    record,
    roster,
    status,
    tree,
)
from tools.support.reference.encoding import RefusedError, unpack
from tools.support.reference.record import Record
from tools.support.sandbox import Registry, verify, wait_for

AUDIENCE = "https://taxi.example"
PASSPHRASE = b"development"
COLUMNS = (
    "relying_party",
    "account_token",
    "record_id",
    "sealing_quorum_id",
    "suite",
    "salt",
    "commitment",
    "ciphertext",
    "share_hashes",
    "shares",
)


def stored(house: House, account_token: str) -> Record:
    """Return the record in the row of an account."""
    query = f"select {', '.join(COLUMNS)} from records where account_token = ?"  # noqa: S608 - constants
    (found,) = house.query(query, account_token)
    row: dict[str, Any] = dict(zip(COLUMNS, found, strict=True))
    row["quorum_id"] = row.pop("sealing_quorum_id")
    return Record(**row | {name: tuple(unpack(row[name])) for name in ("share_hashes", "shares")})


def keys(house: House, name: str) -> dict[str, Any]:
    """Return the private keys of a person from the identity folder."""
    document = (Path(house.ready["identities"][name]) / "keys.json").read_bytes()
    return key_file.person(key_file.unlock(document, passphrase=PASSPHRASE, purpose=key_file.PERSON))


def shred_value(house: House, found: Record) -> bytes:
    query = "select record_id, shred_key from record_keys where account_token = ?"
    keys = dict(house.query(query, found.account_token, database="shred"))
    return record.shred_value(keys[found.record_id], found.record_id)


def log_key(house: House) -> note.Key:
    return note.parse_key(house.ready["log"]["public_key"])


def test_two_custodians_open_a_record_without_idvault(house: House, vault: Vault, registry: Registry) -> None:
    """Row, shred key and two identity folders give name, number, outcome and consent; one folder does not."""
    person = registry.newcomer()
    found = stored(house, verify(vault, person).account_token)
    names = house.ready["quorum"]["custodians"]
    shares = [
        record.open_share(found, place=place, name=name, private=keys(house, name)["hpke"])
        for place, name in enumerate(names, start=1)
    ]
    for few in (shares[:2], shares[1:]):
        value = shred_value(house, found)
        opened = payload.decode(record.open_record(found, shares=few, shred_value=value))
        assert (opened.name, opened.number, opened.outcome) == (person.name, person.number, "MATCH")
        assert opened.policy_version == "terms-3"
    with pytest.raises(RefusedError):
        record.open_record(found, shares=shares[:1], shred_value=shred_value(house, found))


def test_the_settlement_in_the_log_commits_to_the_record(
    house: House, vault: Vault, registry: Registry
) -> None:
    """The row's digest is in the account's settlement entry, the receipt proves it, and the log verifies."""
    request_id = verify(vault, registry.newcomer()).request_id
    assert wait_for(lambda: bool((given := vault.get_verification(request_id).receipt) and given.covered))
    given = vault.get_verification(request_id).receipt
    assert given is not None
    found = stored(house, given.account_token)
    assert given.record_digest == found.digest()
    leaf = proof_file.check_receipt(given.to_json(), log=log_key(house))
    folder = Path(house.ready["public"])

    def published() -> bool:
        size = log_folder.verify(folder, log=log_key(house)).size
        return leaf in [tree.read_leaf(each) for each in log_folder.read_leaves(folder, size)]

    assert wait_for(published)


def test_the_roster_verifies_and_names_the_quorum(house: House) -> None:
    """The custodians signed the file in force, and its quorum is the one that records are sealed for."""
    path = Path(house.ready["roster"])
    (found,) = roster.verify_chain([path.read_bytes()])
    roster.check_in_force(found)
    assert house.ready["quorum"]["id"] in [each.id for each in found.quorums()]
    for name in house.ready["quorum"]["custodians"]:
        assert keys(house, name)["actor_id"] == found.member(name)["actor_id"]


def test_a_third_party_checks_statements(house: House, vault: Vault, registry: Registry) -> None:
    """Key set, status token, credential and list of a running vault."""
    account = verify(vault, registry.newcomer()).account_token
    jwks = (Path(house.ready["public"]) / "jwks.json").read_bytes()
    token = vault.issue_status_token(account, AUDIENCE).token
    credential = vault.issue_status_credential(account, AUDIENCE).token
    now = int(time.time())
    subject = status.check_token(token, jwks=jwks, audience=AUDIENCE, now=now)
    uri = status.verify(credential, jwks=jwks, typ=status.CREDENTIAL)["status"]["status_list"]["uri"]
    (number,) = re.findall(r"/status/(\d+)\.jwt$", uri)
    path = Path(house.ready["public"]) / "status" / f"{number}.jwt"

    def holds() -> bool:
        try:
            found = status.check_credential(
                credential, path.read_text("ascii"), jwks=jwks, audience=AUDIENCE, now=int(time.time())
            )
        except (RefusedError, FileNotFoundError):
            return False
        return found == subject

    assert wait_for(holds)
    assert json.loads(jwks)["keys"]
