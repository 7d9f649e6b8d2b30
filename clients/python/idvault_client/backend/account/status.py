"""Account statuses: the values that a backend gets, and the calls that read them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from idvault.v1 import common_pb2, status_pb2
from idvault.verify.account import AccountState as State
from idvault.verify.account import Assurance, Standing, SubjectKind
from idvault.verify.organization import OrganizationCategory
from idvault_client.backend.rpc import Rpc, account, choice, rpc

BATCH_SIZE = 1000
"""How many accounts one BatchGetStatuses takes."""
_SERVICE = status_pb2.DESCRIPTOR.services_by_name["StatusService"]


@dataclass(frozen=True, slots=True)
class Status:
    """The published status of an account; of two statuses the one with the higher revision is newer.

    subject_kind, state, standing and assurance are None for a value that this client does not know.
    organization_category is also None for a person, and for an organisation until it is verified.
    expire_date is the first day on which the account is EXPIRED, in the deployment's time zone.
    standing_until is when the standing falls by itself, None if it does not; ask again then. erase_time is
    when the account is erased if that is requested: tell its owner, who can cancel it. None otherwise.
    A status may be cached until a higher revision is seen, and for at most 60 seconds.
    """

    account_token: str
    subject_kind: SubjectKind | None
    state: State | None
    standing: Standing | None
    assurance: Assurance | None
    revision: int
    verify_date: date | None
    expire_date: date | None
    organization_category: OrganizationCategory | None = None
    standing_until: datetime | None = None
    erase_time: datetime | None = None

    @property
    def is_verified(self) -> bool:
        """Whether to show the badge: confirmed by the registry, neither expired nor closed."""
        return self.state is State.VERIFIED and self.standing not in (Standing.CLOSED, None)

    @property
    def may_operate(self) -> bool:
        """Whether the account may publish for an organisation that named it its operator."""
        barred = (Standing.RENEWAL_SUSPENDED, Standing.CLOSED, None)
        person = self.subject_kind is SubjectKind.INDIVIDUAL
        return person and self.state is State.VERIFIED and self.standing not in barred


@dataclass(frozen=True, slots=True)
class Statuses:
    """The statuses of many accounts in the order requested, and the tokens that are unknown or not yours."""

    statuses: tuple[Status, ...]
    unknown_account_tokens: tuple[str, ...]

    @property
    def by_token(self) -> dict[str, Status]:
        """The statuses by account token."""
        return {status.account_token: status for status in self.statuses}


def get_status(account_token: str) -> Rpc[Status]:
    """Return the status of one account; raises NotFound, AccessDenied, Unavailable."""
    request = status_pb2.GetStatusRequest(account_token=account(account_token))
    return rpc(_SERVICE, "GetStatus", request, _read_status)


def batch_get_statuses(account_tokens: Iterable[str]) -> list[Rpc[Statuses]]:
    """Return the calls that read many statuses: at most 1,000 tokens in one call, a repeated token once."""
    if isinstance(account_tokens, str):
        raise TypeError("account_tokens must be several tokens, not one text")
    tokens = [account(token) for token in dict.fromkeys(account_tokens)]
    return [
        rpc(
            _SERVICE,
            "BatchGetStatuses",
            status_pb2.BatchGetStatusesRequest(account_tokens=tokens[start : start + BATCH_SIZE]),
            _read_statuses,
        )
        for start in range(0, len(tokens), BATCH_SIZE)
    ]


def join(parts: Sequence[Statuses]) -> Statuses:
    """Return the answers of one batch as one answer."""
    return Statuses(
        tuple(status for part in parts for status in part.statuses),
        tuple(token for part in parts for token in part.unknown_account_tokens),
    )


def read(answer: common_pb2.AccountStatus) -> Status:
    """Return the status of a message; raises ValueError if it breaks the contract."""
    kinds = common_pb2.AccountStatus.DESCRIPTOR.enum_types_by_name
    common = common_pb2.DESCRIPTOR.enum_types_by_name
    subject, category = common["SubjectKind"], common["OrganizationCategory"]
    if not answer.account_token:
        raise ValueError("a status without account")
    return Status(
        account_token=answer.account_token,
        subject_kind=choice(SubjectKind, subject, answer.subject_kind),
        state=choice(State, kinds["State"], answer.state),
        standing=choice(Standing, kinds["Standing"], answer.standing),
        assurance=choice(Assurance, kinds["Assurance"], answer.assurance),
        revision=answer.revision,
        verify_date=_day(answer.verify_date),
        expire_date=_day(answer.expire_date),
        organization_category=choice(OrganizationCategory, category, answer.organization_category),
        standing_until=answer.standing_until.ToDatetime(UTC) if answer.HasField("standing_until") else None,
        erase_time=answer.erase_time.ToDatetime(UTC) if answer.HasField("erase_time") else None,
    )


def _read_status(data: bytes) -> Status:
    return read(common_pb2.AccountStatus.FromString(data))


def _read_statuses(data: bytes) -> Statuses:
    answer = status_pb2.BatchGetStatusesResponse.FromString(data)
    return Statuses(tuple(map(read, answer.statuses)), tuple(answer.unknown_account_tokens))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
