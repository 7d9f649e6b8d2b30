"""Promise 5: stolen databases, keys and members reveal nothing without M custodians."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.core.tables.disclosure import disclosure_decisions
from idvault.key.acts.version import ShredKeys
from idvault.sealing.key_set import HOLDINGS, Holder
from idvault_client.errors import PreconditionFailed
from idvault_people.opens.record import open_record
from idvault_people.opens.share import ShareError, open_share
from idvault_people.trust import FindingError
from idvault_verify.attest import hpke, record_key
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.error import Reason
from idvault_verify.record import SealedRecord
from tests.clients.people.test_disclosure import changed_request
from tools.support import people, traces
from tools.support.chamber import CUSTODIANS, SUITE, Chamber, Local, chamber, identity
from tools.support.databases import Databases

A, B, C = CUSTODIANS
NAMES = ("金丝雀甲", "金丝雀乙", "金丝雀丙")
TRIES = 20


@pytest_asyncio.fixture
async def room(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber over SQLite files."""
    async with chamber(sqlite_databases, tmp_path) as made:
        yield made


def _opens(key: bytes, record: SealedRecord, shred_value: bytes) -> bool:
    """Tell whether a 32-byte key works for a record: as its data key, or as a custodian's key."""
    info = record_key.info_of(record)
    derived = record_key.derive(data_key=key, shred_value=shred_value, salt=record.salt, info=info)
    if derived.commitment == record.commitment:
        return True
    for place, name in enumerate(CUSTODIANS, 1):
        thief = replace(identity(name), _hpke_private=key)
        try:
            open_share(identity=thief, record=record, index=place)
        except (UnsealError, ShareError):
            continue
        return True
    return False


def _values(folder: Path) -> Iterator[bytes]:
    """Yield the first 32 bytes of every value of every table of both databases."""
    for name in ("main", "shred"):
        with closing(sqlite3.connect(folder / f"{name}.sqlite3")) as connection:
            tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
            for (table,) in tables:
                for row in connection.execute(f"select * from {table}"):  # noqa: S608 - our own names
                    yield from (v[:32] for v in row if isinstance(v, bytes) and len(v) >= 32)


async def test_both_databases_and_every_online_key_give_no_name(room: Chamber) -> None:
    """No dump, write-ahead log or key file contains a name before, during or after an opening."""
    accounts = [await room.account(name=name) for name in NAMES]
    disclosure_id = await room.request(accounts[0])
    await room.approve(disclosure_id, A, B)
    opened = await room.open(disclosure_id)
    assert opened.payload.identity.name == NAMES[0]
    files = [path for path in room.folder.rglob("*") if path.is_file()]
    assert any(path.name.endswith("-wal") for path in files)
    values = [*NAMES, opened.payload.identity.document.number]
    assert not traces.search(files, values)
    keys = {key for purpose in HOLDINGS[Holder.CUSTODY] for key in room.keys.keys(purpose).versions.values()}
    stolen = keys | set(_values(room.folder))
    assert len(stolen) > len(keys) > 0
    for account in accounts:
        record = room.records[account]
        shred_key = await ShredKeys(room.shred).find(account_token=account, record_id=record.record_id)
        assert shred_key is not None
        assert shred_key in stolen
        value = record_key.shred_value(shred_key=shred_key, record_id=record.record_id)
        assert not any(_opens(key, record, value) for key in stolen)
        # The same attempt with the right keys succeeds, so the test is meaningful.
        assert _opens(people.secret(A, "hpke"), record, value)


@pytest.mark.parametrize("custodian", CUSTODIANS)
async def test_one_custodian_and_one_auditor_open_nothing(room: Chamber, custodian: str) -> None:
    """With their keys, codes, and copies of both databases, one share is not enough."""
    account = await room.account()
    record = room.records[account]
    place = CUSTODIANS.index(custodian) + 1
    share = open_share(identity=identity(custodian), record=record, index=place)
    shred_key = await ShredKeys(room.shred).find(account_token=account, record_id=record.record_id)
    assert shred_key is not None
    value = record_key.shred_value(shred_key=shred_key, record_id=record.record_id)
    with pytest.raises(UnsealError):
        open_record(record=record, shares={custodian: share}, shred_value=value)
    disclosure_id = await room.request(account)
    await room.approve(disclosure_id, custodian)
    with pytest.raises(PreconditionFailed) as refused:
        await room.open(disclosure_id)
    assert refused.value.reason == Reason.ILLEGAL_TRANSITION


async def test_a_share_given_twice_is_one_share(room: Chamber) -> None:
    """Under another custodian's name it does not match that place."""
    record = room.records[await room.account()]
    share = open_share(identity=identity(A), record=record, index=1)
    with pytest.raises(UnsealError):
        open_record(record=record, shares={A: share, B: share}, shred_value=bytes(32))


async def test_m_custodians_without_the_shred_key_open_nothing(room: Chamber) -> None:
    """After an account's shred key is destroyed nobody can open its record."""
    record = room.records[await room.account()]
    shares = {
        name: open_share(identity=identity(name), record=record, index=place)
        for place, name in enumerate(CUSTODIANS, 1)
    }
    with pytest.raises(UnsealError):
        open_record(record=record, shares=shares, shred_value=bytes(32))


async def test_a_server_with_its_own_auditor_gets_no_share(room: Chamber) -> None:
    """In twenty attempts no share is re-sealed or even opened."""
    await room.request(await room.account())
    ways: list[dict[str, Any]] = [
        {"public_key": hpke.public_key(suite=SUITE, private_key=bytes([7]) * 32)},
        {"auditor": "mallory"},
        {"auditor": B, "signer": B},
        {"openings": 3, "signer": "auditor-a"},
    ]
    for number in range(TRIES):
        name = CUSTODIANS[number % 3]
        edge = Local(room, name)
        edge.tamper = changed_request(**ways[number % len(ways)])
        custodian = room.custodian(name, edge=edge)
        (pending,) = await asyncio.to_thread(custodian.pending)
        with pytest.raises(FindingError):
            await asyncio.to_thread(custodian.approve, pending, code=room.codes.code())
        asked = {method for method, _ in edge.calls}
        assert asked <= {
            "CustodianService/ListPendingDisclosures",
            "CustodianService/ReportFinding",
            "TransparencyService/GetConsistencyProof",
        }
    assert await room.world.all(select(disclosure_decisions)) == []
