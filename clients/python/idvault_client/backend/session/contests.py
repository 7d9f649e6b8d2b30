"""The calls of SessionService for contests ("that was not me"), and the values that they return."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from idvault.session.contest.rules import ContestState
from idvault.v1 import contest_pb2 as pb
from idvault.v1 import session_pb2
from idvault.verify.attest.moderator_key import ModeratorKey
from idvault_client.backend.rpc import RequestId, Rpc, account, choice, chosen_id, rpc, text
from idvault_client.backend.sanction.calls import act

_SERVICE = session_pb2.DESCRIPTOR.services_by_name["SessionService"]
_KIND = pb.Contest.DESCRIPTOR.enum_types_by_name["State"]


@dataclass(frozen=True, slots=True)
class AccountContest:
    """A contest of a verification of one of your accounts; state is None if this client does not know it.

    due_time: until when you must decide it. text: what the owner wrote, only from `get_contest`, empty once
    it is deleted; text_delete_time: when that is.
    """

    contest_id: str
    account_token: str
    verification_id: str
    state: ContestState | None
    file_time: datetime
    due_time: datetime
    overdue: bool
    decide_time: datetime | None
    reason: str = field(repr=False)
    text_delete_time: datetime | None
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ContestPage:
    """A page of contests, oldest first; next_page_token is empty at the end."""

    contests: tuple[AccountContest, ...]
    next_page_token: str


def contest(
    account_token: str, verification_id: str, words: str, *, request_id: RequestId = None
) -> Rpc[AccountContest]:
    """File what the owner says of a verification: that was not me.

    verification_id: claim_id of its receipt. words: 1 to 2,000 characters. Raises NotFound and
    PreconditionFailed.
    """
    chosen = chosen_id(request_id)
    request = pb.ContestVerificationRequest(
        request_id=chosen,
        account_token=account(account_token),
        verification_id=text(verification_id, field="verification_id"),
        text=text(words, field="text"),
    )
    return rpc(_SERVICE, "ContestVerification", request, _read, request_id=chosen)


def decide_contest(
    contest_id: str,
    verdict: ContestState,
    reason: str,
    *,
    key: ModeratorKey,
    request_id: RequestId = None,
) -> Rpc[AccountContest]:
    """Decide a contest, UPHELD (it was not the owner) or REJECTED. reason: shown to the owner.

    The vault changes no account: close it, or ask its owner to open another one. Raises NotFound,
    PreconditionFailed with both states.
    """
    chosen = chosen_id(request_id)
    fields = (text(contest_id, field="contest_id"), _number(verdict), text(reason, field="reason"))
    request = pb.DecideContestRequest(
        request_id=chosen,
        contest_id=contest_id,
        verdict=_number(verdict),
        reason=reason,
        signature=act(key, chosen, "DecideContest", *fields),
    )
    return rpc(_SERVICE, "DecideContest", request, _read, request_id=chosen)


def get_contest(contest_id: str) -> Rpc[AccountContest]:
    """Return a contest with its text; raises NotFound."""
    request = pb.GetContestRequest(contest_id=text(contest_id, field="contest_id"))
    return rpc(_SERVICE, "GetContest", request, _read_with_text)


def list_contests(
    *,
    account_token: str | None = None,
    state: ContestState | None = None,
    overdue: bool = False,
    page_size: int = 100,
    page_token: str = "",
) -> Rpc[ContestPage]:
    """Return a page of contests without their texts: of all, of an account, in a state, or overdue."""
    request = pb.ListContestsRequest(
        account_token=account(account_token) if account_token else "",
        state=_number(state) if state else pb.Contest.STATE_UNSPECIFIED,
        overdue=overdue,
        page_size=page_size,
        page_token=text(page_token, field="page_token"),
    )
    return rpc(_SERVICE, "ListContests", request, _read_page)


def _number(state: ContestState) -> pb.Contest.State.ValueType:
    return pb.Contest.State.Value(f"STATE_{state.value}")


def _read(data: bytes) -> AccountContest:
    return _contest(pb.Contest.FromString(data))


def _read_with_text(data: bytes) -> AccountContest:
    answer = pb.GetContestResponse.FromString(data)
    return replace(_contest(answer.contest), text=answer.text)


def _read_page(data: bytes) -> ContestPage:
    answer = pb.ListContestsResponse.FromString(data)
    return ContestPage(tuple(_contest(one) for one in answer.contests), answer.next_page_token)


def _contest(message: pb.Contest) -> AccountContest:
    if not message.contest_id or not message.account_token:
        raise ValueError("a contest without id or account")
    decided, deleted = message.HasField("decide_time"), message.HasField("text_delete_time")
    return AccountContest(
        contest_id=message.contest_id,
        account_token=message.account_token,
        verification_id=message.verification_id,
        state=choice(ContestState, _KIND, message.state),
        file_time=message.file_time.ToDatetime(UTC),
        due_time=message.due_time.ToDatetime(UTC),
        overdue=message.overdue,
        decide_time=message.decide_time.ToDatetime(UTC) if decided else None,
        reason=message.reason,
        text_delete_time=message.text_delete_time.ToDatetime(UTC) if deleted else None,
    )
