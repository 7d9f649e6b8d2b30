"""The table of hand-overs: who holds the shares of records that no version of the roster describes."""

from sqlalchemy import Column, LargeBinary, String, Table

from idvault.storage.schema import main

# One row for each present quorum id that a hand-over has made. share_quorum_ids: 32 bytes for each place, the
# id of a quorum of the roster whose custodian of that place holds the share.
handed_quorums = Table(
    "handed_quorums",
    main,
    Column("quorum_id", String(64), primary_key=True),
    Column("share_quorum_ids", LargeBinary, nullable=False),
)
