"""The tables of drills: a record of nobody for each quorum, and who opened a share of it last when."""

from sqlalchemy import Column, LargeBinary, SmallInteger, String, Table

from idvault.storage.base.types import Micros
from idvault.storage.schema import main

_ID = String(32)
_HASH = String(64)

# Not among the records of accounts: nobody's account, and never handed over; a new quorum has its own.
drill_records = Table(
    "drill_records",
    main,
    Column("quorum_id", _HASH, primary_key=True),
    Column("account_token", String(31), nullable=False),
    Column("relying_party", String(128), nullable=False),
    Column("record_id", _ID, nullable=False),
    Column("format_version", SmallInteger, nullable=False),
    Column("suite", String(64), nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("commitment", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("share_hashes", LargeBinary, nullable=False),
    Column("shares", LargeBinary, nullable=False),
    Column("entry_id", _ID, nullable=False),
    Column("made_at", Micros, nullable=False),
)

drill_passes = Table(
    "drill_passes",
    main,
    Column("quorum_id", _HASH, primary_key=True),
    Column("actor_id", _ID, primary_key=True),
    Column("signed_at", Micros, nullable=False),
    Column("passed_at", Micros, nullable=False),
    Column("entry_id", _ID, nullable=False),
)
