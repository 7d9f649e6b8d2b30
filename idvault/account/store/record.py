"""Rows of sealed records: one per account, the newest version only, its shares packed in one column."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import param, statement, upsert
from idvault.core.tables.account import records
from idvault.verify.record import SealedRecord

_LENGTH_SIZE = 4
_ID_DIGITS = 64


def from_row(row: Any) -> SealedRecord:
    """Return the record stored in a row of `records`."""
    return SealedRecord(
        account_token=row.account_token,
        relying_party=row.relying_party,
        record_id=row.record_id,
        format_version=row.format_version,
        sealing_quorum_id=row.sealing_quorum_id,
        present_quorum_id=row.present_quorum_id,
        suite=row.suite,
        salt=row.salt,
        commitment=row.commitment,
        ciphertext=row.ciphertext,
        share_hashes=unpack(row.share_hashes),
        shares=unpack(row.shares),
        share_quorum_ids=unpack_ids(row.share_quorum_ids),
    )


_FIND = statement(select(records).where(records.c.account_token == param("token")), from_row)
_NEW = upsert(records)
_PUT = statement(
    _NEW.on_conflict_do_update(
        index_elements=[records.c.account_token],
        set_={column.key: _NEW.excluded[column.key] for column in records.c if not column.primary_key},
    )
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlRecordStore:
    """Reads sealed records; only acts write them."""

    database: Database

    async def get(self, *, account_token: str) -> SealedRecord | None:
        """Return the newest record of an account, as it was sealed."""
        return await self.database.one("record.get", _FIND, token=account_token)


async def put(connection: Connection, record: SealedRecord) -> None:
    """Store a record, replacing the account's previous one."""
    await connection.later(
        _PUT,
        account_token=record.account_token,
        relying_party=record.relying_party,
        record_id=record.record_id,
        format_version=record.format_version,
        sealing_quorum_id=record.sealing_quorum_id,
        present_quorum_id=record.present_quorum_id,
        suite=record.suite,
        salt=record.salt,
        commitment=record.commitment,
        ciphertext=record.ciphertext,
        share_hashes=pack(record.share_hashes),
        shares=pack(record.shares),
        share_quorum_ids=pack_ids(record.share_quorum_ids),
    )


async def find(connection: Connection, account_token: str) -> SealedRecord | None:
    """Return the newest record of an account."""
    return await connection.one(_FIND, token=account_token)


def pack(parts: tuple[bytes, ...]) -> bytes:
    """Pack the parts into one value: for each, its 4-byte big-endian length and its bytes."""
    return b"".join(len(part).to_bytes(_LENGTH_SIZE, "big") + part for part in parts)


def pack_ids(quorum_ids: tuple[str, ...]) -> bytes | None:
    """Pack hex quorum ids into one value; None if there are none."""
    return bytes.fromhex("".join(quorum_ids)) or None


def unpack_ids(packed: bytes | None) -> tuple[str, ...]:
    """Unpack the hex ids."""
    digits = (packed or b"").hex()
    return tuple(digits[at : at + _ID_DIGITS] for at in range(0, len(digits), _ID_DIGITS))


def unpack(packed: bytes) -> tuple[bytes, ...]:
    """Unpack the parts; raises ValueError if a length exceeds the data."""
    parts, at = [], 0
    while at < len(packed):
        begin = at + _LENGTH_SIZE
        at = begin + int.from_bytes(packed[at:begin], "big")
        if at > len(packed):
            raise ValueError("packed parts are cut off")
        parts.append(packed[begin:at])
    return tuple(parts)
