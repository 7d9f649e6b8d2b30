"""The tables of proofs of an address: codes by their hash, mails that are still to be sent, and counts.

No row has an address or a code in the clear. A mail is sealed for the worker, and names no proof: its times
are of the minute. While both rows exist, the database's own marks tell which ones one transaction wrote.
"""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table

from idvault.core.db.statement import Day, Micros
from idvault.core.tables import ID, MINUTE, NAME, WORD, main

# reporter_id: of the address at the platform, keyed; mailbox: what codes are capped by, keyed, of one day.
contact_proofs = Table(
    "contact_proofs",
    main,
    Column("relying_party", NAME, primary_key=True),
    Column("proof_id", ID, primary_key=True),
    Column("reporter_id", ID, nullable=False),
    Column("mailbox", ID, nullable=False),
    Column("day", Day, nullable=False),
    Column("code_hash", LargeBinary, nullable=False),
    Column("key_version", WORD, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("proved_at", Micros),
    Column("expires_at", Micros, nullable=False),
    Index(None, "expires_at"),
)

# key_day: the name of the worker's key. next_at: null for what is never sent.
contact_mails = Table(
    "contact_mails",
    main,
    Column("mail_id", ID, primary_key=True),
    Column("key_day", MINUTE, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("made_at", Micros, nullable=False),
    Column("expires_at", Micros, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Micros),
    Index(None, "next_at"),
    Index(None, "expires_at"),
)

# How many codes a mailbox was sent on a day and did not use.
contact_counts = Table(
    "contact_counts",
    main,
    Column("mailbox", ID, primary_key=True),
    Column("day", Day, primary_key=True),
    Column("count", Integer, nullable=False),
    Index(None, "day"),
)

# One row, number 1: until when a worker with a mail server has said that it sends codes.
contact_offers = Table(
    "contact_offers",
    main,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("until", Micros, nullable=False),
)
