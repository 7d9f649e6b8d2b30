"""Checks a disclosure request as it was logged, for custodians and for the auditor who made it.

The entry of a request fixes the digest of the record that it is for, so that the service can put no other
record behind it.
"""

from datetime import datetime

from idvault_people.trust import FindingError, Trust
from idvault_verify.attest.disclosure import Terms
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.event import EventType
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.v1 import disclosure_pb2

_DIGEST_SIZE = 32


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

    Raises FindingError (OTHER_REQUEST) if no record's digest is given.
    """
    if len(record_digest) != _DIGEST_SIZE:
        raise FindingError(Finding.OTHER_REQUEST, "the request's entry fixes no record")
    return trust.check_entry(
        logged,
        at,
        type=EventType.DISCLOSURE_REQUEST,
        account_token=terms.account_token,
        fields={"request": signed_request, "record_digest": record_digest},
    )
