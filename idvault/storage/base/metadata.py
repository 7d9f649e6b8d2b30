"""The two databases' metadata, and the types that their columns share.

- account_token comes first in every primary key of account data; nothing references across tokens.
- Requests, persons and their mismatches belong to a relying party; the log and the house-keeping to nobody.
- No column holds a name or a number in clear.
"""

from sqlalchemy import MetaData, String

_CONVENTION = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
}
TOKEN = String(31)
ID = String(32)
WORD = String(32)
UUID = String(36)
NAME = String(128)
HASH = String(64)
MINUTE = String(16)

main = MetaData(naming_convention=_CONVENTION)
shred = MetaData(naming_convention=_CONVENTION)
