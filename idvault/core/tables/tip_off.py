"""The tables of reports, their texts, their reporters, tries of their secrets, and the days of forms.

They belong to a relying party, not to an account: no row names who reported. reporter_id is a keyed hash.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    false,
    text,
)

from idvault.core.db.statement import Day, Micros
from idvault.core.tables import ID, NAME, WORD, main

_REFERENCE = String(12)

# queue: the group in which lists show a report (tip_off.rules.queue_place). remind_at: when the next
# reminder is due, null if there is none. evidence: digests of 32 bytes each. proposal_id: the sanction that
# decides it once a second moderator confirms that, until proposal_until. referral_id: the last referral, to
# the authority of that name and actor id, which may accept it until referral_until. supplemented_at: when the
# reporter answered the reply.
tip_offs = Table(
    "tip_offs",
    main,
    Column("relying_party", NAME, primary_key=True),
    Column("tip_off_id", ID, primary_key=True),
    Column("reference", _REFERENCE, nullable=False),
    Column("channel", WORD, nullable=False),
    Column("target_kind", WORD, nullable=False),
    Column("target", String(200), nullable=False),
    Column("category", WORD, nullable=False),
    Column("evidence", LargeBinary, nullable=False),
    Column("reporter_id", ID),
    Column("trusted", Boolean, nullable=False),
    Column("filed_at", Micros, nullable=False),
    Column("due_at", Micros, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("secret_key", WORD, nullable=False),
    Column("queue", SmallInteger, nullable=False),
    Column("state", WORD, nullable=False),
    Column("assignee", ID),
    Column("answered_at", Micros),
    Column("resolved_at", Micros),
    Column("outcome", WORD),
    Column("dismissal", WORD),
    Column("merged_into", ID),
    Column("sanction_id", ID),
    Column("reminder", WORD),
    Column("remind_at", Micros),
    Column("deleted_at", Micros),
    Column("operation_id", ID),
    Column("flooded", Boolean, nullable=False, server_default=false()),
    Column("proposal_id", ID),
    Column("proposal_until", Micros),
    Column("measure_id", ID),
    Column("referral_id", ID),
    Column("authority", NAME),
    Column("authority_id", ID),
    Column("referral_state", WORD),
    Column("referral_until", Micros),
    Column("supplemented_at", Micros),
    Index("ix_tip_offs_reference", "relying_party", "reference", unique=True),
    Index("ix_tip_offs_queue", "relying_party", "queue", "due_at", "tip_off_id"),
    Index("ix_tip_offs_state", "relying_party", "state", "queue", "due_at", "tip_off_id"),
    Index("ix_tip_offs_category", "relying_party", "category", "queue", "due_at", "tip_off_id"),
    Index("ix_tip_offs_target", "relying_party", "target", "target_kind", "queue", "due_at", "tip_off_id"),
    Index("ix_tip_offs_assignee", "relying_party", "assignee", "queue", "due_at", "tip_off_id"),
    Index(
        "ix_tip_offs_operation",
        "relying_party",
        "operation_id",
        "queue",
        "due_at",
        "tip_off_id",
        postgresql_where=text("operation_id IS NOT NULL"),
        sqlite_where=text("operation_id IS NOT NULL"),
    ),
    Index(
        "ix_tip_offs_merged_into",
        "relying_party",
        "merged_into",
        postgresql_where=text("merged_into IS NOT NULL"),
        sqlite_where=text("merged_into IS NOT NULL"),
    ),
    Index(
        "ix_tip_offs_remind_at",
        "remind_at",
        postgresql_where=text("remind_at IS NOT NULL"),
        sqlite_where=text("remind_at IS NOT NULL"),
    ),
    Index(
        "ix_tip_offs_open",
        "due_at",
        "state",
        postgresql_where=text("resolved_at IS NULL"),
        sqlite_where=text("resolved_at IS NULL"),
    ),
    Index(
        "ix_tip_offs_kept",
        "resolved_at",
        postgresql_where=text("deleted_at IS NULL AND resolved_at IS NOT NULL"),
        sqlite_where=text("deleted_at IS NULL AND resolved_at IS NOT NULL"),
    ),
)

# Sealed; moderator_id: who wrote a note.
tip_off_texts = Table(
    "tip_off_texts",
    main,
    Column("relying_party", NAME, primary_key=True),
    Column("tip_off_id", ID, primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("key_version", WORD, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("moderator_id", ID),
    Column("written_at", Micros, nullable=False),
)

# What a platform referred to an authority. salt: marks the target in the answer, null once the texts of the
# report are deleted. accepted: null while there is no answer.
tip_off_referrals = Table(
    "tip_off_referrals",
    main,
    Column("authority_id", ID, primary_key=True),
    Column("referral_id", ID, primary_key=True),
    Column("relying_party", NAME, nullable=False),
    Column("tip_off_id", ID, nullable=False),
    Column("referred_at", Micros, nullable=False),
    Column("until", Micros, nullable=False),
    Column("salt", LargeBinary),
    Column("accepted", Boolean),
    Column("answered_at", Micros),
    Column("answer", LargeBinary),
    Index(None, "authority_id", "referred_at", "referral_id"),
    Index(None, "relying_party", "tip_off_id"),
)

tip_off_reporters = Table(
    "tip_off_reporters",
    main,
    Column("relying_party", NAME, primary_key=True),
    Column("reporter_id", ID, primary_key=True),
    Column("standing", WORD, nullable=False),
    Column("limited_until", Micros),
    Column("day", Day, nullable=False),
    Column("filed_today", Integer, nullable=False),
    Column("filed", BigInteger, nullable=False),
    Column("upheld", BigInteger, nullable=False),
    Column("dismissed", BigInteger, nullable=False),
    Column("abusive", BigInteger, nullable=False),
    Index("ix_tip_off_reporters_standing", "relying_party", "standing", "reporter_id"),
    Index("ix_tip_off_reporters_day", "standing", "day"),
)

# Tries of secrets by reference; and how many reports a moderator took down, by `m` and the first 11 digits of
# the id, or referred to authorities, by `r` and these.
tip_off_tries = Table(
    "tip_off_tries",
    main,
    Column("relying_party", NAME, primary_key=True),
    Column("reference", _REFERENCE, primary_key=True),
    Column("day", Day, primary_key=True),
    Column("count", Integer, nullable=False),
    Index(None, "day"),
)

# How many reports a platform's form on the hosted pages had on a day, and how many it may have before it is
# flooded (tip_off.flood.rules).
tip_off_form_days = Table(
    "tip_off_form_days",
    main,
    Column("relying_party", NAME, primary_key=True),
    Column("day", Day, primary_key=True),
    Column("filed", Integer, nullable=False),
    Column("most", Integer, nullable=False),
)
