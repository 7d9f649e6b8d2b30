"""The tables of people: adopted rosters, proposals and their signatures, requests, second factors.

Nothing here is data of an account. What a roster row says counts only once its signatures were verified.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from idvault.storage.base.types import Micros
from idvault.storage.schema import main

_ID = String(32)
_UUID = String(36)
_NAME = String(128)
_HASH = String(64)

roster_versions = Table(
    "roster_versions",
    main,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", _HASH, nullable=False),
    Column("file", LargeBinary, nullable=False),
    Column("adopted_at", Micros, nullable=False),
    UniqueConstraint("digest"),
)

roster_proposals = Table(
    "roster_proposals",
    main,
    Column("digest", _HASH, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("file", LargeBinary, nullable=False),
    Column("proposed_at", Micros, nullable=False),
    Index(None, "version"),
)

roster_signatures = Table(
    "roster_signatures",
    main,
    Column("digest", _HASH, primary_key=True),
    Column("name", _NAME, primary_key=True),
    Column("signature", LargeBinary, nullable=False),
    Column("signed_at", Micros, nullable=False),
    ForeignKeyConstraint(["digest"], ["roster_proposals.digest"]),
)

# answer: what a repeat is given, empty where the state of things answers.
person_requests = Table(
    "person_requests",
    main,
    Column("actor_id", _ID, primary_key=True),
    Column("request_id", _UUID, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("made_at", Micros, nullable=False),
    Index(None, "made_at"),
)

# Both secrets are encrypted under the key of the custody edge.
second_factors = Table(
    "second_factors",
    main,
    Column("actor_id", _ID, primary_key=True),
    Column("active", LargeBinary),
    Column("pending", LargeBinary),
    Column("last_step", BigInteger),
    Column("tries", Integer, nullable=False),
    Column("locks", Integer, nullable=False),
    Column("locked_until", Micros),
)
