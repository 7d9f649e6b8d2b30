"""Account statuses as a backend sees them, and the signed statements about them for third parties."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from idvault_client.codec import REQUIRED, Id, Named
from idvault_verify.account import AccountState as State
from idvault_verify.account import Assurance, Standing, SubjectKind
from idvault_verify.organization import OrganizationCategory
from idvault_verify.v1 import status_pb2

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
    assurances are the facts that the last verification established, without those that this client does not
    know; they have no order. assurance is REGISTRY_MATCH if it confirmed that name and number belong
    together.
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
    assurances: tuple[Assurance, ...] = ()

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
    """A signed token for one audience, and when it expires; `idvault_verify.offline` checks it."""

    token: Annotated[str, Named("status_token", "status_credential"), REQUIRED]
    expires_at: Annotated[datetime, Named("expire_time")]


def join(parts: Sequence[Statuses]) -> Statuses:
    """Return the answers of one batch as one answer."""
    return Statuses(
        tuple(status for part in parts for status in part.statuses),
        tuple(token for part in parts for token in part.unknown_account_tokens),
    )
