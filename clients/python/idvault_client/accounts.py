"""What a backend sends and what it gets back, as frozen values; none shows a name or a number."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from idvault.domain.document import DocumentType
from idvault.domain.organization import OrganizationCategory
from idvault.domain.status import Assurance, Standing, State, SubjectKind
from idvault.domain.verification import ClaimState
from idvault_client.reasons import FailureReason
from idvault_client.receipt import Receipt


@dataclass(frozen=True, slots=True)
class IdentityDocument:
    """A document as its owner typed it; the vault normalises and checks the number."""

    type: DocumentType
    number: str = field(repr=False)


def resident_id(number: str) -> IdentityDocument:
    """Return a resident identity card (GB 11643-1999, 18 characters)."""
    return IdentityDocument(DocumentType.RESIDENT_ID, number)


def residence_permit(number: str) -> IdentityDocument:
    """Return a residence permit of Hong Kong, Macau and Taiwan residents (18 characters)."""
    return IdentityDocument(DocumentType.RESIDENCE_PERMIT, number)


def foreign_permanent_resident(number: str) -> IdentityDocument:
    """Return a foreign permanent resident identity card (18 characters, or 3 letters and 12 digits)."""
    return IdentityDocument(DocumentType.FOREIGN_PERMANENT_RESIDENT, number)


def unified_social_credit_code(number: str) -> IdentityDocument:
    """Return an organisation's unified social credit code (GB 32100-2015, 18 characters)."""
    return IdentityDocument(DocumentType.UNIFIED_SOCIAL_CREDIT_CODE, number)


@dataclass(frozen=True, slots=True)
class Consent:
    """Which version of your terms the person agreed to, and when (an aware datetime, not in the future)."""

    policy_version: str
    agree_time: datetime

    def __post_init__(self) -> None:
        """Refuse a time without a zone: it would be another moment on another machine."""
        if self.agree_time.tzinfo is None:
            raise ValueError("agree_time needs a time zone, for example datetime.now(UTC)")


@dataclass(frozen=True, slots=True)
class Status:
    """All that the vault tells of an account; of two, the one with the higher revision is the newer.

    A None in subject_kind, state, standing or assurance is a value that this client does not know.
    organization_category is None too of a person, and of an organisation until it is verified.
    expire_date is the first day on which the account is EXPIRED, in the deployment's time zone.
    May be cached until a higher revision is seen, at most 60 seconds.
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

    @property
    def is_verified(self) -> bool:
        """Whether to show the badge: verified by the registry, not run out, and the account not closed."""
        return self.state is State.VERIFIED and self.standing not in (Standing.CLOSED, None)


@dataclass(frozen=True, slots=True)
class Statuses:
    """The statuses of many accounts in the order asked, and the tokens that are not yours or do not exist."""

    statuses: tuple[Status, ...]
    unknown_account_tokens: tuple[str, ...]

    @property
    def by_token(self) -> dict[str, Status]:
        """The statuses by account token."""
        return {status.account_token: status for status in self.statuses}


@dataclass(frozen=True, slots=True)
class Verification:
    """A claim and where it stands.

    account_token is always set. failure_reason is FailureReason.UNSPECIFIED unless the claim failed;
    retry_after is zero unless it is pending: ask get_verification with request_id after that long.
    receipt: the owner's proof that the identity is sealed and logged; None unless the claim succeeded. It
    becomes complete when a checkpoint covers it; answers about one claim are equal all the same.
    """

    request_id: str
    account_token: str
    state: ClaimState | None
    status: Status
    failure_reason: FailureReason
    retry_after: timedelta
    receipt: Receipt | None = field(default=None, compare=False)

    @property
    def succeeded(self) -> bool:
        """Whether the registry confirmed the claim."""
        return self.state is ClaimState.SUCCEEDED

    @property
    def failed(self) -> bool:
        """Whether the claim ended without success; failure_reason says why."""
        return self.state is ClaimState.FAILED

    @property
    def pending(self) -> bool:
        """Whether the registry has not answered yet; an outcome unknown to this client is asked again too."""
        return not self.succeeded and not self.failed
