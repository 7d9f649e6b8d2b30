"""Account statuses as a backend sees them, and the signed statements about them for third parties."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from idvault.v1 import status_pb2
from idvault.verify.account import AccountState as State
from idvault.verify.account import Assurance, Standing, SubjectKind
from idvault.verify.organization import OrganizationCategory
from idvault_client.backend.rpc import RequestId, Rpc, account, call, chosen_id, rpc
from idvault_client.codec import REQUIRED, Id, Named
from idvault_client.offline import disclosure_history
from idvault_client.offline.disclosure_history import DisclosureHistory

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

    account_token: Id
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


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A signed token for one audience, and when it expires; `idvault_client.offline` checks it."""

    token: Annotated[str, Named("status_token", "status_credential"), REQUIRED]
    expires_at: Annotated[datetime, Named("expire_time")]


def get_status(account_token: str) -> Rpc[Status]:
    """Return the status of one account; raises NotFound, AccessDenied, Unavailable."""
    return call(_SERVICE, "GetStatus", Status, account_token=account_token)


def batch_get_statuses(account_tokens: Iterable[str]) -> list[Rpc[Statuses]]:
    """Return the calls that read many statuses: at most 1,000 tokens in one call, a repeated token once."""
    if isinstance(account_tokens, str):
        raise TypeError("account_tokens must be several tokens, not one text")
    tokens = [account(token) for token in dict.fromkeys(account_tokens)]
    parts = [tokens[start : start + BATCH_SIZE] for start in range(0, len(tokens), BATCH_SIZE)]
    return [call(_SERVICE, "BatchGetStatuses", Statuses, account_tokens=part) for part in parts]


def join(parts: Sequence[Statuses]) -> Statuses:
    """Return the answers of one batch as one answer."""
    return Statuses(
        tuple(status for part in parts for status in part.statuses),
        tuple(token for part in parts for token in part.unknown_account_tokens),
    )


def get_disclosure_history(account_token: str) -> Rpc[DisclosureHistory]:
    """Return every disclosure of an account's records before a horizon, with its proofs.

    Raises NotFound, AccessDenied, Unavailable, RecordDamaged.
    """
    request = status_pb2.GetDisclosureHistoryRequest(account_token=account(account_token))
    return rpc(_SERVICE, "GetDisclosureHistory", request, disclosure_history.read_answer)


def issue_status_token(account_token: str, audience: str) -> Rpc[IssuedToken]:
    """Return a statement for a third party about an account's current status, valid for ten minutes.

    audience: who will check it. Raises InvalidFields, NotFound, AccessDenied, Unavailable.
    """
    return call(_SERVICE, "IssueStatusToken", IssuedToken, account_token=account_token, audience=audience)


def issue_status_credential(
    account_token: str, audience: str, *, public_account_id: str = "", request_id: RequestId = None
) -> Rpc[IssuedToken]:
    """Return a credential for a third party, valid for 30 days while its entry in a public list says so.

    It is the one that the account has for this audience, unless a new one would live 20 days longer.
    public_account_id: attests this public account of the account's, by its own id, as long as it is active.
    request_id: a UUID that you saved before the call; the same id gives the same credential. Raises
    InvalidFields, RequestIdReused, NotFound, PreconditionFailed, Exhausted, AccessDenied, Unavailable.
    """
    return call(
        _SERVICE,
        "IssueStatusCredential",
        IssuedToken,
        request_id=chosen_id(request_id),
        account_token=account_token,
        audience=audience,
        public_account_id=public_account_id,
    )
