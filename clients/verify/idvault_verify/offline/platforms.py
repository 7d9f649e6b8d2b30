"""Recomputes the file of a month's platforms from the entries of the public log.

- The log's key signed it, and it belongs to this report.
- Every platform that the log names as late is in it, with exactly the misses that the log has; every miss has
  a month of filing, which is no later than the report's.
- The counts of a platform are those of the entries of its actor ids. That these ids are its, and in which
  month a case was filed, is the operator's statement.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from idvault_verify.offline.proof import ForgedReportError, UnverifiedError
from idvault_verify.period import Period
from idvault_verify.report.provider import UNNAMED, ProviderCount
from idvault_verify.transparency import platforms
from idvault_verify.transparency.note import VerifierKey
from idvault_verify.transparency.platforms import Platforms, PlatformsError


@dataclass(frozen=True, slots=True)
class PlatformsFile:
    """The file and its note, as they lie beside a report. note: None if there is none."""

    data: bytes
    note: bytes | None

    def opened(self, report: bytes, keys: Sequence[VerifierKey]) -> Platforms:
        """Return the content; raises UnverifiedError, ForgedReportError if it is another report's."""
        if self.note is None:
            text = "the file of platforms has no note of the log's key: anybody may have written it"
            raise UnverifiedError("SIGNATURE_INVALID", text)
        try:
            platforms.verify(self.data, self.note, *keys)
        except PlatformsError as error:
            raise UnverifiedError("SIGNATURE_INVALID", str(error)) from error
        try:
            found = platforms.parse(self.data)
        except PlatformsError as error:
            raise UnverifiedError("PLATFORMS_INVALID", str(error)) from error
        if found.report != sha256(report).hexdigest():
            raise ForgedReportError("OTHER_REPORT", "the file of platforms belongs to another report")
        return found


def check_platforms(found: Platforms, counted: ProviderCount, period: Period) -> None:
    """Raise ForgedReportError if the log contradicts the file."""
    for name in counted.late():
        if name not in found.platforms:
            raise _forged(f"{name} missed a deadline and is left out")
    for wrong in _differences(found, counted, f"{period.first:%Y-%m}"):
        raise _forged(wrong)


def _differences(found: Platforms, counted: ProviderCount, month: str) -> Iterator[str]:
    if found.unnamed != counted.missed(UNNAMED):
        yield f"unnamed is {found.unnamed}, {counted.missed(UNNAMED)} in the log"
    for name, each in found.platforms.items():
        if each.total() != counted.missed(name):
            yield f"{name} missed {each.total()}, {counted.missed(name)} in the log"
        if each.acts != counted.acts(each.actors):
            yield f"{name} did {each.acts}, {counted.acts(each.actors)} in the log"
        filed = [one for months in each.missed.values() for one in months]
        if max(filed, default=month) > month:
            yield f"{name} missed what was filed after {month}"


def _forged(text: str) -> ForgedReportError:
    return ForgedReportError("FORGED_PLATFORM", text)
