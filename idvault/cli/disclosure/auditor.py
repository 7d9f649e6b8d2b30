"""The verbs of `idvault auditor`: request, list, show, cancel, open."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from idvault.cli.disclosure import display
from idvault.cli.people.session import MemberOptions, MemberSession, as_json, open_session
from idvault.domain.disclosure import MOST_OPENINGS
from idvault.printable import escaped
from idvault.v1 import disclosure_pb2
from idvault_client.people.disclosure import evidence as evidences

_ROLE = "auditor"
Id = Annotated[
    str, typer.Argument(metavar="ID", help="The disclosure's id, as shown by `request` and `list`.")
]


def add(app: typer.Typer) -> None:
    """Add the verbs to the commands of the role."""
    app.command("request", short_help="Request one sealed record.")(request)
    app.command("list")(list_)
    app.command("show", short_help="Show one of your requests, or saved evidence.")(show)
    app.command("cancel", short_help="Withdraw an unopened request.")(cancel)
    app.command("open", short_help="Open the record, once it is approved.")(open_)


def request(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    account: Annotated[str, typer.Option(metavar="TOKEN", help="The account whose record you request.")],
    case: Annotated[str, typer.Option(help="The case's reference, at most 200 characters.")],
    legal_basis: Annotated[str, typer.Option(help="The legal basis, at most 500 characters.")],
    purpose: Annotated[str, typer.Option(help="What the record is needed for, at most 1,000 characters.")],
    openings: Annotated[
        int, typer.Option(min=1, max=MOST_OPENINGS, help="How many times you may open the record.")
    ] = 1,
    hours: Annotated[
        int, typer.Option(min=1, max=168, help="After how many hours the request expires.")
    ] = 72,
) -> None:
    """Sign and send a request for the disclosure of one sealed record; the public log records every step.

    The one-time key that opens the record stays on this machine. It is destroyed after the last permitted
    opening, or when the request expires.
    """
    given: MemberOptions = context.obj
    with open_session(_ROLE, given) as session:
        found = session.auditor().request(
            account_token=account,
            case_reference=case,
            legal_basis=legal_basis,
            purpose=purpose,
            openings=openings,
            lifetime=timedelta(hours=hours),
        )
    _tell(context, found)


def list_(context: typer.Context) -> None:
    """List your requests, newest first."""
    with open_session(_ROLE, context.obj) as session:
        found = session.auditor().list()
    if as_json(context):
        for each in found:
            display.tell(display.disclosure(each))
        return
    display.show_disclosures(found)
    typer.echo(f"disclosures: {len(found)}")


def show(
    context: typer.Context,
    disclosure_id: Id,
    evidence: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Show the evidence saved by `open --evidence FILE` instead."),
    ] = None,
) -> None:
    """Show one of your requests, with the custodians' decisions."""
    given: MemberOptions = context.obj
    with open_session(_ROLE, given, disclosure_id=disclosure_id) as session:
        if evidence is not None:
            _show_evidence(context, session, evidence)
            return
        found = session.auditor().show(disclosure_id)
    _tell(context, found)


def cancel(context: typer.Context, disclosure_id: Id) -> None:
    """Withdraw an unopened request, and destroy its one-time key."""
    with open_session(_ROLE, context.obj, disclosure_id=disclosure_id) as session:
        found = session.auditor().cancel(disclosure_id)
    _tell(context, found)


def open_(
    context: typer.Context,
    disclosure_id: Id,
    evidence: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Save record, proofs and checkpoint to a file that only your keys can open."
        ),
    ] = None,
) -> None:
    """Open the record after enough custodians have approved, and show it on this machine only.

    The public log records the opening before the service hands out the shares. If the answer is lost, or a
    custodian's share is wrong and another custodian releases one, repeat the command: it counts once.
    """
    given: MemberOptions = context.obj
    with open_session(_ROLE, given, disclosure_id=disclosure_id) as session:
        opened = session.auditor().open(disclosure_id, code=given.asked_code())
        if evidence is not None:
            digest = session.identity_folder.versions[-1].digest()
            evidences.write(evidence, opened, identity=session.identity, roster_digest=digest)
    if as_json(context):
        display.tell(display.opened(opened))
        return
    display.show_opened(opened)
    typer.echo(f"disclosure: {disclosure_id} OPENED")


def _show_evidence(context: typer.Context, session: MemberSession, path: Path) -> None:
    kept = evidences.read(path, identity=session.identity)
    found = session.auditor().verify_evidence(
        kept.answer, signed_request=kept.signed_request, payload=kept.payload
    )
    if as_json(context):
        display.tell(display.opened(found))
        return
    display.show_opened(found)
    typer.echo(f"evidence: {found.terms.disclosure_id} verified")


def _tell(context: typer.Context, found: disclosure_pb2.Disclosure) -> None:
    content = display.disclosure(found)
    if as_json(context):
        display.tell(content)
        return
    display.show_disclosures([found])
    typer.echo(escaped(f"disclosure: {content['disclosure_id']} {content['state']}"))
