"""`idvault-people moderator measure`: measures on a piece of content, and appeals against them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from idvault_client.commands.output import AsJson, show
from idvault_client.sanctions import (
    AppealState,
    AuthorityOrder,
    Automation,
    ContentMeasureKind,
    Ground,
    IssuerKind,
    Origin,
    PlatformContentMeasure,
    SanctionCategory,
    StatementOfReasons,
    UpheldContentMeasure,
)
from idvault_client.tip_offs import TipOffReport
from idvault_people.authority.officer import OrderDocument
from idvault_people.commands import order as orders
from idvault_people.commands import report_named
from idvault_people.commands.cases import SignedCall, show_all, signing
from idvault_people.commands.moderator_options import Moderator, PassphraseFile, RequestId
from idvault_people.commands.output import reporting
from idvault_people.moderation.whole_list import every

app = typer.Typer(no_args_is_help=True, help="Measures on content, which need no account.")
appeals = typer.Typer(no_args_is_help=True, help="Appeals against measures on content.")
app.add_typer(appeals, name="appeal")

MeasureId = Annotated[str, typer.Argument(metavar="MEASURE", help="The measure's id.")]
Content = Annotated[
    str, typer.Argument(metavar="CONTENT", help="Your own reference of it, which is no person's data.")
]
Reason = Annotated[str, typer.Option(help="Stored in clear; it must not name anybody.")]
EvidenceFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--evidence",
        exists=True,
        dir_okay=False,
        help="A preserved file, once for each; only its SHA-256 is sent. Without it: those of the report.",
    ),
]
OrderId = Annotated[
    str, typer.Option("--order", metavar="ORDER", help="The order of an authority that it carries out.")
]
RosterFile = Annotated[
    Path | None,
    typer.Option(
        "--roster",
        metavar="FILE",
        help="For an order that an authority signed: the published roster, with its earlier versions.",
    ),
]
ReportId = Annotated[
    str, typer.Option("--report", metavar="REPORT", help="The number or id of the report to uphold with it.")
]


@app.command("list")
def list_measures(
    context: typer.Context,
    content: Annotated[str, typer.Option(metavar="CONTENT", help="Only those on this content.")] = "",
    appeal: Annotated[
        AppealState | None, typer.Option(help="Only those with an appeal in this state.")
    ] = None,
    json_option: AsJson = False,
) -> None:
    """Print the measures without the texts of appeals, oldest first."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        found = every(vault.content_measures.list_page, "measures", content=content, appeal=appeal)
        show_all(found, "measures", shown=_shown, as_json=as_json)


@app.command("show")
def show_measure(context: typer.Context, measure_id: MeasureId, json_option: AsJson = False) -> None:
    """Print a measure with its statement of reasons, and what was written against it."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        found: PlatformContentMeasure = vault.content_measures.get(measure_id)
        stated = {} if found.statement is None else _stated(found.statement)
        show({**_shown(found), **stated, "text": found.text or None}, as_json=as_json)


@app.command()
def impose(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    content: Content,
    kind: Annotated[ContentMeasureKind, typer.Option(help="What is done to the content.")],
    ground: Annotated[Ground, typer.Option(help="What it is based on.")],
    category: Annotated[SanctionCategory, typer.Option(help="What is wrong with the content.")],
    rule: Annotated[str, typer.Option(help="The rule that was broken, such as: terms 4.2.")],
    case: Annotated[str, typer.Option(help="Your reference of the case.")],
    territory: Annotated[str, typer.Option(help="Where it applies, such as CN.")],
    redress: Annotated[str, typer.Option(help="How whoever is concerned can appeal.")],
    moderator: Moderator,
    evidence: EvidenceFiles = None,
    order: OrderId = "",
    roster: RosterFile = None,
    known: orders.Known = False,
    detection: Annotated[Automation, typer.Option(help="How far a program detected it.")] = Automation.NONE,
    decision: Annotated[Automation, typer.Option(help="How far a program decided it.")] = Automation.NONE,
    report: ReportId = "",
    reply: Annotated[str, typer.Option(help="With --report: to its reporter, if that has none yet.")] = "",
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Sign a measure on content, which is in force at once and until it is reversed.

    The vault does nothing to the content. With --report you must work on that report; it is upheld by the
    measure alone.
    """
    if reply and not report:
        raise typer.BadParameter("--reply is for a report: --report is missing")
    with signing(context, moderator, passphrase_file, json_option) as by:
        upheld = by.vault.tip_offs.get(report_named.id_of(by.vault, report)).tip_off if report else None
        ordered = orders.named(by, order, roster, known=known)
        statement = StatementOfReasons(
            ground=ground,
            category=category,
            rule_reference=rule,
            case_reference=case,
            evidence=_digests(evidence, upheld),
            origin=_origin(upheld, ordered),
            tip_off=upheld.reference if upheld else "",
            detection=detection,
            decision=decision,
            territory=territory,
            redress=redress,
            issuer_kind=IssuerKind.AUTHORITY if ordered else IssuerKind.PLATFORM,
            order=ordered,
        )
        _impose(by, UpheldContentMeasure(content, kind, statement), upheld, reply, request_id)


@app.command()
def reverse(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    measure_id: MeasureId,
    reason: Reason,
    moderator: Moderator,
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Reverse a measure that is in force."""
    with signing(context, moderator, passphrase_file, json_option) as by:
        found = by.vault.content_measures.get(measure_id)
        by.show(_shown(by.vault.content_measures.reverse(found, reason, key=by.key, request_id=request_id)))


@appeals.command()
def uphold(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    measure_id: MeasureId,
    reason: Reason,
    moderator: Moderator,
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Uphold the appeal: the measure is overturned. Whoever imposed it cannot decide.

    Read it first (`show`).
    """
    with signing(context, moderator, passphrase_file, json_option) as by:
        _decide(by, measure_id, AppealState.UPHELD, reason, request_id)


@appeals.command()
def reject(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    measure_id: MeasureId,
    reason: Reason,
    moderator: Moderator,
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Reject the appeal: the measure stays as it is. Whoever imposed it cannot decide.

    Read it first (`show`).
    """
    with signing(context, moderator, passphrase_file, json_option) as by:
        _decide(by, measure_id, AppealState.REJECTED, reason, request_id)


def _impose(
    by: SignedCall,
    wanted: UpheldContentMeasure,
    report: TipOffReport | None,
    reply: str,
    request_id: str | None,
) -> None:
    if report is None:
        made = by.vault.content_measures.impose(
            wanted.content, wanted.kind, wanted.statement, key=by.key, request_id=request_id
        )
        by.show(_shown(made))
        return
    decided: TipOffReport = by.vault.tip_offs.uphold(
        report.tip_off_id, measure=wanted, key=by.key, reply=reply, request_id=request_id
    )
    by.show({
        "measure_id": decided.measure_id,
        "report": decided.reference,
        "state": decided.state,
        "outcome": decided.outcome,
    })  # fmt: skip


def _digests(files: Sequence[Path] | None, report: TipOffReport | None) -> tuple[bytes, ...]:
    found = tuple(OrderDocument.of(each).digest for each in files or ())
    return found or (() if report is None else report.evidence)


def _origin(report: TipOffReport | None, order: AuthorityOrder | None) -> Origin:
    if report is not None:
        return Origin.TIP_OFF
    return Origin.OWN_INITIATIVE if order is None else Origin.AUTHORITY


def _decide(
    by: SignedCall, measure_id: str, verdict: AppealState, reason: str, request_id: str | None
) -> None:
    found = by.vault.content_measures.get(measure_id)
    decided = by.vault.content_measures.decide_appeal(
        found, verdict, reason, key=by.key, request_id=request_id
    )
    by.show(_shown(decided))


def _shown(measure: PlatformContentMeasure) -> dict[str, object]:
    appeal = measure.appeal
    of_appeal: dict[str, Any] = {} if appeal is None else {
        "appeal": appeal.state,
        "appealed": appeal.file_time.isoformat(),
        "due": appeal.due_time.isoformat(),
        "overdue": appeal.overdue,
        "decided": appeal.decide_time and appeal.decide_time.isoformat(),
        "decided_by": appeal.decide_moderator_id or None,
        "decision": appeal.reason or None,
    }  # fmt: skip
    return {
        "measure_id": measure.measure_id,
        "content": measure.content,
        "kind": measure.kind,
        "state": measure.state,
        "imposed": measure.impose_time.isoformat(),
        "imposed_by": measure.impose_moderator_id,
        "ended": measure.finish_time and measure.finish_time.isoformat(),
        "ended_by": measure.finish_moderator_id or None,
        "reason": measure.finish_reason or None,
        **of_appeal,
    }


def _stated(statement: StatementOfReasons) -> dict[str, object]:
    order = statement.order
    return {
        "ground": statement.ground,
        "category": statement.category,
        "rule": statement.rule_reference,
        "case": statement.case_reference,
        "evidence": ",".join(each.hex() for each in statement.evidence),
        "origin": statement.origin,
        "report": statement.tip_off or None,
        "detected": statement.detection,
        "automated_decision": statement.decision,
        "territory": statement.territory,
        "redress": statement.redress,
        "issuer": statement.issuer_kind,
        "authority": order and order.authority,
        "order": order and order.reference,
    }
