"""The tables of accounts, their sealed records and their change feed."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    text,
)

from idvault.core.db.statement import Day, Micros
from idvault.core.tables import HASH, ID, NAME, TOKEN, WORD, main

# standing_until, later_standings: when the standing falls by itself, and what follows then
# (account.store.rows), so that reading a status needs no other row. erase_at: the same for a requested
# erasure.
accounts = Table(
    "accounts",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("subject_kind", WORD, nullable=False),
    Column("state", WORD, nullable=False),
    Column("standing", WORD, nullable=False),
    Column("assurance", WORD, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("verify_date", Day),
    Column("expire_date", Day),
    Column("person_id", ID),
    Column("open_claim_id", ID),
    Column("claim_ended_at", Micros),
    Column("organization_category", WORD),
    Column("standing_until", Micros),
    Column("later_standings", String(200)),
    Column("erase_at", Micros),
    Index(
        "ix_accounts_person",
        "person_id",
        postgresql_where=text("person_id IS NOT NULL"),
        sqlite_where=text("person_id IS NOT NULL"),
    ),
    Index(
        "ix_accounts_expiring",
        "state",
        "expire_date",
        postgresql_where=text("expire_date IS NOT NULL"),
        sqlite_where=text("expire_date IS NOT NULL"),
    ),
    Index(
        "ix_accounts_abandoned",
        "state",
        "claim_ended_at",
        postgresql_where=text("claim_ended_at IS NOT NULL"),
        sqlite_where=text("claim_ended_at IS NOT NULL"),
    ),
)

records = Table(
    "records",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("record_id", ID, nullable=False),
    Column("format_version", SmallInteger, nullable=False),
    Column("sealing_quorum_id", HASH, nullable=False),
    Column("present_quorum_id", HASH, nullable=False),
    Column("suite", String(64), nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("commitment", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("share_hashes", LargeBinary, nullable=False),
    Column("shares", LargeBinary, nullable=False),
    # The quorum of each share if a hand-over made them differ; null while all are at present_quorum_id.
    Column("share_quorum_ids", LargeBinary),
    ForeignKeyConstraint(["account_token"], ["accounts.account_token"]),
    Index(None, "present_quorum_id", "account_token"),
)

# One row per account, including removed ones. sequence: null until the last change is numbered. changes: how
# many changes there were. listed: how many of them the status lists include. publishes: true once the
# account has had a public account, whose changes are changes of this row, else null.
status_feed = Table(
    "status_feed",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("sequence", BigInteger),
    Column("changes", BigInteger, nullable=False),
    Column("listed", BigInteger, nullable=False),
    Column("publishes", Boolean),
    UniqueConstraint("relying_party", "sequence"),
    Index(
        "ix_status_feed_publishing",
        "relying_party",
        "sequence",
        postgresql_where=text("publishes IS NOT NULL"),
        sqlite_where=text("publishes IS NOT NULL"),
    ),
    Index(
        "ix_status_feed_unarranged",
        "relying_party",
        "account_token",
        postgresql_where=text("sequence IS NULL"),
        sqlite_where=text("sequence IS NULL"),
    ),
    Index(
        "ix_status_feed_unlisted",
        "account_token",
        postgresql_where=text("listed < changes"),
        sqlite_where=text("listed < changes"),
    ),
)

# A verification that was withdrawn: what the account was before. contest_id: of the contest or disavowal, see
# cause. person_id: whose it was, null once that is forgotten. forget_at: when the person is free of it, then
# when the person is forgotten. ended_at: when the account was verified again. reinstated_at: when an upheld
# appeal gave it its verification back; reinstate_proposed_by, reinstated_by: the two moderators who decided
# that.
withdrawals = Table(
    "withdrawals",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("withdrawal_id", ID, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("cause", WORD, nullable=False),
    Column("contest_id", ID, nullable=False),
    Column("person_id", ID),
    Column("withdrawn_at", Micros, nullable=False),
    Column("state", WORD, nullable=False),
    Column("assurance", WORD, nullable=False),
    Column("verify_date", Day),
    Column("expire_date", Day),
    Column("organization_category", WORD),
    Column("forget_at", Micros),
    Column("ended_at", Micros),
    Column("reinstated_at", Micros),
    Column("reinstate_proposed_by", ID),
    Column("reinstated_by", ID),
    ForeignKeyConstraint(["account_token"], ["accounts.account_token"]),
    Index(None, "relying_party", "withdrawal_id"),
    Index(
        "ix_withdrawals_person",
        "person_id",
        postgresql_where=text("person_id IS NOT NULL AND ended_at IS NULL"),
        sqlite_where=text("person_id IS NOT NULL AND ended_at IS NULL"),
    ),
    Index(
        "ix_withdrawals_whose",
        "person_id",
        postgresql_where=text("person_id IS NOT NULL"),
        sqlite_where=text("person_id IS NOT NULL"),
    ),
    Index(
        "ix_withdrawals_forget",
        "forget_at",
        postgresql_where=text("forget_at IS NOT NULL"),
        sqlite_where=text("forget_at IS NOT NULL"),
    ),
)

status_feed_heads = Table(
    "status_feed_heads",
    main,
    Column("relying_party", NAME, primary_key=True),
    Column("head", BigInteger, nullable=False),
)
