"""The tables of the service keys that a database keeps or names: day keys, announced versions, shred keys."""

from sqlalchemy import Column, Integer, LargeBinary, String, Table

from idvault.core.db.statement import Micros
from idvault.core.tables import ID, MINUTE, TOKEN, WORD, main, shred

day_keys = Table(
    "day_keys",
    main,
    Column("day", MINUTE, primary_key=True),
    Column("suite", String(64), nullable=False),
    Column("public_key", LargeBinary, nullable=False),
)

# over_at: since when nothing that is stored needs the version.
key_versions = Table(
    "key_versions",
    main,
    Column("purpose", WORD, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("check_value", LargeBinary, nullable=False),
    Column("announced_at", Micros, nullable=False),
    Column("over_at", Micros),
)

# The key of one version of a record. PostgreSQL's rows of one account are in one part (key.store.rewriting).
record_keys = Table(
    "record_keys",
    shred,
    Column("account_token", TOKEN, primary_key=True),
    Column("record_id", ID, primary_key=True),
    Column("shred_key", LargeBinary, nullable=False),
)

# The key of every version of an account that has none of its own: those that were sealed before versions had
# keys, by a program of before.
shred_keys = Table(
    "shred_keys",
    shred,
    Column("account_token", TOKEN, primary_key=True),
    Column("shred_key", LargeBinary, nullable=False),
)
