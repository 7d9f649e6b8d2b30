"""What a disclosure leaves in the databases and in people's folders, read by the reference alone."""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest_asyncio

from tools.support import builders, people
from tools.support.chamber import CUSTODIANS, Chamber, chamber
from tools.support.databases import Databases
from tools.support.log_world import KEY
from tools.support.reference import hpke, key_file, note, paper, payload, record, stored, tree
from tools.support.reference.encoding import encode, from_base64url, unpack
from tools.support.reference.paper import Request
from tools.support.reference.record import Record

A, B, C = CUSTODIANS
AUDITOR = "auditor-a"
COLUMNS = (
    "relying_party, account_token, record_id, sealing_quorum_id, suite, salt, commitment, ciphertext, "
    "share_hashes, shares"
)


@pytest_asyncio.fixture
async def room(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber over SQLite files."""
    async with chamber(sqlite_databases, tmp_path) as made:
        yield made


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """Read a database from its file."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        return connection.execute(query).fetchall()


def stored_record(databases: Databases) -> Record:
    ((*fields, hashes, shares),) = rows(databases.main_url, f"select {COLUMNS} from records")  # noqa: S608
    names = ("relying_party", "account_token", "record_id", "quorum_id", "suite", "salt", "commitment")
    given = dict(zip((*names, "ciphertext"), fields, strict=True))
    return Record(**given, share_hashes=tuple(unpack(hashes)), shares=tuple(unpack(shares)))


def one_time_key(folder: Path) -> tuple[Request, bytes, bytes]:
    """Return an auditor's request, as signed, and its one-time private key from the auditor's folder."""
    (path,) = (folder / AUDITOR / "disclosures").iterdir()
    kept = json.loads(path.read_bytes())
    signed = from_base64url(kept["signed_request"])
    request = paper.read_request(signed, people.roster_member(AUDITOR).ed25519)
    info = encode("idvault/one-time-key/v1", request.disclosure_id)
    sealed = from_base64url(kept["sealed_key"])
    return request, signed, hpke.unseal(kept["key_suite"], people.secret(AUDITOR, "hpke"), sealed, info)


async def test_released_shares_open_the_record(room: Chamber, sqlite_databases: Databases) -> None:
    """Databases, the auditor's folder and keys give the record; each approval names its share."""
    await room.approve(await room.request(await room.account()), A, C)
    request, signed, private = one_time_key(room.folder)
    found = stored_record(sqlite_databases)
    shares = []
    query = "select custodian, place, signed, resealed from disclosure_decisions"
    for custodian, place, approval, resealed in rows(sqlite_databases.main_url, query):
        expected = paper.approval_content(
            signed_request=signed, custodian=custodian, place=place, resealed=resealed
        )
        assert paper.content(approval, people.roster_member(custodian).ed25519) == expected
        info = paper.reseal_info(signed, custodian, place)
        share = hpke.unseal(request.suite, private, resealed, info)
        assert sha256(share).digest() == found.share_hashes[place - 1]
        shares.append(share)
    ((shred_key,),) = rows(sqlite_databases.shred_url, "select shred_key from record_keys")
    value = record.shred_value(shred_key, found.record_id)
    opened = payload.decode(record.open_record(found, shares=shares, shred_value=value))
    assert (opened.name, opened.number, opened.outcome) == (builders.NAME, builders.NUMBER, "MATCH")


async def test_a_request_at_rest_opens_with_the_custody_key_file(
    room: Chamber, sqlite_databases: Databases
) -> None:
    """The key file gives the case-text key, which gives the signed request of the row."""
    disclosure_id = await room.request(await room.account())
    content = key_file.unlock(
        (room.folder / "custody.keys").read_bytes(), passphrase=b"words", purpose=key_file.SERVICE
    )
    query = "select key_version, text, digest from disclosures"
    ((version, text, digest),) = rows(sqlite_databases.main_url, query)
    key = key_file.service(content)["case-text"][1][version]
    signed = stored.open_case_text(key, disclosure_id, text)
    assert sha256(signed).digest() == digest
    assert paper.read_request(signed, people.roster_member(AUDITOR).ed25519).disclosure_id == disclosure_id


async def test_every_entry_of_a_disclosure_opens_with_its_key(
    room: Chamber, sqlite_databases: Databases
) -> None:
    """Entries from the request to the opening commit to what the page lists, and the tree holds them."""
    disclosure_id = await room.request(await room.account())
    signed = one_time_key(room.folder)[1]
    await room.approve(disclosure_id, A, B)
    await room.open(disclosure_id)
    await room.step()
    digest, token = stored_record(sqlite_databases).digest(), stored_record(sqlite_databases).account_token
    query = (
        "select leaf, opening_key, log_index from log_entries join log_openings using (entry_id) "
        "where account_token <> '' order by log_index"
    )
    entries = rows(sqlite_databases.main_url, query)
    auditor = people.roster_member(AUDITOR).actor_id
    fields = {
        "disclosure:request:file": (signed, digest),
        "disclosure:record:disclose": (disclosure_id, digest, auditor, "第一条 (synthetic)"),
        "disclosure:record:open": (disclosure_id, digest),
    }
    seen = []
    for leaf, opening_key, _ in entries:
        kind = tree.read_leaf(leaf).type
        seen.append(kind)
        if kind in fields:
            tree.check_commitment(
                leaf, opening_key=opening_key, account_token=token, type=kind, fields=fields[kind]
            )
    assert fields.keys() <= set(seen)
    assert seen.count("disclosure:request:approve") == seen.count("disclosure:share:release") == 2
    leaves = [
        leaf for (leaf,) in rows(sqlite_databases.main_url, "select leaf from log_entries order by log_index")
    ]
    ((kept,),) = rows(sqlite_databases.shred_url, "select note from log_checkpoints where name = 'newest'")
    at = note.read(kept, log=note.parse_key(str(KEY)))
    assert tree.root([tree.leaf_hash(leaf) for leaf in leaves[: at.size]]) == at.root
