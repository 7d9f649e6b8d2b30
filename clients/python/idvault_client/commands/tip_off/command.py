"""`idvault-client tip-offs import-mail`: files the mails of a maildir as reports."""

import re
from pathlib import Path
from typing import Annotated

import typer

from idvault_client.backend.tip_off import FiledTipOff
from idvault_client.commands.output import AsJson, reporting, show
from idvault_client.commands.tip_off.importer import MailImport
from idvault_client.commands.tip_off.mail import MailedReport
from idvault_verify.printable import escaped
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import TargetKind, TipOffChannel, TipOffTarget

_CHECK_FAILED = 1
_REFERENCE_LENGTH = 200

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def tip_offs() -> None:
    """Reports of rumours."""


@app.command("import-mail")
def import_mail(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    maildir: Annotated[Path, typer.Argument(metavar="MAILDIR", help="Its folder new/ has the mails.")],
    state: Annotated[Path, typer.Option(metavar="FILE", help="Keeps the import's random id; keep it.")],
    receipts: Annotated[
        Path,
        typer.Option(metavar="FILE", help="Gets contact, number and secret of each report."),
    ],
    category: Annotated[
        SanctionCategory, typer.Option(help="What the reports are about.")
    ] = SanctionCategory.RUMOUR,
    content_pattern: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="Finds your reference of the reported content in a text."),
    ] = None,
    operation: Annotated[
        str, typer.Option(metavar="ID", help="The open operation that the reports belong to.")
    ] = "",
    json_option: AsJson = False,
) -> None:
    """File each mail in MAILDIR/new as a report, and move it to MAILDIR/cur.

    Nothing in a mail is executed or fetched; attachments are hashed and not sent. After a crash the same
    command continues; no mail is filed twice. Answer each sender with the number and secret of the
    receipt. Exit code 1 if a mail was no report: it is flagged, and its name is printed.
    """
    pattern = re.compile(content_pattern) if content_pattern else None
    with reporting(context, json_option) as as_json, context.obj.open() as vault:

        def send(report: MailedReport, request_id: str) -> FiledTipOff:
            filed: FiledTipOff = vault.tip_offs.file(
                TipOffTarget(TargetKind.CONTENT, _reference(report, pattern)),
                category,
                report.text,
                channel=TipOffChannel.EMAIL,
                contact=report.contact,
                evidence=report.evidence,
                operation_id=operation,
                request_id=request_id,
            )
            return filed

        running = MailImport(maildir, state, receipts, _tell)
        running.run(send)
        _sum_up(running, as_json=as_json)
    if running.turned_away:
        raise typer.Exit(_CHECK_FAILED)


def _sum_up(running: MailImport, *, as_json: bool) -> None:
    shown = {"filed": running.filed, "refused": running.turned_away}
    if as_json:
        show(shown, as_json=True)
    else:
        typer.echo(f"import: {', '.join(f'{count} {word}' for word, count in shown.items())}")


def _reference(report: MailedReport, pattern: re.Pattern[str] | None) -> str:
    """Return the platform's reference in a text, or one of the mail itself."""
    found = pattern.search(report.text) if pattern else None
    reference = found[0].strip()[:_REFERENCE_LENGTH] if found else ""
    return reference if reference and reference.isprintable() else f"mail:{report.digest.hex()[:32]}"


def _tell(name: str, word: str) -> None:
    typer.echo(escaped(f"{name}: {word}"), err=True)
