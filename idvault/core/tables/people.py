"""The tables of the roster and its second factors."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    UniqueConstraint,
)

from idvault.core.db.statement import Micros
from idvault.core.tables import HASH, ID, NAME, UUID, main

# One row: the version in force. Earlier ones are in roster_versions and in the log.
roster = Table(
    "roster",
    main,
    Column("singleton", SmallInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("digest", HASH, nullable=False),
    Column("adopted_at", Micros, nullable=False),
)

roster_versions = Table(
    "roster_versions",
    main,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", HASH, nullable=False),
    Column("file", LargeBinary, nullable=False),
    Column("adopted_at", Micros, nullable=False),
    UniqueConstraint("digest"),
)

roster_proposals = Table(
    "roster_proposals",
    main,
    Column("digest", HASH, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("file", LargeBinary, nullable=False),
    Column("proposed_at", Micros, nullable=False),
    Index(None, "version"),
)

roster_signatures = Table(
    "roster_signatures",
    main,
    Column("digest", HASH, primary_key=True),
    Column("name", NAME, primary_key=True),
    Column("signature", LargeBinary, nullable=False),
    Column("signed_at", Micros, nullable=False),
    ForeignKeyConstraint(["digest"], ["roster_proposals.digest"]),
)

# answer: what a repeat receives; empty if the answer is read from the current state.
person_requests = Table(
    "person_requests",
    main,
    Column("actor_id", ID, primary_key=True),
    Column("request_id", UUID, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("made_at", Micros, nullable=False),
    Index(None, "made_at"),
)

# Both secrets are encrypted with the custody edge's key.
second_factors = Table(
    "second_factors",
    main,
    Column("actor_id", ID, primary_key=True),
    Column("active", LargeBinary),
    Column("pending", LargeBinary),
    Column("last_step", BigInteger),
    Column("tries", Integer, nullable=False),
    Column("locks", Integer, nullable=False),
    Column("locked_until", Micros),
)
