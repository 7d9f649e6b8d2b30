"""Recomputes a transparency report from the public log, without the operator's help.

In this order:
* the report names a checkpoint that the log's key signed, and that the log's newest one continues,
* the newest one has, and begins with, what the statements of the log's losses name,
* the entries up to both checkpoints lead to their roots,
* every logged figure of the report's edition is there and has the value that the entries give,
* no later entry has a time within the period, if the report was made after the period's end,
* the cells of no breakdown are more than the logged figure that they divide,
* the file of the month's platforms beside it, if there is one, is signed and this report's, and every number
  of a platform is that of its entries (offline.platforms).

What the log does not tell is listed. A note of the log's key beside the report is checked, too: then the
operator cannot deny the rest, and nobody else can have changed it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from idvault_verify import period as periods
from idvault_verify.error import DamagedError
from idvault_verify.offline.log.files import LogFiles, NotReachedError
from idvault_verify.offline.log.stated_entries import StatedEntries
from idvault_verify.offline.log.tiles import entries_of
from idvault_verify.offline.platforms import PlatformsFile, check_platforms
from idvault_verify.offline.proof import ForgedReportError, UnverifiedError, covering
from idvault_verify.report import catalogue as report_catalogue
from idvault_verify.report.figure import EDITION, EntryCount, LoggedFigure
from idvault_verify.report.provider import UNNAMED, Counts, ProviderCount
from idvault_verify.transparency import entry, epoch, report, verifier
from idvault_verify.transparency.checkpoint import Checkpoint, CosignaturePolicy, SignedCheckpoint
from idvault_verify.transparency.epoch import Break, EpochError
from idvault_verify.transparency.note import MAX_NOTE_BYTES, VerifierKey
from idvault_verify.transparency.platforms import Platforms
from idvault_verify.transparency.report import LongReportError, Report, ReportError
from idvault_verify.transparency.tile import CHECKPOINT_PATH, grown_bundles
from idvault_verify.transparency.tree import LogError

_LOST = (
    "the log has begun a new epoch since this report, and has not all entries that it covers: `follow-log` "
    "says what was lost; a copy of the log from before confirms the report"
)

Progress = Callable[[int, int], None]
"""Receives the number of entries read so far, and of all."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that the log contradicts. reported: None if the report leaves it out."""

    name: str
    reported: int | None
    recomputed: int


@dataclass(frozen=True, slots=True)
class CheckedReport:
    """A report that the log confirms. not_provable: what only the operator states. signed: by the log's key.

    later: how many entries the newest checkpoint has beyond the report's. early: the report was made before
    the end of its period. roster_version: whose witnesses cosigned the checkpoint, None without a roster.
    late: what each platform missed by figure, as the log names it; what names nobody under "". platforms:
    those of the file beside the report, None without one.
    """

    report: Report
    checkpoint: Checkpoint
    recomputed: tuple[str, ...]
    not_provable: tuple[str, ...]
    signed: bool
    later: int
    early: bool
    late: Mapping[str, Counts]
    platforms: Platforms | None = None
    roster_version: int | None = None


@dataclass(kw_only=True, slots=True)
class ReportCheck:
    """Checks reports of one log. policy: whose signatures the report's checkpoint needs.

    breaks: what the verified statements say by which the log went on after losses.
    """

    files: LogFiles
    policy: CosignaturePolicy
    breaks: Sequence[Break] = ()
    progress: Progress = field(default=lambda done, total: None)

    def check(self, data: bytes, note: bytes | None, beside: PlatformsFile | None = None) -> CheckedReport:
        """Check a report and its note, and the file of its platforms.

        Raises UnverifiedError, ForgedReportError if the log contradicts it, and NotReachedError.
        """
        read = _parsed(data)
        if note is not None:
            self._check_note(data, note, read)
        named_platforms = None if beside is None else beside.opened(data, self._keys(read))
        signed = self._verified(read.checkpoint.encode(), self.policy)
        named = signed.checkpoint
        found = self._published()
        zone = _zone(read)
        within, beyond = EntryCount(read.period, zone=zone), EntryCount(read.period, zone=zone)
        providers = ProviderCount(read.period, zone=zone, edition=read.edition)
        self._count(named, found, within, beyond, providers)
        early = read.made < read.period.end(zone)
        expected = _expected(read)
        _check_figures(read, within, expected)
        _check_late(beyond, early=early)
        _check_breakdowns(read, within)
        if named_platforms is not None:
            check_platforms(named_platforms, providers, read.period)
        return CheckedReport(
            report=read,
            checkpoint=named,
            recomputed=tuple(figure.name for figure in expected),
            not_provable=tuple(_not_provable(read)),
            signed=note is not None,
            later=max(found.size - named.size, 0),
            early=early,
            late={name: providers.missed(name) for name in (*providers.late(), UNNAMED)},
            platforms=named_platforms,
            roster_version=signed.version,
        )

    def _check_note(self, data: bytes, raw: bytes, read: Report) -> None:
        try:
            report.verify(data, raw, *self._keys(read))
        except ReportError as error:
            raise UnverifiedError("SIGNATURE_INVALID", str(error)) from error

    def _keys(self, read: Report) -> Sequence[VerifierKey]:
        # No witness signs it, so a former key counts only until the next one signs.
        return self.policy.keys(at=read.made.timestamp())

    def _verified(self, raw: bytes, policy: CosignaturePolicy) -> SignedCheckpoint:
        try:
            return covering(raw, policy, breaks=self.breaks)
        except EpochError as error:
            raise UnverifiedError("EPOCH_INVALID", str(error)) from error
        except LogError as error:
            raise UnverifiedError("CHECKPOINT_INVALID", str(error)) from error

    def _published(self) -> Checkpoint:
        """Return the log's own newest checkpoint."""
        raw = self.files.read(CHECKPOINT_PATH, limit=MAX_NOTE_BYTES)
        if raw is None:
            raise NotReachedError("the public directory has no checkpoint")
        return self._verified(raw, CosignaturePolicy(self.policy.origin, self.policy.log_keys)).checkpoint

    def _count(
        self,
        named: Checkpoint,
        found: Checkpoint,
        within: EntryCount,
        beyond: EntryCount,
        providers: ProviderCount,
    ) -> None:
        """Count every entry, and verify all of them against both checkpoints and the statements."""
        stated = StatedEntries(named, found, self.breaks)
        if epoch.of(named) != epoch.of(found) and named.size > found.size:
            raise UnverifiedError("ENTRIES_LOST", _LOST)
        verified = verifier.LogVerifier()
        verified.expect(named)
        verified.expect(found)  # of the same size, too: the log may have signed two histories
        try:
            for index, leaf in self._leaves(max(named.size, found.size)):
                verified.feed(index, leaf)
                if stated.names(verified.size):
                    stated.meet(verified.tree)
                read = entry.decode_leaf(leaf)
                (within if index < named.size else beyond).add(read.type, read.occurred_at)
                if index < named.size:
                    providers.add(read)
            verified.finish()
            stated.finish()
        except LogError as error:
            stated.meet(verified.tree)
            stated.finish()
            if epoch.of(named) != epoch.of(found) and stated.is_whole:
                raise UnverifiedError("ENTRIES_LOST", _LOST) from error
            raise UnverifiedError("LOG_INVALID", f"the entries are not those of the log: {error}") from error
        except DamagedError as error:
            raise UnverifiedError("LOG_INVALID", "an entry is not an entry of such a log") from error

    def _leaves(self, size: int) -> Iterator[tuple[int, bytes]]:
        for bundle in grown_bundles(0, size):
            yield from enumerate(entries_of(self.files, bundle), start=bundle.start)
            self.progress(bundle.start + bundle.width, size)


def check_name(read: Report, name: str) -> None:
    """Raise ForgedReportError if a report lies under the name of another month or quarter.

    A signed report of a good month must not pass as that of a bad one.
    """
    named = periods.named(name)
    if named is not None and named != read.period:
        raise ForgedReportError("WRONG_PERIOD", f"this is the report of {read.period.name}, not of {name}")


def _parsed(data: bytes) -> Report:
    try:
        return report.parse(data)
    except LongReportError as error:
        raise UnverifiedError("TOO_LONG", str(error)) from error
    except ReportError as error:
        raise UnverifiedError("REPORT_INVALID", str(error)) from error


def _zone(read: Report) -> ZoneInfo:
    try:
        return ZoneInfo(read.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        text = "this machine does not know the time zone of the report: install the package tzdata"
        raise UnverifiedError("ZONE_UNKNOWN", text) from error


def _expected(read: Report) -> tuple[LoggedFigure, ...]:
    """Return the figures that a report of this edition must have."""
    if read.edition < 1:
        # Its figures would be none, and everything would be as the log tells.
        raise ForgedReportError("EDITION_UNKNOWN", "there was no edition 0 of the report")
    if read.edition > EDITION:
        text = "the report is of a later edition than this program knows: update idvault-verify"
        raise UnverifiedError("EDITION_UNKNOWN", text)
    return tuple(figure for figure in report_catalogue.logged_figures() if figure.edition <= read.edition)


def _check_figures(read: Report, tally: EntryCount, expected: tuple[LoggedFigure, ...]) -> None:
    wrong = [
        Difference(figure.name, read.logged.get(figure.name), tally.value(figure))
        for figure in expected
        if read.logged.get(figure.name) != tally.value(figure)
    ]
    unknown = read.logged.keys() - {figure.name for figure in expected}
    if unknown:
        raise ForgedReportError("UNKNOWN_FIGURE", f"the log tells no figure {min(unknown)}")
    if wrong:
        told = "; ".join(_told(each) for each in wrong)
        raise ForgedReportError("FORGED_FIGURE", f"{len(wrong)} figures differ from the log: {told}")


def _told(each: Difference) -> str:
    said = "is left out" if each.reported is None else f"is {each.reported} in the report"
    return f"{each.name} {said}, {each.recomputed} in the log"


def _check_late(beyond: EntryCount, *, early: bool) -> None:
    if beyond.entries and not early:
        text = f"{beyond.entries} entries of the period come after the checkpoint that the report names"
        raise ForgedReportError("ENTRIES_LEFT_OUT", text)


def _check_breakdowns(read: Report, tally: EntryCount) -> None:
    for breakdown in report_catalogue.breakdowns():
        cells = read.breakdowns.get(breakdown.name)
        if cells is None:
            continue
        total = tally.value(report_catalogue.BY_NAME[breakdown.total])
        shown = sum(count for count in cells.values() if count is not None)
        if shown > total or (shown < total and None not in cells.values()):
            text = f"the cells of {breakdown.name} do not add up to the {total} entries of the log"
            raise ForgedReportError("FORGED_BREAKDOWN", text)


def _not_provable(read: Report) -> Iterator[str]:
    yield from read.breakdowns
    yield from read.levels
    yield from read.durations
