"""The tables of sanctions and moderators."""

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
    text,
)

from idvault.core.db.statement import Day, Micros
from idvault.core.tables import ID, NAME, TOKEN, WORD, main

_SHORT, _LONG, _TEXT = String(64), String(200), String(500)

moderators = Table(
    "moderators",
    main,
    Column("relying_party", NAME, primary_key=True),
    Column("moderator_id", ID, primary_key=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("registered_at", Micros, nullable=False),
    Column("revoked_at", Micros),
    UniqueConstraint("relying_party", "public_key"),
)

# due_at: when the sanction lapses by itself; null if it does not. evidence: digests of 32 bytes each. paper,
# confirmation, ending: what the moderators signed. person_id: the owner, of scope PERSON only.
# public_account_id: the target, null if it is the account. narrowed_at: when it ceased to concern anything
# but a revoked account.
sanctions = Table(
    "sanctions",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("sanction_id", ID, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("degree", WORD, nullable=False),
    Column("measure", _SHORT, nullable=False),
    Column("state", WORD, nullable=False),
    Column("imposed_by", ID, nullable=False),
    Column("imposed_at", Micros, nullable=False),
    Column("started_at", Micros),
    Column("confirmed_by", ID),
    Column("end_at", Micros),
    Column("due_at", Micros),
    Column("ended_at", Micros),
    Column("ended_by", ID),
    Column("end_reason", _TEXT, nullable=False),
    Column("ground", WORD, nullable=False),
    Column("category", WORD, nullable=False),
    Column("rule_reference", _LONG, nullable=False),
    Column("case_reference", _LONG, nullable=False),
    Column("evidence", LargeBinary, nullable=False),
    Column("origin", WORD, nullable=False),
    Column("tip_off", _SHORT, nullable=False),
    Column("detection", WORD, nullable=False),
    Column("decision", WORD, nullable=False),
    Column("territory", _SHORT, nullable=False),
    Column("redress", _TEXT, nullable=False),
    Column("issuer_kind", WORD, nullable=False),
    Column("authority", _LONG),
    Column("order_reference", _LONG),
    Column("order_issued_on", Day),
    Column("order_digest", LargeBinary),
    Column("paper", LargeBinary, nullable=False),
    Column("confirmation", LargeBinary),
    Column("ending", LargeBinary),
    Column("scope", WORD, nullable=False),
    Column("person_id", ID),
    Column("operation_id", ID),
    Column("public_account_id", ID),
    Column("narrowed_at", Micros),
    ForeignKeyConstraint(["account_token"], ["accounts.account_token"]),
    Index(None, "relying_party", "sanction_id"),
    Index(None, "relying_party", "imposed_at", "sanction_id"),
    Index(None, "relying_party", "state", "imposed_at", "sanction_id"),
    Index(
        "ix_sanctions_due",
        "due_at",
        postgresql_where=text("due_at IS NOT NULL"),
        sqlite_where=text("due_at IS NOT NULL"),
    ),
    Index(
        "ix_sanctions_started",
        "started_at",
        postgresql_where=text("started_at IS NOT NULL"),
        sqlite_where=text("started_at IS NOT NULL"),
    ),
    Index(
        "ix_sanctions_order",
        "relying_party",
        "order_digest",
        "started_at",
        postgresql_where=text("order_digest IS NOT NULL"),
        sqlite_where=text("order_digest IS NOT NULL"),
    ),
    Index(
        "ix_sanctions_operation",
        "relying_party",
        "operation_id",
        "imposed_at",
        "sanction_id",
        postgresql_where=text("operation_id IS NOT NULL"),
        sqlite_where=text("operation_id IS NOT NULL"),
    ),
    Index(
        "ix_sanctions_person",
        "relying_party",
        "person_id",
        postgresql_where=text("person_id IS NOT NULL"),
        sqlite_where=text("person_id IS NOT NULL"),
    ),
)

# The accounts that follow a sanction of scope PERSON. delay: in microseconds, from a lift to the follower's
# end. due_at: when it ends; null if it has no end.
followers = Table(
    "followers",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("sanction_id", ID, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("degree", WORD, nullable=False),
    Column("end_at", Micros),
    Column("delay", BigInteger, nullable=False),
    Column("due_at", Micros),
    ForeignKeyConstraint(["account_token"], ["accounts.account_token"]),
    Index(None, "relying_party", "sanction_id"),
    Index(
        "ix_followers_due",
        "due_at",
        postgresql_where=text("due_at IS NOT NULL"),
        sqlite_where=text("due_at IS NOT NULL"),
    ),
)

# When an account was closed because it follows a sanction: filings of a past day are computed from it.
# end_at: as in `followers`; ended_at: when an act ended it.
follower_closings = Table(
    "follower_closings",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("sanction_id", ID, primary_key=True),
    Column("started_at", Micros, nullable=False),
    Column("end_at", Micros),
    Column("ended_at", Micros),
    ForeignKeyConstraint(["account_token"], ["accounts.account_token"]),
)

# Sanctions in force of a revoked account that two moderators must narrow. overdue_at: when it was logged
# that they had not. proposal_digest: of what the first one signed.
narrowings = Table(
    "narrowings",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("sanction_id", ID, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("began_at", Micros, nullable=False),
    Column("due_at", Micros, nullable=False),
    Column("overdue_at", Micros),
    Column("proposed_by", ID),
    Column("proposed_at", Micros),
    Column("proposal_digest", LargeBinary),
    Column("confirmed_by", ID),
    Column("narrowed_at", Micros),
    ForeignKeyConstraint(
        ["account_token", "sanction_id"], ["sanctions.account_token", "sanctions.sanction_id"]
    ),
    Index(None, "relying_party", "sanction_id"),
    Index(None, "relying_party", "began_at", "sanction_id"),
    Index(
        "ix_narrowings_open",
        "due_at",
        postgresql_where=text("narrowed_at IS NULL"),
        sqlite_where=text("narrowed_at IS NULL"),
    ),
)

# text: sealed, with the version of the key that wraps its data key; null once it is deleted at delete_at.
appeals = Table(
    "appeals",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("appeal_id", ID, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("sanction_id", ID, nullable=False),
    Column("state", WORD, nullable=False),
    Column("filed_at", Micros, nullable=False),
    Column("due_at", Micros, nullable=False),
    Column("overdue_at", Micros),
    Column("decided_at", Micros),
    Column("decided_by", ID),
    Column("reason", _TEXT, nullable=False),
    Column("paper", LargeBinary),
    Column("outside_body", _LONG, nullable=False),
    Column("outside_until", Micros),
    Column("key_version", WORD, nullable=False),
    Column("text", LargeBinary),
    Column("delete_at", Micros),
    Column("text_deleted_at", Micros),
    ForeignKeyConstraint(
        ["account_token", "sanction_id"], ["sanctions.account_token", "sanctions.sanction_id"]
    ),
    UniqueConstraint("account_token", "sanction_id"),
    Index(None, "relying_party", "appeal_id"),
    Index(None, "relying_party", "filed_at", "appeal_id"),
    Index(None, "relying_party", "state", "filed_at", "appeal_id"),
    Index(
        "ix_appeals_due",
        "overdue_at",
        "due_at",
        postgresql_where=text("state = 'FILED'"),
        sqlite_where=text("state = 'FILED'"),
    ),
    Index(
        "ix_appeals_delete",
        "delete_at",
        postgresql_where=text("delete_at IS NOT NULL"),
        sqlite_where=text("delete_at IS NOT NULL"),
    ),
)

# The ids of orders that authorities signed: each is given once, to whichever platform.
given_orders = Table(
    "given_orders",
    main,
    Column("order_id", ID, primary_key=True),
    Column("issuer", ID, nullable=False),
)

# carried_out_at: when the first sanction that carries the order out came into force. missed_at: when it was
# stored that the deadline had passed without one. issuer: the actor id of the authority that signed it; null,
# as all that follows, for an order on paper.
orders = Table(
    "authority_orders",
    main,
    Column("relying_party", NAME, primary_key=True),
    Column("order_id", ID, primary_key=True),
    Column("authority", _LONG, nullable=False),
    Column("reference", _LONG, nullable=False),
    Column("issued_on", Day, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("deadline", Micros, nullable=False),
    Column("recorded_at", Micros, nullable=False),
    Column("carried_out_at", Micros),
    Column("missed_at", Micros),
    Column("issuer", ID),
    Column("signed", LargeBinary),
    Column("target_kind", WORD),
    Column("target", _LONG),
    Column("measure", WORD),
    Column("acknowledged_at", Micros),
    Column("objected_at", Micros),
    Column("objection", _TEXT),
    Column("withdrawn_at", Micros),
    Column("withdrawal", LargeBinary),
    UniqueConstraint("relying_party", "digest"),
    Index(
        "ix_authority_orders_issued",
        "issuer",
        "order_id",
        postgresql_where=text("issuer IS NOT NULL"),
        sqlite_where=text("issuer IS NOT NULL"),
    ),
    Index(
        "ix_authority_orders_issuer",
        "issuer",
        "recorded_at",
        "order_id",
        postgresql_where=text("issuer IS NOT NULL"),
        sqlite_where=text("issuer IS NOT NULL"),
    ),
    Index(None, "relying_party", "recorded_at", "order_id"),
    Index(
        "ix_authority_orders_open",
        "deadline",
        postgresql_where=text("carried_out_at IS NULL"),
        sqlite_where=text("carried_out_at IS NULL"),
    ),
)

# content: the platform's own reference. The appeal, of which there is one at most, is in the same row; its
# text as in `appeals`.
content_measures = Table(
    "content_measures",
    main,
    Column("relying_party", NAME, primary_key=True),
    Column("measure_id", ID, primary_key=True),
    Column("content", _LONG, nullable=False),
    Column("kind", WORD, nullable=False),
    Column("state", WORD, nullable=False),
    Column("imposed_by", ID, nullable=False),
    Column("imposed_at", Micros, nullable=False),
    Column("ended_at", Micros),
    Column("ended_by", ID),
    Column("end_reason", _TEXT, nullable=False),
    Column("ground", WORD, nullable=False),
    Column("category", WORD, nullable=False),
    Column("rule_reference", _LONG, nullable=False),
    Column("case_reference", _LONG, nullable=False),
    Column("evidence", LargeBinary, nullable=False),
    Column("origin", WORD, nullable=False),
    Column("tip_off", _SHORT, nullable=False),
    Column("detection", WORD, nullable=False),
    Column("decision", WORD, nullable=False),
    Column("end_at", Micros),
    Column("territory", _SHORT, nullable=False),
    Column("redress", _TEXT, nullable=False),
    Column("issuer_kind", WORD, nullable=False),
    Column("authority", _LONG),
    Column("order_reference", _LONG),
    Column("order_issued_on", Day),
    Column("order_digest", LargeBinary),
    Column("paper", LargeBinary, nullable=False),
    Column("ending", LargeBinary),
    Column("appeal_state", WORD),
    Column("appeal_filed_at", Micros),
    Column("appeal_due_at", Micros),
    Column("appeal_overdue_at", Micros),
    Column("appeal_decided_at", Micros),
    Column("appeal_decided_by", ID),
    Column("appeal_reason", _TEXT),
    Column("appeal_paper", LargeBinary),
    Column("appeal_outside_body", _LONG),
    Column("appeal_outside_until", Micros),
    Column("appeal_delete_at", Micros),
    Column("appeal_text_deleted_at", Micros),
    Column("key_version", WORD),
    Column("text", LargeBinary),
    Index(None, "relying_party", "imposed_at", "measure_id"),
    Index(None, "relying_party", "content", "imposed_at", "measure_id"),
    Index(None, "relying_party", "appeal_state", "imposed_at", "measure_id"),
    Index(None, "imposed_at"),
    Index(
        "ix_content_measures_appealed",
        "relying_party",
        "appeal_filed_at",
        postgresql_where=text("appeal_filed_at IS NOT NULL"),
        sqlite_where=text("appeal_filed_at IS NOT NULL"),
    ),
    Index(
        "ix_content_measures_due",
        "appeal_due_at",
        postgresql_where=text("appeal_state = 'FILED'"),
        sqlite_where=text("appeal_state = 'FILED'"),
    ),
    Index(
        "ix_content_measures_delete",
        "appeal_delete_at",
        postgresql_where=text("appeal_delete_at IS NOT NULL"),
        sqlite_where=text("appeal_delete_at IS NOT NULL"),
    ),
)

operations = Table(
    "operations",
    main,
    Column("relying_party", NAME, primary_key=True),
    Column("operation_id", ID, primary_key=True),
    Column("title", _LONG, nullable=False),
    Column("opened_at", Micros, nullable=False),
    Column("closed_at", Micros),
    Column("signed", LargeBinary),
    Column("end_at", Micros),
    Index(None, "relying_party", "opened_at", "operation_id"),
    Index(
        "ix_operations_end",
        "end_at",
        postgresql_where=text("end_at IS NOT NULL AND closed_at IS NULL"),
        sqlite_where=text("end_at IS NOT NULL AND closed_at IS NULL"),
    ),
)

# What the form of a sanction begins with. days: until its end, 0 for none.
sanction_templates = Table(
    "sanction_templates",
    main,
    Column("relying_party", NAME, primary_key=True),
    Column("template_id", ID, primary_key=True),
    Column("made_at", Micros, nullable=False),
    Column("title", _SHORT, nullable=False),
    Column("rule_reference", _LONG, nullable=False),
    Column("ground", WORD, nullable=False),
    Column("category", WORD, nullable=False),
    Column("degree", WORD, nullable=False),
    Column("measure", _SHORT, nullable=False),
    Column("days", Integer, nullable=False),
    Column("territory", _SHORT, nullable=False),
    Column("redress", _TEXT, nullable=False),
    Index(None, "relying_party", "made_at", "template_id"),
)

# What authorities opened for several platforms; each of these has a row of the same id in `operations`.
joint_operations = Table(
    "joint_operations",
    main,
    Column("operation_id", ID, primary_key=True),
    Column("issuer", ID, nullable=False),
    Column("signed", LargeBinary, nullable=False),
    Column("opened_at", Micros, nullable=False),
    Column("begin_at", Micros, nullable=False),
    Column("end_at", Micros, nullable=False),
    Index(None, "issuer", "opened_at", "operation_id"),
)
