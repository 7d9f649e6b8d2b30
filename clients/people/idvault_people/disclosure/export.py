"""The files of an export: for a court, the page and the proof file; for a reader, one sealed file."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256
from zoneinfo import ZoneInfo

from idvault_people import local_time
from idvault_verify.offline.evidence import page
from idvault_verify.offline.evidence.check import ProvedEvidence
from idvault_verify.offline.evidence.file import ProofFile
from idvault_verify.offline.evidence.page import CourtTimes, ProofReference
from idvault_verify.transparency.note import VerifierKey


@dataclass(frozen=True, slots=True)
class CourtFiles:
    """The page for a court, and the proof file that anybody can check; both hold the identity."""

    page_name: str
    page: bytes = field(repr=False)
    proof_name: str
    proof: bytes = field(repr=False)


def for_court(
    proof: ProofFile,
    proved: ProvedEvidence,
    *,
    log_key: VerifierKey,
    exported_at: datetime,
    zone: ZoneInfo | None,
) -> CourtFiles:
    """Return the files of checked evidence. The page names the proof file with its SHA-256.

    zone: of the page's times, None for that of this machine.
    """
    name = proved.terms.disclosure_id
    data = proof.to_bytes()
    reference = ProofReference(f"{name}.json", sha256(data).hexdigest(), str(log_key))
    named = zone.key if zone else local_time.offset(exported_at.astimezone())
    times = CourtTimes(named, partial(local_time.to_minute, zone=zone))
    shown = page.render(proved, proof=reference, exported_at=exported_at, times=times)
    return CourtFiles(f"{name}.html", shown.encode(), reference.name, data)
