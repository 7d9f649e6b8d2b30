"""The client of an authority's officer for joint operations: signs them here, and reads their counts."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from idvault_client import codec
from idvault_client.codec import Id
from idvault_people import paging
from idvault_people.member import MemberClient
from idvault_people.trust import FindingError
from idvault_verify.attest import order as papers
from idvault_verify.attest.disclosure import PaperError
from idvault_verify.attest.order import JointTerms
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.offline import order as order_check
from idvault_verify.offline.order import OrderError
from idvault_verify.sanction import Degree, SanctionCategory
from idvault_verify.v1 import authority_pb2

_ID_SIZE, _PAGE = 16, 100


@dataclass(frozen=True, slots=True)
class DegreeCount:
    """How many sanctions of a degree came into force; withheld: whether they are 1 to 4, and count is 0."""

    degree: Degree | None
    count: int
    withheld: bool


@dataclass(frozen=True, slots=True)
class CountsOfPlatform:
    """What belongs to an operation at one platform; reports_withheld: as of a degree."""

    platform: str
    sanctions: tuple[DegreeCount, ...]
    reports: int
    reports_withheld: bool


@dataclass(frozen=True, slots=True)
class OpenedOperation:
    """A joint operation. counts: as the platforms' moderators name it, only from `begin` and `get`."""

    operation_id: Id
    signed_operation: bytes = field(repr=False)
    open_time: datetime
    begin_time: datetime
    end_time: datetime
    counts: tuple[CountsOfPlatform, ...] = ()

    @property
    def terms(self) -> JointTerms:
        """What was signed."""
        return papers.parse_operation(self.signed_operation)


@dataclass(frozen=True, kw_only=True, slots=True)
class JointOfficer(MemberClient):
    """An officer's client for joint operations. random: returns the given number of unpredictable bytes."""

    random: Callable[[int], bytes]

    def operation(
        self,
        title: str,
        *,
        categories: Sequence[SanctionCategory],
        platforms: Sequence[str],
        first_day: date,
        last_day: date,
    ) -> JointTerms:
        """Return an operation that is not signed yet; raises InvalidError for terms that are not allowed."""
        made = JointTerms(
            operation_id=self.random(_ID_SIZE).hex(),
            authority=self.identity.name,
            title=title,
            categories=tuple(each for each in SanctionCategory if each in categories),
            platforms=tuple(sorted(set(platforms))),
            first_day=first_day,
            last_day=last_day,
            create_time=int(self.now().timestamp()),
            roster_digest=self.trust.roster.digest(),
        )
        made.check()
        return made

    def begin(self, terms: JointTerms, *, code: str) -> OpenedOperation:
        """Sign and send an operation; raises VaultError, FindingError."""
        canonical = terms.canonical()
        signed = canonical + self.identity.sign(canonical)
        request = authority_pb2.OpenJointOperationRequest(
            request_id=self.request_id(), signed_operation=signed, code=code
        )
        found = self._checked(
            self.edge.call("AuthorityService/OpenJointOperation", request, authority_pb2.JointOperation)
        )
        if found.signed_operation != signed:
            raise FindingError(Finding.OTHER_REQUEST, "the vault answers with another operation")
        return found

    def get(self, operation_id: str) -> OpenedOperation:
        """Return an operation with its counts as of now; raises VaultError, FindingError."""
        request = authority_pb2.GetJointOperationRequest(operation_id=operation_id)
        found = self._checked(
            self.edge.call("AuthorityService/GetJointOperation", request, authority_pb2.JointOperation)
        )
        if found.operation_id != operation_id:
            raise FindingError(Finding.OTHER_REQUEST, "the vault answers with another operation")
        return found

    def every(self) -> Iterator[OpenedOperation]:
        """Yield the operations in the order in which they were opened; raises VaultError, FindingError."""

        def ask(token: str) -> authority_pb2.ListJointOperationsResponse:
            request = authority_pb2.ListJointOperationsRequest(page_size=_PAGE, page_token=token)
            return self.edge.call(
                "AuthorityService/ListJointOperations", request, authority_pb2.ListJointOperationsResponse
            )

        for page in paging.pages(ask):
            yield from map(self._checked, page.operations)

    def _checked(self, answer: authority_pb2.JointOperation) -> OpenedOperation:
        found = codec.read(OpenedOperation, answer)
        try:
            terms = found.terms
            order_check.check_operation(
                found.signed_operation, platform=terms.platforms[0], versions=self.trust.versions, known=True
            )
        except (PaperError, OrderError) as error:
            text = f"the vault shows a false operation: {error}"
            raise FindingError(Finding.SIGNATURE_INVALID, text) from error
        if (terms.authority, terms.operation_id) != (self.identity.name, found.operation_id):
            raise FindingError(Finding.OTHER_REQUEST, "the vault describes an operation in other words")
        return found
