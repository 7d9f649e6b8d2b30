"""Reads the message of a sealed record that a custody edge sent."""

from idvault_people.trust import FindingError
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.error import DamagedError
from idvault_verify.offline import record
from idvault_verify.record import SealedRecord
from idvault_verify.v1 import disclosure_pb2


def sealed_record(message: disclosure_pb2.SealedRecord) -> SealedRecord:
    """Return the record of a message, which has no shares; raises FindingError (RECORD_DAMAGED)."""
    try:
        return record.sealed_record(message)
    except DamagedError as error:
        raise FindingError(Finding.RECORD_DAMAGED, "the record has a salt of a wrong length") from error
