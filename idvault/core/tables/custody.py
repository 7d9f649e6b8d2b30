"""The tables of drills and hand-overs."""

from sqlalchemy import Column, LargeBinary, SmallInteger, String, Table

from idvault.core.db.statement import Micros
from idvault.core.tables import HASH, ID, main

# Kept apart from account records: a drill record belongs to no account and is never handed over. A new quorum
# gets a new one.
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

# One row per hand-over that its leaver has ended; quorum_id: of the roster version that named the successor.
ended_handovers = Table(
    "ended_handovers",
    main,
    Column("quorum_id", HASH, primary_key=True),
    Column("actor_id", ID, primary_key=True),
    Column("ended_at", Micros, nullable=False),
)

# One row per present quorum id created by a hand-over. share_quorum_ids: for each place 32 bytes, the id of
# the roster quorum whose custodian at that place holds the share.
handed_quorums = Table(
    "handed_quorums",
    main,
    Column("quorum_id", String(64), primary_key=True),
    Column("share_quorum_ids", LargeBinary, nullable=False),
)
