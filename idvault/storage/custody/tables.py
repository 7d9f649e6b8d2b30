"""The tables of drills and hand-overs."""

from sqlalchemy import Column, LargeBinary, SmallInteger, String, Table

from idvault.storage.base.metadata import HASH, ID, main
from idvault.storage.base.types import Micros

# Not among the records of accounts: nobody's account, and never handed over; a new quorum has its own.
drill_records = Table(
    "drill_records",
    main,
    Column("quorum_id", HASH, primary_key=True),
    Column("account_token", String(31), nullable=False),
    Column("relying_party", String(128), nullable=False),
    Column("record_id", ID, nullable=False),
    Column("format_version", SmallInteger, nullable=False),
    Column("suite", String(64), nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("commitment", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("share_hashes", LargeBinary, nullable=False),
    Column("shares", LargeBinary, nullable=False),
    Column("entry_id", ID, nullable=False),
    Column("made_at", Micros, nullable=False),
)

drill_passes = Table(
    "drill_passes",
    main,
    Column("quorum_id", HASH, primary_key=True),
    Column("actor_id", ID, primary_key=True),
    Column("signed_at", Micros, nullable=False),
    Column("passed_at", Micros, nullable=False),
    Column("entry_id", ID, nullable=False),
)

# One row for each present quorum id that a hand-over has made. share_quorum_ids: 32 bytes for each place, the
# id of a quorum of the roster whose custodian of that place holds the share.
handed_quorums = Table(
    "handed_quorums",
    main,
    Column("quorum_id", String(64), primary_key=True),
    Column("share_quorum_ids", LargeBinary, nullable=False),
)
