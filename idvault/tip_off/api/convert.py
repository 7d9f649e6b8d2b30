"""Converts messages of TipOffService to domain values and back."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from idvault.core.edge.convert import numbers
from idvault.moderator import api as moderator_api
from idvault.tip_off import rules as tip_off_rules
from idvault.tip_off.acts.filing import ReporterView
from idvault.tip_off.acts.tip_off import ReadReport
from idvault.tip_off.reporter.rules import Reporter
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import (
    Dismissal,
    ReferralState,
    Reminder,
    ReporterStanding,
    TargetKind,
    TipOff,
    TipOffChannel,
    TipOffOutcome,
    TipOffState,
    TipOffTarget,
)
from idvault_verify.v1 import sanction_pb2
from idvault_verify.v1 import tip_off_pb2 as pb

CHANNELS = numbers(TipOffChannel, pb.TipOff.Channel.Value, "CHANNEL_")
STATES = numbers(TipOffState, pb.TipOff.State.Value, "STATE_")
OUTCOMES = numbers(TipOffOutcome, pb.TipOff.Outcome.Value, "OUTCOME_")
REFERRAL_STATES = numbers(ReferralState, pb.TipOff.ReferralState.Value, "REFERRAL_STATE_")
DISMISSALS = numbers(Dismissal, pb.TipOff.Dismissal.Value, "DISMISSAL_")
CATEGORIES = numbers(SanctionCategory, sanction_pb2.StatementOfReasons.Category.Value, "CATEGORY_")
STANDINGS = numbers(ReporterStanding, pb.Reporter.Standing.Value, "STANDING_")
_REMINDERS = numbers(Reminder, pb.TipOff.Reminder.Value, "REMINDER_")
_KINDS = {
    "account_token": TargetKind.ACCOUNT,
    "public_account_id": TargetKind.PUBLIC_ACCOUNT,
    "content": TargetKind.CONTENT,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def target(message: pb.TipOffTarget) -> TipOffTarget:
    """Return what a report is about; raises InvalidError."""
    name = message.WhichOneof("target")
    if name is None:
        raise tip_off_rules.missing()
    return tip_off_rules.check(TipOffTarget(_KINDS[name], getattr(message, name)))


def target_message(value: TipOffTarget) -> pb.TipOffTarget:
    """Return the message of what a report is about."""
    return pb.TipOffTarget(**{_NAMES[value.kind]: value.key})


def time_of(message: Timestamp, field: str) -> datetime:
    """Return a time in whole seconds; raises InvalidError (INVALID_MESSAGE)."""
    found = moderator_api.read_time(message)
    if found is None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, FieldCode.CHARACTER))
    return found


def tip_off(value: TipOff) -> pb.TipOff:
    """Return the message of a report, which must be as of now."""
    return pb.TipOff(
        tip_off_id=value.tip_off_id,
        reference=value.reference,
        channel=CHANNELS[value.channel],
        target=target_message(value.target),
        category=CATEGORIES[value.category],
        evidence_digests=value.evidence,
        state=STATES[value.state],
        file_time=_time(value.filed_at),
        due_time=_time(value.due_at),
        moderator_id=value.assignee or "",
        answer_time=_time(value.answered_at),
        resolve_time=_time(value.resolved_at),
        outcome=OUTCOMES[value.outcome] if value.outcome else pb.TipOff.OUTCOME_UNSPECIFIED,
        dismissal=DISMISSALS[value.dismissal] if value.dismissal else pb.TipOff.DISMISSAL_UNSPECIFIED,
        merged_into_id=value.merged_into or "",
        sanction_id=value.sanction_id or "",
        reminder=_REMINDERS[value.reminder] if value.reminder else pb.TipOff.REMINDER_UNSPECIFIED,
        reporter_id=value.reporter_id or "",
        trusted=value.trusted,
        delete_time=_time(value.deleted_at),
        operation_id=value.operation_id or "",
        flooded=value.flooded,
        proposal_id=value.proposal_id or "",
        proposal_lapse_time=_time(value.proposal_until),
        measure_id=value.measure_id or "",
        referral_id=value.referral_id or "",
        authority=value.authority or "",
        referral_state=(
            REFERRAL_STATES[value.referral_state]
            if value.referral_state
            else pb.TipOff.REFERRAL_STATE_UNSPECIFIED
        ),
        referral_lapse_time=_time(value.referral_until),
        supplement_time=_time(value.supplemented_at),
    )


def followed(value: ReporterView) -> pb.FollowedTipOff:
    """Return the message of what a reporter may read: no moderator, target or operation."""
    whole = tip_off(value.tip_off)
    return pb.FollowedTipOff(
        reference=whole.reference,
        state=whole.state,
        file_time=whole.file_time,
        due_time=whole.due_time,
        answer_time=whole.answer_time if whole.HasField("answer_time") else None,
        resolve_time=whole.resolve_time if whole.HasField("resolve_time") else None,
        outcome=whole.outcome,
        dismissal=whole.dismissal,
        reply=value.reply,
        category=whole.category,
        text=value.text,
        former_reply=value.former_reply,
        supplement=value.supplement,
        supplement_time=whole.supplement_time if whole.HasField("supplement_time") else None,
        can_supplement=value.can_supplement,
        overdue=value.is_overdue,
        misses=[each.value for each in tip_off_rules.misses(value.tip_off)],
    )


def case(value: ReadReport) -> pb.TipOffCase:
    """Return the message of a report with its texts."""
    return pb.TipOffCase(
        tip_off=tip_off(value.tip_off),
        text=value.text,
        contact=value.contact,
        contact_proved=value.contact_proved,
        content_copy=value.content,
        reply=value.reply,
        proposed_reply=value.proposed_reply,
        former_reply=value.former_reply,
        supplement=value.supplement,
        signed_referral_answer=value.referral_answer,
        referral_salt=value.referral_salt,
        notes=[
            pb.TipOffNote(moderator_id=each.moderator_id, write_time=_time(each.written_at), note=each.note)
            for each in value.notes
        ],
    )


def reporter(value: Reporter) -> pb.Reporter:
    """Return the message of a reporter, who must be as of now."""
    return pb.Reporter(
        reporter_id=value.reporter_id,
        standing=STANDINGS[value.standing],
        limit_end_time=_time(value.limited_until),
        filed=value.filed,
        upheld=value.upheld,
        dismissed=value.dismissed,
        abusive=value.abusive,
    )


def _time(value: datetime | None) -> Timestamp | None:
    if value is None:
        return None
    timestamp = Timestamp()
    timestamp.FromDatetime(value)
    return timestamp
