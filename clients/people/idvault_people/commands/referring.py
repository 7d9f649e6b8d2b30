"""`idvault-people moderator report refer`: refers a report to an authority."""

from pathlib import Path
from typing import Annotated

import typer

from idvault_client.backend.tip_off import TipOffReport
from idvault_client.commands.output import AsJson
from idvault_people.commands.cases import signing
from idvault_people.commands.moderator_options import Moderator, PassphraseFile, RequestId
from idvault_people.commands.taking import read_text


def refer(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    report: Annotated[str, typer.Argument(metavar="REPORT", help="The report's id.")],
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
    """Refer a report that you work on to an authority, which reads its category and target.

    It is decided once the authority accepts, until the end of the seventh day; else it is open again. Its
    deadline stays. A reply is needed unless the reporter has one.
    """
    with signing(context, moderator, passphrase_file, json_option) as by:
        made: TipOffReport = by.vault.tip_offs.refer(
            report,
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
