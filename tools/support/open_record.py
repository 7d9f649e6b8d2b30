"""Opens a sealed record of a development deployment with its custodians' identities; only for demo and tests.

It reads both databases as files and calls no service, so nothing is logged. This is what the demo shows: M
custodians' keys and both databases are enough to open a record. The product has no such command.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from idvault_people.disclosure.one_time_key import OneTimeKey
from idvault_people.opens import identity
from idvault_people.opens.identity import PersonalIdentity
from idvault_people.opens.record import open_record as open_sealed
from idvault_people.opens.reseal import open_resealed
from idvault_people.opens.share import ShareError, open_share
from idvault_verify.attest import record_key
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.payload import Payload
from idvault_verify.record import SealedRecord

_COLUMNS = (
    "account_token",
    "relying_party",
    "record_id",
    "format_version",
    "sealing_quorum_id",
    "present_quorum_id",
    "suite",
    "salt",
    "commitment",
    "ciphertext",
    "share_hashes",
    "shares",
)
_PACKED = ("share_hashes", "shares")


class NotOpenedError(Exception):
    """The record does not open with these keys."""


class NoRecordError(Exception):
    """There is no record to open."""


def open_record(
    ready: Mapping[str, Any], *, account_token: str, custodians: Sequence[str], passphrase: bytes
) -> Payload:
    """Return the content of an account's record; raises NotOpenedError, NoRecordError.

    ready: the content of the ready file. custodians: the names of the custodians whose shares are used.
    """
    record = read_record(ready, account_token=account_token)
    shred_key = read_shred_key(ready, record)
    order = list(ready["quorum"]["custodians"])
    try:
        shares = {
            name: open_share(
                identity=identity.load(Path(ready["identities"][name]), passphrase=passphrase),
                record=record,
                index=order.index(name) + 1,
            )
            for name in custodians
        }
        value = record_key.shred_value(shred_key=shred_key, record_id=record.record_id)
        return open_sealed(record=record, shares=shares, shred_value=value)
    except (UnsealError, ShareError) as error:
        raise NotOpenedError("the record does not open") from error


def open_released(ready: Mapping[str, Any], *, kept: OneTimeKey, auditor: PersonalIdentity) -> Payload:
    """Return the record of a disclosure, opened with both databases and the auditor's one-time key.

    Nothing is logged: this is what operator and auditor can do together once M shares are released.
    """
    terms = kept.terms
    record = read_record(ready, account_token=terms.account_token)
    shred_key = read_shred_key(ready, record)
    query = "select custodian, place, resealed from disclosure_decisions where disclosure_id = ?"
    shares = {
        custodian: open_resealed(
            resealed,
            signed_request=kept.signed_request,
            terms=terms,
            private_key=kept.private_key(auditor),
            custodian=custodian,
            index=place,
        )
        for custodian, place, resealed in _rows(ready["databases"]["main"], query, terms.disclosure_id)
    }
    value = record_key.shred_value(shred_key=shred_key, record_id=record.record_id)
    return open_sealed(record=record, shares=shares, shred_value=value)


def read_record(ready: Mapping[str, Any], *, account_token: str) -> SealedRecord:
    """Return the stored record of an account; raises NoRecordError if there is none."""
    query = f"select {', '.join(_COLUMNS)} from records where account_token = ?"  # noqa: S608 - constants
    row = _row(ready["databases"]["main"], query, account_token)
    return sealed_record(dict(zip(_COLUMNS, row, strict=True)))


def sealed_record(row: Mapping[str, Any]) -> SealedRecord:
    """Return the record in a row of the table, given by column names."""
    values = {name: row[name] for name in _COLUMNS}
    return SealedRecord(**values | {name: tuple(_unpacked(values[name])) for name in _PACKED})


def read_shred_key(ready: Mapping[str, Any], record: SealedRecord) -> bytes:
    """Return the shred key of a version; raises NoRecordError if there is none."""
    query = "select record_id, shred_key from record_keys where account_token = ?"
    keys: dict[str, bytes] = dict(_rows(ready["databases"]["shred"], query, record.account_token))
    if record.record_id not in keys:
        raise NoRecordError("there is no such key")
    return keys[record.record_id]


def _row(url: str, query: str, account_token: str) -> tuple[Any, ...]:
    rows = _rows(url, query, account_token)
    if not rows:
        raise NoRecordError("there is no such record")
    return rows[0]


def _rows(url: str, query: str, key: str) -> list[tuple[Any, ...]]:
    path = Path(url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(query, (key,)).fetchall()


def _unpacked(packed: bytes) -> Iterator[bytes]:
    """Yield the parts that storage packs into one column: each has a 4-byte length."""
    while packed:
        end = 4 + int.from_bytes(packed[:4], "big")
        yield packed[4:end]
        packed = packed[end:]
