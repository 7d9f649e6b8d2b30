"""The calls of TipOffService."""

from collections.abc import Sequence
from datetime import datetime

from idvault.tip_off.rules import ReporterStanding
from idvault.v1 import sanction_pb2
from idvault.v1 import tip_off_pb2 as pb
from idvault.verify.attest.moderator_key import ModeratorKey
from idvault.verify.sanction import SanctionCategory
from idvault.verify.tip_off import Dismissal, TipOffChannel, TipOffState, TipOffTarget
from idvault_client.backend.rpc import RequestId, Rpc, account, chosen_id, rpc, text
from idvault_client.backend.sanction import calls as sanctions
from idvault_client.backend.tip_off import reading
from idvault_client.backend.tip_off.values import (
    FiledTipOff,
    FollowedTipOff,
    ReporterPage,
    TipOffCase,
    TipOffPage,
    TipOffReport,
    TipOffReporter,
    UpheldSanction,
)

_SERVICE = pb.DESCRIPTOR.services_by_name["TipOffService"]
_CATEGORY = sanction_pb2.StatementOfReasons.Category


def file(
    target: TipOffTarget,
    category: SanctionCategory,
    told: str,
    *,
    channel: TipOffChannel,
    contact: str = "",
    reporter_account_token: str | None = None,
    evidence: Sequence[bytes] = (),
    content: bytes = b"",
    operation_id: str = "",
    request_id: RequestId = None,
) -> Rpc[FiledTipOff]:
    """File a report; give reference and secret to the reporter, the secret is not stored.

    told: what the reporter says. evidence: the SHA-256 of each piece that you preserve. operation_id: an open
    one that it belongs to. request_id: must be random. Raises InvalidFields, NotFound, PreconditionFailed
    (OPERATION_CLOSED), and Exhausted at the reporter's limit of the day.
    """
    chosen = chosen_id(request_id)
    request = pb.FileTipOffRequest(
        request_id=chosen,
        channel=pb.TipOff.Channel.Value(f"CHANNEL_{channel.value}"),
        target=_target(target),
        category=_CATEGORY.Value(f"CATEGORY_{category.value}"),
        text=text(told, field="text"),
        contact=text(contact, field="contact"),
        reporter_account_token=account(reporter_account_token) if reporter_account_token else "",
        evidence_digests=evidence,
        content_copy=content,
        operation_id=text(operation_id, field="operation_id"),
    )
    return rpc(_SERVICE, "FileTipOff", request, reading.filed, request_id=chosen)


def follow(reference: str, secret: str) -> Rpc[FollowedTipOff]:
    """Return what a reporter may read; raises NotFound, and TooManyAttempts after ten wrong tries a day."""
    request = pb.FollowTipOffRequest(
        reference=text(reference, field="reference"), secret=text(secret, field="secret")
    )
    return rpc(_SERVICE, "FollowTipOff", request, reading.followed)


def assign(
    tip_off: TipOffReport, *, key: ModeratorKey, to: str = "", request_id: RequestId = None
) -> Rpc[TipOffReport]:
    """Assign a report that is still assigned as you read it; raises PreconditionFailed (ASSIGNEE_CHANGED).

    to: another moderator than the one who signs.
    """
    chosen, assignee = chosen_id(request_id), _moderator(to or key.moderator_id)
    fields = (tip_off.tip_off_id, assignee, tip_off.moderator_id)
    request = pb.AssignTipOffRequest(
        request_id=chosen,
        tip_off_id=tip_off.tip_off_id,
        moderator_id=assignee,
        former_moderator_id=tip_off.moderator_id,
        signature=sanctions.act(key, chosen, "AssignTipOff", *fields),
    )
    return rpc(_SERVICE, "AssignTipOff", request, reading.report, request_id=chosen)


def hand_back(tip_off_id: str, *, key: ModeratorKey, request_id: RequestId = None) -> Rpc[TipOffReport]:
    """Hand a report back to the queue, by its assignee; raises PreconditionFailed."""
    chosen = chosen_id(request_id)
    request = pb.ReturnTipOffRequest(
        request_id=chosen,
        tip_off_id=_tip_off(tip_off_id),
        moderator_id=key.moderator_id,
        signature=sanctions.act(key, chosen, "ReturnTipOff", tip_off_id, key.moderator_id),
    )
    return rpc(_SERVICE, "ReturnTipOff", request, reading.report, request_id=chosen)


def add_note(
    tip_off_id: str, note: str, *, key: ModeratorKey, request_id: RequestId = None
) -> Rpc[TipOffReport]:
    """Add a note that only your staff read; raises PreconditionFailed."""
    chosen, words = chosen_id(request_id), text(note, field="note")
    request = pb.AddTipOffNoteRequest(
        request_id=chosen,
        tip_off_id=_tip_off(tip_off_id),
        moderator_id=key.moderator_id,
        note=words,
        signature=sanctions.act(key, chosen, "AddTipOffNote", tip_off_id, key.moderator_id, words=words),
    )
    return rpc(_SERVICE, "AddTipOffNote", request, reading.report, request_id=chosen)


def answer(
    tip_off_id: str, reply: str, *, key: ModeratorKey, request_id: RequestId = None
) -> Rpc[TipOffReport]:
    """Reply to the reporter, and to those of merged reports; raises PreconditionFailed with both states."""
    chosen, words = chosen_id(request_id), text(reply, field="reply")
    request = pb.AnswerTipOffRequest(
        request_id=chosen,
        tip_off_id=_tip_off(tip_off_id),
        moderator_id=key.moderator_id,
        reply=words,
        signature=sanctions.act(key, chosen, "AnswerTipOff", tip_off_id, key.moderator_id, words=words),
    )
    return rpc(_SERVICE, "AnswerTipOff", request, reading.report, request_id=chosen)


def uphold(
    tip_off_id: str,
    sanction: UpheldSanction,
    *,
    key: ModeratorKey,
    reply: str = "",
    request_id: RequestId = None,
) -> Rpc[TipOffReport]:
    """Decide that a report was right, and impose a sanction: both or neither.

    reply: required if the reporter has none yet. Raises what `sanctions.impose` raises, and
    PreconditionFailed.
    """
    chosen = chosen_id(request_id)
    signed = sanctions.imposition(
        sanction.account_token,
        sanction.degree,
        sanction.statement,
        key=key,
        measure=sanction.measure,
        scope=sanction.scope,
        operation_id=sanction.operation_id,
        public_account_id=sanction.public_account_id,
        signed_id=chosen,
    )
    request = pb.ResolveTipOffRequest(request_id=chosen, outcome=pb.TipOff.OUTCOME_UPHELD, sanction=signed)
    return _resolve(request, tip_off_id, key, reply)


def dismiss(
    tip_off_id: str,
    reason: Dismissal,
    *,
    key: ModeratorKey,
    reply: str = "",
    request_id: RequestId = None,
) -> Rpc[TipOffReport]:
    """Dismiss a report; reply: required if the reporter has none yet."""
    request = pb.ResolveTipOffRequest(
        request_id=chosen_id(request_id),
        outcome=pb.TipOff.OUTCOME_DISMISSED,
        dismissal=pb.TipOff.Dismissal.Value(f"DISMISSAL_{reason.value}"),
    )
    return _resolve(request, tip_off_id, key, reply)


def find_abusive(
    tip_off_id: str, *, key: ModeratorKey, reply: str = "", request_id: RequestId = None
) -> Rpc[TipOffReport]:
    """Decide that a report was abusive: its reporter is warned, and limited the next time."""
    request = pb.ResolveTipOffRequest(request_id=chosen_id(request_id), outcome=pb.TipOff.OUTCOME_ABUSIVE)
    return _resolve(request, tip_off_id, key, reply)


def merge(
    tip_off_id: str,
    duplicate_ids: Sequence[str],
    *,
    key: ModeratorKey,
    request_id: RequestId = None,
) -> Rpc[TipOffReport]:
    """Merge reports of the same matter into one, up to 100 in a call; raises PreconditionFailed."""
    chosen = chosen_id(request_id)
    merged = [text(each, field="duplicate_ids") for each in duplicate_ids]
    fields = (_tip_off(tip_off_id), key.moderator_id, *merged)
    request = pb.MergeTipOffsRequest(
        request_id=chosen,
        tip_off_id=tip_off_id,
        moderator_id=key.moderator_id,
        duplicate_ids=merged,
        signature=sanctions.act(key, chosen, "MergeTipOffs", *fields),
    )
    return rpc(_SERVICE, "MergeTipOffs", request, reading.report, request_id=chosen)


def get(tip_off_id: str) -> Rpc[TipOffCase]:
    """Return a report with its texts; raises NotFound."""
    request = pb.GetTipOffRequest(tip_off_id=_tip_off(tip_off_id))
    return rpc(_SERVICE, "GetTipOff", request, reading.case)


def list_page(
    *,
    state: TipOffState | None = None,
    open_only: bool = False,
    due_before: datetime | None = None,
    moderator_id: str = "",
    target: TipOffTarget | None = None,
    category: SanctionCategory | None = None,
    operation_id: str = "",
    page_size: int = 100,
    page_token: str = "",
) -> Rpc[TipOffPage]:
    """Return a page of reports in the order of the queue; overdue ones: open_only, and due_before now."""
    request = pb.ListTipOffsRequest(
        state=pb.TipOff.State.Value(f"STATE_{state.value}") if state else pb.TipOff.STATE_UNSPECIFIED,
        open_only=open_only,
        moderator_id=_moderator(moderator_id),
        target=_target(target) if target else None,
        category=_CATEGORY.Value(f"CATEGORY_{category.value}")
        if category
        else _CATEGORY.CATEGORY_UNSPECIFIED,
        operation_id=text(operation_id, field="operation_id"),
        page_size=page_size,
        page_token=text(page_token, field="page_token"),
    )
    if due_before is not None:
        request.due_before_time.FromDatetime(due_before)
    return rpc(_SERVICE, "ListTipOffs", request, reading.page)


def set_reporter_standing(
    reporter_id: str,
    standing: ReporterStanding,
    *,
    key: ModeratorKey,
    limit_end: datetime | None = None,
    request_id: RequestId = None,
) -> Rpc[TipOffReporter]:
    """Make a reporter a trusted flagger, limit one until a time, or end either; raises NotFound."""
    chosen = chosen_id(request_id)
    request = pb.SetReporterStandingRequest(
        request_id=chosen,
        reporter_id=text(reporter_id, field="reporter_id"),
        standing=pb.Reporter.Standing.Value(f"STANDING_{standing.value}"),
    )
    if limit_end is not None:
        request.limit_end_time.FromDatetime(limit_end)
    end = request.limit_end_time.seconds if limit_end is not None else ""
    fields = (reporter_id, request.standing, end)
    request.signature.CopyFrom(sanctions.act(key, chosen, "SetReporterStanding", *fields))
    return rpc(_SERVICE, "SetReporterStanding", request, reading.reporter, request_id=chosen)


def list_reporters(
    *, standing: ReporterStanding | None = None, page_size: int = 100, page_token: str = ""
) -> Rpc[ReporterPage]:
    """Return a page of reporters by id: of all, or in one standing."""
    kinds = pb.Reporter
    request = pb.ListReportersRequest(
        standing=kinds.Standing.Value(f"STANDING_{standing.value}")
        if standing
        else kinds.STANDING_UNSPECIFIED,
        page_size=page_size,
        page_token=text(page_token, field="page_token"),
    )
    return rpc(_SERVICE, "ListReporters", request, reading.reporter_page)


def _resolve(
    request: pb.ResolveTipOffRequest, tip_off_id: str, key: ModeratorKey, reply: str
) -> Rpc[TipOffReport]:
    """Sign a decision, and its sanction's signature with it."""
    words = text(reply, field="reply")
    request.tip_off_id, request.moderator_id, request.reply = _tip_off(tip_off_id), key.moderator_id, words
    fields = (
        tip_off_id,
        key.moderator_id,
        request.outcome,
        request.dismissal,
        request.sanction.signature.signature,
    )
    signature = sanctions.act(key, request.request_id, "ResolveTipOff", *fields, words=words)
    request.signature.CopyFrom(signature)
    return rpc(_SERVICE, "ResolveTipOff", request, reading.report, request_id=request.request_id)


def _target(target: TipOffTarget) -> pb.TipOffTarget:
    name = reading.KINDS[target.kind]
    return pb.TipOffTarget(**{name: text(target.key, field=f"target.{name}")})


def _tip_off(tip_off_id: str) -> str:
    return text(tip_off_id, field="tip_off_id")


def _moderator(moderator_id: str) -> str:
    return text(moderator_id, field="moderator_id")
