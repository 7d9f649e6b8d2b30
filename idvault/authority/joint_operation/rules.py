"""Joint operations: from when until when they count, and which counts an authority reads.

- It counts from the beginning of its first day to the end of its last, in the deployment's time zone:
  sanctions by when they came into force, reports by when they were filed. Sanctions and reports that name it
  earlier belong to it, and do not count.
- It is open to its platforms at once, and closes by itself.
- A count of 1 to 4 is withheld, as in a report (verify.suppression): it could be about one person. No sum is
  told of which it would be the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, tzinfo

from idvault_verify import deadline
from idvault_verify.attest.order import JointTerms
from idvault_verify.sanction import Degree
from idvault_verify.suppression import FEWEST


@dataclass(frozen=True, slots=True)
class JointOperation:
    """A joint operation. issuer: its authority's actor id; signed: the paper.

    It counts from begin_at until end_at.
    """

    operation_id: str
    issuer: str
    signed: bytes = field(repr=False)
    opened_at: datetime
    begin_at: datetime
    end_at: datetime


@dataclass(frozen=True, slots=True)
class PlatformCount:
    """What belongs to an operation at one platform; None where a count is withheld."""

    platform: str
    sanctions: Mapping[Degree, int | None]
    reports: int | None


def opened(*, terms: JointTerms, signed: bytes, issuer: str, zone: tzinfo, now: datetime) -> JointOperation:
    """Return the operation that an authority signed."""
    begin = datetime.combine(terms.first_day, time(), zone)
    end = deadline.end_of_day(terms.last_day, zone=zone)
    return JointOperation(terms.operation_id, issuer, signed, now, begin, end)


def shown(count: int) -> int | None:
    """Return a count as an authority reads it."""
    return None if 0 < count < FEWEST else count


def counted(*, platform: str, sanctions: Mapping[Degree, int], reports: int) -> PlatformCount:
    """Return the counts of a platform, the mildest degree first."""
    told = {degree: shown(sanctions[degree]) for degree in Degree if degree in sanctions}
    return PlatformCount(platform, told, shown(reports))
