"""The tables of a registry's notices: which were applied, whom they marked, and what is still to come."""

from sqlalchemy import Boolean, Column, Index, Table, UniqueConstraint, text

from idvault.core.db.statement import Day, Micros
from idvault.core.tables import ID, NAME, TOKEN, WORD, main

# All that is kept of a notice: neither its signature nor any digest, with which numbers could be tried.
registry_notices = Table(
    "registry_notices",
    main,
    Column("notice_id", ID, primary_key=True),
    Column("kind", WORD, nullable=False),
    Column("day", Day, nullable=False),
)

# registry: the name of who submits. caught_up_at: when the feed last had nothing more; null: never.
notice_feeds = Table(
    "notice_feeds",
    main,
    Column("registry", NAME, primary_key=True),
    Column("last_notice_id", ID, nullable=False),
    Column("caught_up_at", Micros),
)

# Only of persons that the platform knows. former_id: of NUMBER_REPLACED, the person of the old number.
# signer: the hash of the registry's key that signed the notice. confirmed: true if another key gave the same
# pairing. contested_at: since when the holder of the new number denies it. fallen_id: the former person of a
# pairing that fell, so that the same key does not bring it back.
person_marks = Table(
    "person_marks",
    main,
    Column("relying_party", NAME, primary_key=True),
    Column("person_id", ID, primary_key=True),
    Column("notice_id", ID, primary_key=True),
    Column("kind", WORD, nullable=False),
    Column("former_id", ID),
    Column("signer", ID),
    Column("confirmed", Boolean),
    Column("contested_at", Micros),
    Column("fallen_id", ID),
    UniqueConstraint("relying_party", "former_id"),
    Index(None, "notice_id"),
    Index(
        "ix_person_marks_fallen",
        "relying_party",
        "fallen_id",
        postgresql_where=text("fallen_id IS NOT NULL"),
        sqlite_where=text("fallen_id IS NOT NULL"),
    ),
    Index(
        "ix_person_marks_contested",
        "contested_at",
        postgresql_where=text("contested_at IS NOT NULL"),
        sqlite_where=text("contested_at IS NOT NULL"),
    ),
)

# The day on which an account becomes EXPIRED because of a notice, drawn for it alone.
account_notices = Table(
    "account_notices",
    main,
    Column("account_token", TOKEN, primary_key=True),
    Column("notice_id", ID, primary_key=True),
    Column("due_on", Day, nullable=False),
    Index(None, "due_on", "account_token"),
    Index(None, "notice_id"),
)
