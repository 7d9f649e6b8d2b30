"""The tables of a registry's notices: which were applied, whom they marked, and what is still to come."""

from sqlalchemy import Column, Index, Table, UniqueConstraint

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
person_marks = Table(
    "person_marks",
    main,
    Column("relying_party", NAME, primary_key=True),
    Column("person_id", ID, primary_key=True),
    Column("notice_id", ID, primary_key=True),
    Column("kind", WORD, nullable=False),
    Column("former_id", ID),
    UniqueConstraint("relying_party", "former_id"),
    Index(None, "notice_id"),
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
