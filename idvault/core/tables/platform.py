"""The tables of platforms."""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, String, Table

from idvault.core.db.statement import Micros
from idvault.core.tables import HASH, ID, NAME, WORD, main

# proofs: of people, which a platform accepts, in alphabetical order, separated by spaces; null for
# verify.session.ACCEPTED.
platforms = Table(
    "platforms",
    main,
    Column("name", NAME, primary_key=True),
    Column("role", WORD, nullable=False),
    Column("actor_id", ID, nullable=False),
    Column("proofs", String(100)),
)

platform_keys = Table(
    "platform_keys",
    main,
    Column("spki", HASH, primary_key=True),
    Column("name", NAME, nullable=False),
    Column("registered_at", Micros, nullable=False),
    Column("revoked_at", Micros),
    ForeignKeyConstraint(["name"], ["platforms.name"]),
)

# origins: where its sessions may send a browser, one a line. colour: #rrggbb, empty for none.
platform_pages = Table(
    "platform_pages",
    main,
    Column("name", NAME, primary_key=True),
    Column("title", String(60), nullable=False),
    Column("origins", String(10_010), nullable=False),
    Column("colour", String(7), nullable=False, server_default=""),
    ForeignKeyConstraint(["name"], ["platforms.name"]),
)

# month: YYYY-MM, in the operator's time zone. what: a method, an outcome, or what is stored (platform.usage).
platform_usage = Table(
    "platform_usage",
    main,
    Column("relying_party", NAME, primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("what", String(96), primary_key=True),
    Column("number", BigInteger, nullable=False),
)
