"""`idvault-people moderator report assign` and `refer`: takes a report on, and refers it to an authority."""

from pathlib import Path
from typing import Annotated

import typer

from idvault_client.backend.tip_off import TipOffReport
from idvault_client.commands.output import AsJson
from idvault_people.commands import report_named
from idvault_people.commands.cases import signing
from idvault_people.commands.moderator_options import Moderator, PassphraseFile, RequestId
from idvault_people.commands.taking import read_text

Report = Annotated[
    str, typer.Argument(metavar="REPORT", help="The report's number, as its reporter has it, or its id.")
]


def assign(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    report: Report,
    moderator: Moderator,
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Work on a report from now on, whoever did before: only its moderator decides about it."""
    with signing(context, moderator, passphrase_file, json_option) as by:
        found = by.vault.tip_offs.get(report_named.id_of(by.vault, report)).tip_off
        if found.moderator_id != by.key.moderator_id:
            found = by.vault.tip_offs.assign(found, key=by.key, request_id=request_id)
        by.show(_told(found))


def refer(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    report: Report,
    authority: Annotated[
        str, typer.Option(metavar="NAME", help="The authority's name on the page of public supervision.")
    ],
    moderator: Moderator,
    reply_file: Annotated[
        Path | None,
        typer.Option(help="The file with what the reporter reads once the authority has accepted."),
    ] = None,
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Refer a report that you work on (`assign`) to an authority, which reads its category and target.

    It is decided once the authority accepts, until the end of the seventh day; else it is open again. Its
    deadline stays. A reply is needed unless the reporter has one.
    """
    with signing(context, moderator, passphrase_file, json_option) as by:
        made: TipOffReport = by.vault.tip_offs.refer(
            report_named.id_of(by.vault, report),
            authority,
            key=by.key,
            reply=read_text(reply_file) if reply_file else "",
            request_id=request_id,
        )
        lapses = made.referral_lapse_time
        by.show(
            {
                "report": made.tip_off_id,
                "referral": made.referral_id,
                "authority": made.authority,
                "state": made.referral_state,
                "until": None if lapses is None else lapses.isoformat(),
                "due": made.due_time.isoformat(),
            }
        )


def _told(report: TipOffReport) -> dict[str, object]:
    return {
        "report": report.tip_off_id,
        "number": report.reference,
        "state": report.state,
        "due": report.due_time.isoformat(),
    }
