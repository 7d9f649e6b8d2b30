"""Reads the answers of TipOffService."""

from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from idvault.tip_off.rules import ReporterStanding
from idvault.v1 import sanction_pb2
from idvault.v1 import tip_off_pb2 as pb
from idvault.verify.sanction import SanctionCategory
from idvault.verify.tip_off import (
    Dismissal,
    Reminder,
    TargetKind,
    TipOffChannel,
    TipOffOutcome,
    TipOffState,
    TipOffTarget,
)
from idvault_client.backend.rpc import choice
from idvault_client.backend.tip_off.values import (
    FiledTipOff,
    FollowedTipOff,
    ReporterPage,
    TipOffCase,
    TipOffNote,
    TipOffPage,
    TipOffReport,
    TipOffReporter,
)

KINDS = {
    TargetKind.ACCOUNT: "account_token",
    TargetKind.PUBLIC_ACCOUNT: "public_account_id",
    TargetKind.CONTENT: "content",
}
_NAMES = {name: kind for kind, name in KINDS.items()}
_WORDS = pb.TipOff.DESCRIPTOR.enum_types_by_name
_CATEGORIES = sanction_pb2.StatementOfReasons.DESCRIPTOR.enum_types_by_name["Category"]


def report(data: bytes) -> TipOffReport:
    """Return a report."""
    return _report(pb.TipOff.FromString(data))


def filed(data: bytes) -> FiledTipOff:
    """Return a filed report with its secret."""
    answer = pb.FiledTipOff.FromString(data)
    if not answer.secret:
        raise ValueError("a filed report without secret")
    return FiledTipOff(_report(answer.tip_off), answer.secret)


def followed(data: bytes) -> FollowedTipOff:
    """Return what a reporter may read."""
    answer = pb.FollowedTipOff.FromString(data)
    return FollowedTipOff(
        reference=answer.reference,
        state=choice(TipOffState, _WORDS["State"], answer.state),
        file_time=_time(answer.file_time),
        due_time=_time(answer.due_time),
        answer_time=_optional(answer, "answer_time"),
        resolve_time=_optional(answer, "resolve_time"),
        outcome=choice(TipOffOutcome, _WORDS["Outcome"], answer.outcome),
        dismissal=choice(Dismissal, _WORDS["Dismissal"], answer.dismissal),
        reply=answer.reply,
    )


def case(data: bytes) -> TipOffCase:
    """Return a report with its texts."""
    answer = pb.TipOffCase.FromString(data)
    return TipOffCase(
        _report(answer.tip_off),
        answer.text,
        answer.contact,
        answer.content_copy,
        answer.reply,
        tuple(TipOffNote(each.moderator_id, _time(each.write_time), each.note) for each in answer.notes),
    )


def page(data: bytes) -> TipOffPage:
    """Return a page of reports."""
    answer = pb.ListTipOffsResponse.FromString(data)
    return TipOffPage(tuple(_report(each) for each in answer.tip_offs), answer.next_page_token)


def reporter(data: bytes) -> TipOffReporter:
    """Return a reporter."""
    return _reporter(pb.Reporter.FromString(data))


def reporter_page(data: bytes) -> ReporterPage:
    """Return a page of reporters."""
    answer = pb.ListReportersResponse.FromString(data)
    return ReporterPage(tuple(_reporter(each) for each in answer.reporters), answer.next_page_token)


def _report(message: pb.TipOff) -> TipOffReport:
    name = message.target.WhichOneof("target")
    if not message.tip_off_id or name is None:
        raise ValueError("a report without id or target")
    return TipOffReport(
        tip_off_id=message.tip_off_id,
        reference=message.reference,
        channel=choice(TipOffChannel, _WORDS["Channel"], message.channel),
        target=TipOffTarget(_NAMES[name], getattr(message.target, name)),
        category=choice(SanctionCategory, _CATEGORIES, message.category),
        state=choice(TipOffState, _WORDS["State"], message.state),
        file_time=_time(message.file_time),
        due_time=_time(message.due_time),
        moderator_id=message.moderator_id,
        answer_time=_optional(message, "answer_time"),
        resolve_time=_optional(message, "resolve_time"),
        outcome=choice(TipOffOutcome, _WORDS["Outcome"], message.outcome),
        dismissal=choice(Dismissal, _WORDS["Dismissal"], message.dismissal),
        merged_into_id=message.merged_into_id,
        sanction_id=message.sanction_id,
        reminder=choice(Reminder, _WORDS["Reminder"], message.reminder),
        reporter_id=message.reporter_id,
        trusted=message.trusted,
        delete_time=_optional(message, "delete_time"),
        evidence=tuple(message.evidence_digests),
        operation_id=message.operation_id,
        flooded=message.flooded,
    )


def _reporter(message: pb.Reporter) -> TipOffReporter:
    if not message.reporter_id:
        raise ValueError("a reporter without id")
    return TipOffReporter(
        message.reporter_id,
        choice(ReporterStanding, pb.Reporter.DESCRIPTOR.enum_types_by_name["Standing"], message.standing),
        _optional(message, "limit_end_time"),
        message.filed,
        message.upheld,
        message.dismissed,
        message.abusive,
    )


def _optional(message: Any, name: str) -> datetime | None:
    return _time(getattr(message, name)) if message.HasField(name) else None


def _time(value: Timestamp) -> datetime:
    return value.ToDatetime(UTC)
