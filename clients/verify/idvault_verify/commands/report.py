"""`idvault-verify check-report`: recomputes a transparency report from the public log."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from idvault_verify.commands import log
from idvault_verify.commands.output import FORGED, AsJson, read, reporting, tell_error
from idvault_verify.offline.log.files import LogFiles
from idvault_verify.offline.platforms import PlatformsFile
from idvault_verify.offline.proof import ForgedReportError
from idvault_verify.offline.report import CheckedReport, ReportCheck, check_name
from idvault_verify.printable import escaped
from idvault_verify.report.provider import UNNAMED
from idvault_verify.transparency import platforms
from idvault_verify.transparency.note import MAX_NOTE_BYTES
from idvault_verify.transparency.report import MAX_BYTES

ReportFile = Annotated[Path, typer.Argument(metavar="REPORT", help="The report's JSON file.")]
Log = Annotated[
    str,
    typer.Option(
        "--log", metavar="DIR|URL", help="A copy of the public directory, or its URL: https, or http here."
    ),
]


def check(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    report: ReportFile,
    source: Log,
    public_key: log.PublicKey,
    witness: log.Witness = None,
    quorum: log.Quorum = None,
    roster: log.RosterFile = None,
    log_keys: log.LogKeys = None,
    epochs_file: log.EpochsFile = None,
    json_option: AsJson = False,
) -> None:
    """Recompute every figure that the public log tells, up to the checkpoint that the report names.

    Reads all entries of the log and verifies them. The last line is "report: N figures recomputed, M not
    provable from the log"; the lines before it name those M, which only the operator states. If the file
    REPORT.note is beside REPORT.json, the log's key must have signed it. With --roster or --witness, the
    report's checkpoint must be cosigned.

    Names every platform that missed a deadline in the period, as the log's entries name it. If
    REPORT.platforms.json is beside the report, with its note, the numbers of each platform are recomputed.

    The exit code is 7 if a figure differs from the log, is left out, or contradicts another; 5 if a signature
    or the log does not verify; 3 if the log cannot be read.
    """
    with reporting(context, json_option) as as_json:
        changes, versions = log.changes_of(log_keys), log.versions_of(roster)
        found = ReportCheck(
            files=_files(source, context.obj.timeout),
            policy=log.policy_of(public_key, witness or [], quorum, versions, changes),
            breaks=log.breaks_of(epochs_file, public_key, versions, changes),
        )
        try:
            data, beside = read(report, limit=MAX_BYTES), _beside(report, ".note", MAX_NOTE_BYTES)
            checked = found.check(data, beside, _platforms(report))
            check_name(checked.report, report.stem)
        except ForgedReportError as error:
            if not as_json:
                typer.echo(escaped(f"report: {error}"))
            tell_error("FORGED", str(error), reason=error.reason, as_json=as_json)
            raise typer.Exit(FORGED) from error
        log.tell_former(found.policy, checked.roster_version, as_json=as_json)
        _show(checked, as_json=as_json)


def _files(source: str, timeout: float) -> LogFiles:
    if source.startswith(("http:", "https:")):
        return log.website(source, timeout, option="--log")
    return log.files_of(None, Path(source), timeout)


def _beside(report: Path, suffix: str, limit: int) -> bytes | None:
    try:
        return read(report.with_suffix(suffix), limit=limit)
    except FileNotFoundError:
        return None


def _platforms(report: Path) -> PlatformsFile | None:
    data = _beside(report, ".platforms.json", platforms.MAX_BYTES)
    if data is None:
        return None
    return PlatformsFile(data, _beside(report, ".platforms.note", MAX_NOTE_BYTES))


def _show(checked: CheckedReport, *, as_json: bool) -> None:
    if as_json:
        shown = {
            "period": checked.report.period.name,
            "size": checked.checkpoint.size,
            "recomputed": checked.recomputed,
            "not_provable": checked.not_provable,
            "signed": checked.signed,
            "early": checked.early,
            "later": checked.later,
            "late": {name: dict(missed) for name, missed in checked.late.items() if name != UNNAMED},
            "unnamed": dict(checked.late[UNNAMED]),
            "platforms": None if checked.platforms is None else sorted(checked.platforms.platforms),
            "roster_version": checked.roster_version,
        }
        typer.echo(json.dumps(shown))
        return
    for name in checked.not_provable:
        typer.echo(f"not provable from the log: {escaped(name)}")
    for line in _late(checked):
        typer.echo(escaped(line))
    if not checked.signed:
        typer.echo(
            "the report has no note of the log's key: anybody may have written the other figures", err=True
        )
    if checked.early:
        typer.echo("the report was made before the end of its period: later entries may be missing", err=True)
    elif not checked.later:
        text = "the log has no entry after the report's checkpoint: entries of the period may follow"
        typer.echo(text, err=True)
    is_month = len(checked.report.period.months() or ()) == 1
    if checked.platforms is None and is_month:
        name = checked.report.period.name
        text = f"there is no {name}.platforms.json beside the report: no platform's numbers were checked"
        typer.echo(text, err=True)
    count, rest = len(checked.recomputed), len(checked.not_provable)
    typer.echo(f"report: {count} figures recomputed, {rest} not provable from the log")


def _late(checked: CheckedReport) -> Iterator[str]:
    """Yield a line for each figure that a platform missed in the period, and how much was recomputed."""
    known = {} if checked.platforms is None else checked.platforms.platforms
    for name, missed in checked.late.items():
        for figure, count in missed.items():
            filed = known[name].missed[figure] if name in known else {}
            told = ", ".join(f"{month}: {number}" for month, number in sorted(filed.items()))
            which = f" (stated: filed {told})" if told else ""
            yield f"missed by {name or 'platforms that no entry names'}: {figure} {count}{which}"
    if checked.platforms is not None:
        acts = sum(len(each.acts) + len(each.missed) for each in known.values())
        yield f"platforms: {acts} figures of {len(known)} platforms recomputed"
