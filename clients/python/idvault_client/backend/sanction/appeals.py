"""The calls of SanctionService for appeals, and the values that they return."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from google.protobuf.message import Message

from idvault.v1 import sanction_pb2 as pb
from idvault.verify.attest import sanction as papers
from idvault.verify.attest.moderator_key import ModeratorKey
from idvault.verify.sanction import AppealState
from idvault_client.backend.rpc import RequestId, Rpc, account, choice, chosen_id, rpc, text
from idvault_client.backend.sanction import calls
from idvault_client.backend.sanction.values import AccountSanction

_SERVICE = pb.DESCRIPTOR.services_by_name["SanctionService"]
_KIND = pb.Appeal.DESCRIPTOR.enum_types_by_name["State"]


@dataclass(frozen=True, slots=True)
class AccountAppeal:
    """An appeal of one of your accounts; state is None if this client does not know it.

    due_time: until when it must be decided. outside_body, outside_due_time: where the owner can go after a
    rejection, and until when. text: what the owner wrote, only from `get_appeal`, empty once it is deleted;
    text_delete_time: when that is.
    """

    appeal_id: str
    sanction_id: str
    account_token: str
    state: AppealState | None
    file_time: datetime
    due_time: datetime
    overdue: bool
    decide_time: datetime | None
    decide_moderator_id: str
    reason: str = field(repr=False)
    outside_body: str
    outside_due_time: datetime | None
    text_delete_time: datetime | None
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AppealPage:
    """A page of appeals, oldest first; next_page_token is empty at the end."""

    appeals: tuple[AccountAppeal, ...]
    next_page_token: str


def file_appeal(sanction_id: str, words: str, *, request_id: RequestId = None) -> Rpc[AccountAppeal]:
    """File the owner's appeal, 1 to 2,000 characters; raises NotFound and PreconditionFailed."""
    chosen = chosen_id(request_id)
    request = pb.FileAppealRequest(
        request_id=chosen,
        sanction_id=text(sanction_id, field="sanction_id"),
        text=text(words, field="text"),
    )
    return rpc(_SERVICE, "FileAppeal", request, _read, request_id=chosen)


def decide_appeal(
    appeal: AccountAppeal,
    verdict: AppealState,
    reason: str,
    *,
    sanction: AccountSanction,
    key: ModeratorKey,
    request_id: RequestId = None,
) -> Rpc[AccountAppeal]:
    """Decide an appeal against a sanction, UPHELD or REJECTED.

    Raises PreconditionFailed with both states, and AccessDenied for a moderator who imposed or confirmed it.
    """
    chosen = chosen_id(request_id)
    occasion = key.occasion(chosen, now=datetime.now(UTC))
    paper = papers.appeal_decision(
        occasion,
        appeal_id=appeal.appeal_id,
        paper_digest=sanction.paper_digest,
        verdict=verdict.value,
        reason=text(reason, field="reason"),
    )
    request = pb.DecideAppealRequest(
        request_id=chosen,
        appeal_id=appeal.appeal_id,
        verdict=_number(verdict),
        reason=reason,
        signature=calls.signed(key, occasion, paper),
    )
    return rpc(_SERVICE, "DecideAppeal", request, _read, request_id=chosen)


def get_appeal(appeal_id: str) -> Rpc[AccountAppeal]:
    """Return an appeal with its text; raises NotFound."""
    request = pb.GetAppealRequest(appeal_id=text(appeal_id, field="appeal_id"))
    return rpc(_SERVICE, "GetAppeal", request, _read_with_text)


def list_appeals(
    *,
    account_token: str | None = None,
    state: AppealState | None = None,
    overdue: bool = False,
    page_size: int = 100,
    page_token: str = "",
) -> Rpc[AppealPage]:
    """Return a page of appeals without their texts: of all, of an account, in a state, or overdue."""
    request = pb.ListAppealsRequest(
        account_token=account(account_token) if account_token else "",
        state=_number(state) if state else pb.Appeal.STATE_UNSPECIFIED,
        overdue=overdue,
        page_size=page_size,
        page_token=text(page_token, field="page_token"),
    )
    return rpc(_SERVICE, "ListAppeals", request, _read_page)


def _number(state: AppealState) -> pb.Appeal.State.ValueType:
    return pb.Appeal.State.Value(f"STATE_{state.value}")


def _read(data: bytes) -> AccountAppeal:
    return _appeal(pb.Appeal.FromString(data))


def _read_with_text(data: bytes) -> AccountAppeal:
    answer = pb.GetAppealResponse.FromString(data)
    return replace(_appeal(answer.appeal), text=answer.text)


def _read_page(data: bytes) -> AppealPage:
    answer = pb.ListAppealsResponse.FromString(data)
    return AppealPage(tuple(_appeal(one) for one in answer.appeals), answer.next_page_token)


def _appeal(message: pb.Appeal) -> AccountAppeal:
    if not message.appeal_id or not message.account_token:
        raise ValueError("an appeal without id or account")
    return AccountAppeal(
        appeal_id=message.appeal_id,
        sanction_id=message.sanction_id,
        account_token=message.account_token,
        state=choice(AppealState, _KIND, message.state),
        file_time=message.file_time.ToDatetime(UTC),
        due_time=message.due_time.ToDatetime(UTC),
        overdue=message.overdue,
        decide_time=_optional(message, "decide_time"),
        decide_moderator_id=message.decide_moderator_id,
        reason=message.reason,
        outside_body=message.outside_body,
        outside_due_time=_optional(message, "outside_due_time"),
        text_delete_time=_optional(message, "text_delete_time"),
    )


def _optional(message: Message, name: str) -> datetime | None:
    if not message.HasField(name):
        return None
    found: datetime = getattr(message, name).ToDatetime(UTC)
    return found
