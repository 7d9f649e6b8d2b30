"""Reads the message of a sealed record that a custody edge sent."""

from idvault.v1 import disclosure_pb2
from idvault.verify.disclosure import HistoryFinding as Finding
from idvault.verify.error import DamagedError
from idvault.verify.record import SealedRecord
from idvault_client.offline import record
from idvault_client.people.trust import FindingError


def sealed_record(message: disclosure_pb2.SealedRecord) -> SealedRecord:
    """Return the record of a message, which has no shares; raises FindingError (RECORD_DAMAGED)."""
    try:
        return record.sealed_record(message)
    except DamagedError as error:
        raise FindingError(Finding.RECORD_DAMAGED, "the record has a salt of a wrong length") from error
