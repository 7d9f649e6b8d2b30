"""The two databases' metadata, and the types that their columns share.

- account_token comes first in every primary key of account data; no row refers to another token's rows.
- Requests, persons and their attempts belong to a relying party; log and housekeeping rows belong to none.
- No column holds a name or an ID number in clear text.
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
