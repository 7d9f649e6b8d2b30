"""Checks a disclosure request as it was logged, for custodians and for the auditor who made it.

The entry of a request fixes the digest of the record that it is for. Entries of the former kind do not; they
are accepted because disclosures may have been under way when the vault was upgraded.
"""

from datetime import datetime

from idvault.attest.disclosure import Terms
from idvault.domain.event import EventType
from idvault.transparency import entry
from idvault.transparency.checkpoint import Checkpoint
from idvault.transparency.entry import EntryError
from idvault.v1 import disclosure_pb2
from idvault_client.people.trust import Trust


def fixes_record(logged: disclosure_pb2.LoggedEntry) -> bool:
    """Return whether a request's entry is of the kind that fixes a record."""
    try:
        return entry.decode_leaf(logged.leaf).type != EventType.DISCLOSURE_REQUEST_FORMER.value
    except EntryError:
        return True  # the check of the entry will refuse it


def check_entry(
    logged: disclosure_pb2.LoggedEntry,
    at: Checkpoint,
    *,
    trust: Trust,
    terms: Terms,
    signed_request: bytes,
    record_digest: bytes,
) -> datetime:
    """Return the time of a request's entry; raises FindingError (NOT_IN_LOG) unless it commits to these."""
    if not fixes_record(logged):
        return trust.check_entry(
            logged,
            at,
            type=EventType.DISCLOSURE_REQUEST_FORMER,
            account_token=terms.account_token,
            fields={"request": signed_request},
        )
    return trust.check_entry(
        logged,
        at,
        type=EventType.DISCLOSURE_REQUEST,
        account_token=terms.account_token,
        fields={"request": signed_request, "record_digest": record_digest},
    )
