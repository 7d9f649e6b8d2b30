"""Checks a disclosure request as it was logged, for custodians and for the auditor who made it.

The entry of a request fixes the digest of the record that it is for. Entries of the former kind do not; they
are accepted only for requests that were made while vaults still wrote them, by the times that are signed. A
service could otherwise log a new request in the former way, and put any record behind it.
"""

from datetime import datetime

from idvault.disclosure import rules as disclosure_rules
from idvault.v1 import disclosure_pb2
from idvault.verify.attest.disclosure import Terms
from idvault.verify.disclosure import HistoryFinding as Finding
from idvault.verify.event import EventType
from idvault.verify.transparency import entry
from idvault.verify.transparency.checkpoint import Checkpoint
from idvault.verify.transparency.entry import EntryError
from idvault_client.people.trust import FindingError, Trust

_DIGEST_SIZE = 32


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
    """Return the time of a request's entry; raises FindingError (NOT_IN_LOG) unless it commits to these.

    Raises FindingError (OTHER_REQUEST) if the entry fixes no record though the request is a new one.
    """
    if not fixes_record(logged):
        if not disclosure_rules.may_be_former(created_at=terms.created_at, expire_at=terms.expire_at):
            text = "the request's entry is of the former type, which fixes no record: it must be made again"
            raise FindingError(Finding.OTHER_REQUEST, text)
        return trust.check_entry(
            logged,
            at,
            type=EventType.DISCLOSURE_REQUEST_FORMER,
            account_token=terms.account_token,
            fields={"request": signed_request},
        )
    if len(record_digest) != _DIGEST_SIZE:
        raise FindingError(Finding.OTHER_REQUEST, "the request's entry fixes no record")
    return trust.check_entry(
        logged,
        at,
        type=EventType.DISCLOSURE_REQUEST,
        account_token=terms.account_token,
        fields={"request": signed_request, "record_digest": record_digest},
    )
