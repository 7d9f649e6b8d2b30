"""The table of hosted verification sessions."""

from sqlalchemy import Column, Index, LargeBinary, SmallInteger, String, Table, UniqueConstraint

from idvault.storage.base.metadata import ID, NAME, TOKEN, UUID, WORD, main
from idvault.storage.base.types import Micros

# A session belongs to a relying party: at a sign-up there is no account yet. Of secrets only hashes are kept.
# attempt_id: the id under which the request of the newest attempt is kept.
sessions = Table(
    "sessions",
    main,
    Column("session_id", ID, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("account_token", TOKEN),
    Column("purpose", WORD, nullable=False),
    Column("return_url", String(1_000), nullable=False),
    Column("locale", String(35), nullable=False),
    Column("policy_version", String(64), nullable=False),
    Column("policy_text", String(4_000), nullable=False),
    Column("link_hash", LargeBinary, nullable=False),
    Column("created_at", Micros, nullable=False),
    Column("invitation_code_hash", LargeBinary),
    Column("browser_hash", LargeBinary),
    Column("bind_hash", LargeBinary),
    Column("bound_at", Micros),
    Column("agreed_at", Micros),
    Column("attempts", SmallInteger, nullable=False),
    Column("attempt_id", UUID),
    UniqueConstraint("link_hash"),
    Index(None, "created_at"),
)
