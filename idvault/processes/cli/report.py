"""`idvault report`: the transparency report of any days, as text, JSON or HTML."""

import asyncio
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from idvault.core import config
from idvault.core.config import Process
from idvault.processes.bootstrap.report import open_reports
from idvault.processes.cli import running
from idvault.report.acts import page as report_page
from idvault.report.acts import report as acts
from idvault_verify import durable_file
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage
from idvault_verify.error import InvalidError, Reason, UnavailableError
from idvault_verify.period import Period
from idvault_verify.report.figure import Language
from idvault_verify.transparency.report import Report

_MODE = 0o644


class Format(StrEnum):
    """The formats of a report."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


def report(  # noqa: PLR0917 - typer makes an option of each
    first: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], metavar="DAY", help="The first day.")
    ],
    last: Annotated[
        datetime, typer.Option("--to", formats=["%Y-%m-%d"], metavar="DAY", help="The last day, included.")
    ],
    form: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.TEXT,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The folder for the files; default: printed on stdout."),
    ] = None,
    language: Annotated[
        Language, typer.Option(help="The language of text, and of HTML on stdout.")
    ] = Language.EN,
    clock_file: running.ClockFile = None,
) -> None:
    """Report what the vault did on these days, in the operator's time zone.

    Uses IDVAULT_DATABASE_URL, IDVAULT_SHRED_DATABASE_URL and IDVAULT_TIME_ZONE. With IDVAULT_PUBLIC_DIR, what
    `work` has published of a month is taken from there. Figures with a check mark are counted from the
    public log, and `idvault-verify check-report` recomputes them. What is not in the log is reported for
    whole months only, and its small numbers are withheld.
    """
    period = _period(first.date(), last.date())
    settings = config.load(Process.DATABASES, clock_file=clock_file)
    made = asyncio.run(_make(settings, period, clock_file))
    if out is None:
        typer.echo(_shown(made, form, language), nl=False)
        return
    out.mkdir(parents=True, exist_ok=True)
    for name, content in _files(made, form, language).items():
        durable_file.replace(out / name, content.encode(), mode=_MODE)
        typer.echo(f"report: {out / name}")


def _period(first: date, last: date) -> Period:
    try:
        return Period(first, last)
    except InvalidError as error:
        raise wrong_usage("--to must not be before --from", field="--to") from error


async def _make(settings: config.Settings, period: Period, clock_file: Path | None) -> Report:
    now = running.clock(clock_file)()
    async with open_reports(settings) as sources:
        try:
            return await acts.make(sources, period, now=now)
        except UnavailableError as error:
            if error.reason is not Reason.LOG_UNAVAILABLE:
                raise
            text = "the log has no checkpoint that covers these days yet; `idvault work` signs one"
            raise CommandError(ExitCode.UNREACHABLE, text, reason=error.reason.value) from error


def _shown(made: Report, form: Format, language: Language) -> str:
    match form:
        case Format.JSON:
            return made.to_bytes().decode()
        case Format.HTML:
            return report_page.render(made, language=language)
        case Format.TEXT:
            return report_page.render_text(made, language=language)


def _files(made: Report, form: Format, language: Language) -> dict[str, str]:
    """Return the files to write; a page is written in both languages, with the data that it links to."""
    name = made.period.name
    data = {f"{name}.json": made.to_bytes().decode()}
    match form:
        case Format.JSON:
            return data
        case Format.HTML:
            pages = {
                f"{name}.{each.value}.html": report_page.render(made, language=each) for each in Language
            }
            return {**pages, **data}
        case Format.TEXT:
            return {f"{name}.txt": report_page.render_text(made, language=language)}
