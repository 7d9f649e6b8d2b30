"""The tables of the service keys that are kept in a database: day keys and shred keys."""

from sqlalchemy import Column, LargeBinary, String, Table

from idvault.storage.base.metadata import MINUTE, TOKEN, main, shred

day_keys = Table(
    "day_keys",
    main,
    Column("day", MINUTE, primary_key=True),
    Column("suite", String(64), nullable=False),
    Column("public_key", LargeBinary, nullable=False),
)

shred_keys = Table(
    "shred_keys",
    shred,
    Column("account_token", TOKEN, primary_key=True),
    Column("shred_key", LargeBinary, nullable=False),
)
