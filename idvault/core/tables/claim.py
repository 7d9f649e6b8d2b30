"""The tables of claims."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    text,
)

from idvault.core.db.statement import Micros
from idvault.core.tables import ID, MINUTE, NAME, TOKEN, UUID, WORD, main


def _of_claim() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["account_token", "claim_id"], ["claims.account_token", "claims.claim_id"])


# claim_id: of whatever the request made.
requests = Table(
    "requests",
    main,
    Column("relying_party", NAME, primary_key=True),
    Column("request_id", UUID, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("account_token", TOKEN, nullable=False),
    Column("claim_id", ID, nullable=False),
    Column("made_at", Micros, nullable=False),
    Index(None, "made_at"),
)

# sanctions: how many of scope PERSON are stored as in force. withdrawals: how many withdrawals of a
# verification still name the person. marked: true if a notice of the registry may have marked the person,
# else null. joined_id: of a row that only leads from a former number to its person.
persons = Table(
    "persons",
    main,
    Column("relying_party", NAME, primary_key=True),
    Column("person_index", LargeBinary, primary_key=True),
    Column("index_version", Integer, nullable=False),
    Column("person_id", ID, nullable=False),
    Column("accounts", Integer, nullable=False),
    Column("sanctions", Integer, nullable=False),
    Column("withdrawals", Integer, nullable=False, server_default=text("0")),
    Column("marked", Boolean),
    Column("joined_id", ID),
    UniqueConstraint("relying_party", "person_id"),
    CheckConstraint("accounts >= 0", name="accounts"),
    Index(None, "index_version"),
    Index(
        "ix_persons_joined",
        "relying_party",
        "joined_id",
        postgresql_where=text("joined_id IS NOT NULL"),
        sqlite_where=text("joined_id IS NOT NULL"),
    ),
)

# The attempts of ended claims that stay charged; those of open claims are in `jobs`. pair: a hash under a key
# that is not stored.
attempts = Table(
    "attempts",
    main,
    Column("relying_party", NAME, primary_key=True),
    Column("limiter_key", LargeBinary, primary_key=True),
    Column("pair", LargeBinary, primary_key=True),
    Column("attempted_at", Micros, nullable=False),
    Index(None, "attempted_at"),
)

# The same for accounts that have a record.
account_attempts = Table(
    "account_attempts",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("pair", LargeBinary, primary_key=True),
    Column("attempted_at", Micros, nullable=False),
    Index(None, "attempted_at"),
)

# Of an organisation's open claim, and of one that matched and waits for its representative until due_at.
# digest: keyed, of the representative. The other columns are null while the claim is open. person_id: the
# organisation's. record_id: of the version in kept_records that waits with it.
representatives = Table(
    "representatives",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("claim_id", ID, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("person_id", ID),
    Column("record_id", ID),
    Column("organization_category", WORD),
    Column("due_at", Micros),
    _of_claim(),
    Index(None, "relying_party", "person_id"),
    Index(
        "ix_representatives_due",
        "due_at",
        postgresql_where=text("due_at IS NOT NULL"),
        sqlite_where=text("due_at IS NOT NULL"),
    ),
)

# Documents that a reviewer signed to have seen, without name and number. account_token: of a sign-up it is
# drawn, and its account may not exist. mark: of name and document, under a salt that is not stored. paper,
# confirm_paper: what the reviewers signed.
reviews = Table(
    "reviews",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("review_id", ID, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("sign_up", Boolean, nullable=False),
    Column("state", WORD, nullable=False),
    Column("mark", LargeBinary, nullable=False),
    Column("policy_version", String(64), nullable=False),
    Column("agreed_at", Micros, nullable=False),
    Column("invitation_code_hash", LargeBinary),
    Column("reviewer_id", ID, nullable=False),
    Column("reviewed_at", Micros, nullable=False),
    Column("paper", LargeBinary, nullable=False),
    Column("confirmed_by", ID),
    Column("confirmed_at", Micros),
    Column("confirm_paper", LargeBinary),
    Index(None, "relying_party", "review_id"),
    Index(None, "relying_party", "reviewed_at", "review_id"),
    Index(None, "relying_party", "reviewer_id", "reviewed_at"),
    Index(None, "relying_party", "confirmed_by", "confirmed_at"),
    Index(None, "reviewed_at"),
)

# withdrawn_at: when a success was withdrawn.
claims = Table(
    "claims",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("claim_id", ID, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("request_id", UUID, nullable=False),
    Column("subject_kind", WORD, nullable=False),
    Column("state", WORD, nullable=False),
    Column("failure_reason", WORD),
    Column("policy_version", String(64), nullable=False),
    Column("agree_time", Micros, nullable=False),
    Column("person_id", ID, nullable=False),
    Column("opened_at", Micros, nullable=False),
    Column("ended_at", Micros),
    Column("withdrawn_at", Micros),
    ForeignKeyConstraint(["account_token"], ["accounts.account_token"]),
    Index(None, "state", "opened_at"),
)

# ais: the id of each spelling's check, separated by a space. lease_id and leased_until are null while the job
# is not leased. limiter_key and pair: the attempt, cleared when the job is DONE; limiter_key is also null if
# no person is charged. withheld: no check is sent. lane and due_at: its place in the queue
# (claim.job.store).
jobs = Table(
    "jobs",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("claim_id", ID, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("opened_at", Micros, nullable=False),
    Column("state", WORD, nullable=False),
    Column("check_index", SmallInteger, nullable=False),
    Column("sent_at", Micros),
    Column("next_at", Micros, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("missing", Integer, nullable=False),
    Column("resends", Integer, nullable=False),
    Column("lease_id", ID),
    Column("leased_until", Micros),
    Column("limiter_key", LargeBinary),
    Column("lane", SmallInteger, nullable=False),
    Column("due_at", Micros),
    Column("ais", String(80), nullable=False),
    Column("pair", LargeBinary),
    Column("withheld", Boolean, nullable=False),
    _of_claim(),
    Index(
        "ix_jobs_attempts",
        "relying_party",
        "limiter_key",
        postgresql_where=text("limiter_key IS NOT NULL"),
        sqlite_where=text("limiter_key IS NOT NULL"),
    ),
    Index(
        "ix_jobs_queue",
        "lane",
        "relying_party",
        "due_at",
        "opened_at",
        postgresql_where=text("state <> 'DONE'"),
        sqlite_where=text("state <> 'DONE'"),
    ),
)

intakes = Table(
    "intakes",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("claim_id", ID, primary_key=True),
    Column("day", MINUTE, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    _of_claim(),
    Index(None, "day"),
)

# What the receipt of a successful claim names: the claim's log entry and its record.
receipts = Table(
    "receipts",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("claim_id", ID, primary_key=True),
    Column("entry_id", ID, nullable=False),
    Column("record_digest", LargeBinary, nullable=False),
    Column("quorum_id", String(64), nullable=False),
)
