"""The verbs of `idvault-people auditor`: request, list, show, cancel, open; evidence, export."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from idvault_people.commands.disclosure import display, tables
from idvault_people.commands.disclosure.evidence import Kept, export, show_kept
from idvault_people.commands.disclosure.evidence import kept as kept_evidence
from idvault_people.commands.session import (
    MemberOptions,
    MemberSession,
    as_json,
    now,
    open_session,
    refuse_existing,
)
from idvault_people.disclosure import evidence as evidences
from idvault_people.disclosure.auditor import DisclosedRecord, Keep, keep_nothing
from idvault_people.disclosure.evidence import KEEP_DAYS, LONGEST_DAYS
from idvault_people.disclosure.search import DisclosureSearch
from idvault_verify.commands.errors import wrong_usage
from idvault_verify.disclosure import MOST_OPENINGS, DisclosureState
from idvault_verify.printable import escaped
from idvault_verify.v1 import disclosure_pb2

_ROLE = "auditor"
_DAY = "%Y-%m-%d"
DayOption = Annotated[
    datetime | None, typer.Option(formats=[_DAY], help="Only requests filed on this day (UTC).")
]
Id = Annotated[
    str, typer.Argument(metavar="ID", help="The disclosure's id, as shown by `request` and `list`.")
]


def add(app: typer.Typer) -> None:
    """Add the verbs to the commands of the role."""
    app.command("request", short_help="Request one sealed record.")(request)
    app.command("list")(list_)
    app.command("show", short_help="Show one of your requests, or saved evidence.")(show)
    app.command("cancel", short_help="Cancel an unopened request.")(cancel)
    app.command("open", short_help="Open the record, once it is approved.")(open_)
    app.command("evidence", short_help="List the evidence that you keep.")(kept_evidence)
    app.command("export", short_help="Export evidence for a court or a named reader.")(export)


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
    record: Annotated[
        str, typer.Option(metavar="ID", help="A former version of the record; else the present one.")
    ] = "",
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
            record_id=record,
        )
    _tell(context, found)


def list_(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    state: Annotated[
        list[DisclosureState] | None,
        typer.Option(case_sensitive=False, help="Only requests in this state; may be repeated."),
    ] = None,
    case: Annotated[str, typer.Option(metavar="TEXT", help="Only cases whose reference contains this.")] = "",
    account: Annotated[str, typer.Option(metavar="TOKEN", help="Only this account, or a part of it.")] = "",
    day: DayOption = None,
    since: Annotated[
        datetime | None, typer.Option(formats=[_DAY], help="Only requests filed on this day (UTC) or later.")
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=[_DAY], help="Only requests filed on this day (UTC) or earlier."),
    ] = None,
) -> None:
    """List your requests, newest first, all of them or those that match every option."""
    search = DisclosureSearch(
        states=frozenset(state or ()),
        case=case,
        account=account,
        since=_date(day or since),
        until=_date(day or until),
    )
    with open_session(_ROLE, context.obj) as session:
        found = session.auditor().list(search)
    if as_json(context):
        for each in found:
            display.tell(display.disclosure(each))
        return
    tables.show_disclosures(found)
    typer.echo(f"disclosures: {len(found)}")


def _date(day: datetime | None) -> date | None:
    return day.date() if day else None


def show(
    context: typer.Context,
    disclosure_id: Id,
    evidence: Kept = None,
) -> None:
    """Show one of your requests: its case, and the custodians' decisions with their reasons.

    With --evidence, check and show evidence, yours or that which a colleague exported for you.
    """
    given: MemberOptions = context.obj
    with open_session(_ROLE, given, disclosure_id=disclosure_id) as session:
        if evidence is not None:
            show_kept(context, session.auditor(), evidence, disclosure_id)
            return
        found = session.auditor().case(disclosure_id)
    if as_json(context):
        display.tell(display.case(found))
        return
    tables.show_case(found)
    typer.echo(escaped(f"disclosure: {disclosure_id} {display.state(found.disclosure.state)}"))


def cancel(context: typer.Context, disclosure_id: Id) -> None:
    """Cancel an unopened request, and destroy its one-time key."""
    with open_session(_ROLE, context.obj, disclosure_id=disclosure_id) as session:
        found = session.auditor().cancel(disclosure_id)
    _tell(context, found)


def open_(
    context: typer.Context,
    disclosure_id: Id,
    evidence: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep the evidence here, not in `evidence` of your folder."),
    ] = None,
    no_evidence: Annotated[bool, typer.Option("--no-evidence", help="Keep no evidence.")] = False,
    keep_days: Annotated[
        int,
        typer.Option(min=1, max=LONGEST_DAYS, help="After how many days the evidence must be destroyed."),
    ] = KEEP_DAYS,
) -> None:
    """Open the record after enough custodians have approved, and show it on this machine only.

    The public log records the opening before the service hands out the shares. If the answer is lost, or a
    custodian's share is wrong and another custodian releases one, repeat the command: it counts once. The
    evidence is encrypted for you, and kept before the one-time key is destroyed; an existing file is never
    overwritten.
    """
    given: MemberOptions = context.obj
    with open_session(_ROLE, given, disclosure_id=disclosure_id) as session:
        auditor = session.auditor()
        if auditor.openings_left(disclosure_id) <= 1 and not as_json(context):
            typer.echo("this is the last permitted opening: its one-time key is destroyed", err=True)
        place = None if no_evidence else _evidence_path(session, disclosure_id, evidence)
        keep = keep_nothing if place is None else _keeper(session, place, keep_days)
        opened = auditor.open(disclosure_id, code=given.asked_code(), keep=keep)
    if as_json(context):
        display.tell({**display.opened(opened), "evidence": str(place) if place else None})
        return
    tables.show_opened(opened)
    typer.echo(f"evidence: {place or 'not kept'}")
    typer.echo(f"disclosure: {disclosure_id} OPENED")


def _evidence_path(session: MemberSession, disclosure_id: str, asked: Path | None) -> Path:
    """Return where the evidence will be kept; refuses what could not be written after the opening."""
    if asked is None:
        return evidences.free_path(session.identity_folder.folder, disclosure_id)
    refuse_existing(asked)
    if not asked.parent.is_dir():
        raise wrong_usage(f"there is no folder {asked.parent}", field="--evidence")
    return asked


def _keeper(session: MemberSession, place: Path, days: int) -> Keep:
    def keep(opened: DisclosedRecord) -> None:
        proof = evidences.make(
            opened,
            identity=session.identity,
            versions=session.identity_folder.versions,
            destroy_after=now().date() + timedelta(days=days),
        )
        evidences.write_sealed(place, proof, reader=session.identity.member(spki=""))

    return keep


def _tell(context: typer.Context, found: disclosure_pb2.Disclosure) -> None:
    content = display.disclosure(found)
    if as_json(context):
        display.tell(content)
        return
    tables.show_disclosures([found])
    typer.echo(escaped(f"disclosure: {content['disclosure_id']} {content['state']}"))
