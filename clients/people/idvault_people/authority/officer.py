"""The client of an authority's officer: signs orders on this machine, and reads what became of them.

What the vault answers is accepted only if it is what was signed here: every order and withdrawal that it
shows must have this authority's signature. What platforms have done, and when, is the vault's and the
platform's word; a missed deadline is in the public log as well.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import file_digest
from pathlib import Path

from idvault_client import codec
from idvault_client.codec import Id
from idvault_people import paging
from idvault_people.member import MemberClient
from idvault_people.trust import FindingError
from idvault_verify import order as order_values
from idvault_verify.attest import order as order_papers
from idvault_verify.attest.order import OrderTerms, WithdrawalTerms
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.offline import order as order_check
from idvault_verify.offline.order import OrderError
from idvault_verify.order import OrderMeasure
from idvault_verify.sanction import OrderState
from idvault_verify.tip_off import TargetKind
from idvault_verify.v1 import authority_pb2, sanction_pb2

_ID_SIZE, _PAGE = 16, 100


@dataclass(frozen=True, slots=True)
class OrderDocument:
    """The document that an order belongs to; it goes to the platform by another way. digest: SHA-256."""

    digest: bytes
    size: int

    @staticmethod
    def of(path: Path) -> "OrderDocument":
        """Return digest and size of a file, which stays where it is; raises OSError."""
        with path.open("rb") as file:
            return OrderDocument(file_digest(file, "sha256").digest(), file.tell())


@dataclass(frozen=True, slots=True)
class GivenOrder:
    """An order as it stands; state is None if this client does not know it.

    signed_order, signed_withdrawal: what this authority signed. The rest is what the vault says of it.
    """

    order_id: Id
    platform: str
    signed_order: bytes = field(repr=False)
    state: OrderState | None
    issue_time: datetime
    deadline: datetime
    acknowledge_time: datetime | None
    object_time: datetime | None
    objection: str = field(repr=False)
    carry_out_time: datetime | None
    missed: bool
    withdraw_time: datetime | None
    signed_withdrawal: bytes = field(repr=False)

    @property
    def terms(self) -> OrderTerms:
        """What was signed."""
        return order_papers.parse_order(self.signed_order)


@dataclass(frozen=True, kw_only=True, slots=True)
class Officer(MemberClient):
    """An officer's client. random: returns the given number of unpredictable bytes."""

    random: Callable[[int], bytes]

    def orders(
        self,
        targets: Sequence[tuple[str, str]],
        *,
        kind: TargetKind,
        measure: OrderMeasure,
        reference: str,
        legal_basis: str,
        deadline: datetime,
        document: OrderDocument,
    ) -> list[OrderTerms]:
        """Return orders that are not signed yet; raises InvalidError for terms that are not allowed.

        targets: each platform, with the target there.
        """
        made = [
            OrderTerms(
                order_id=self.random(_ID_SIZE).hex(),
                authority=self.identity.name,
                platform=platform,
                target_kind=kind,
                target=target,
                measure=measure,
                reference=reference,
                legal_basis=legal_basis,
                document_digest=document.digest,
                document_size=document.size,
                create_time=int(self.now().timestamp()),
                deadline=int(deadline.timestamp()),
                roster_digest=self.trust.roster.digest(),
            )
            for platform, target in targets
        ]
        for each in made:
            each.check()
            order_values.check_notice(deadline=each.deadline_at, received_at=each.created_at)
        return made

    def issue(self, orders: Sequence[OrderTerms], *, code: str) -> list[GivenOrder]:
        """Sign and send orders, all or none; raises VaultError, FindingError."""
        signed = [self._signed(each.canonical()) for each in orders]
        request = authority_pb2.IssueOrdersRequest(
            request_id=self.request_id(), signed_orders=signed, code=code
        )
        answer = self.edge.call("AuthorityService/IssueOrders", request, authority_pb2.IssueOrdersResponse)
        if [each.signed_order for each in answer.orders] != signed:
            raise FindingError(Finding.OTHER_REQUEST, "the vault answers with other orders")
        return [self._given(each) for each in answer.orders]

    def withdraw(self, order: GivenOrder, reason: str, *, code: str) -> GivenOrder:
        """Withdraw an order for good; raises InvalidError, VaultError, FindingError."""
        terms = WithdrawalTerms(
            order_id=order.order_id,
            order_digest=order_papers.digest(order.signed_order),
            authority=self.identity.name,
            reason=reason,
            create_time=int(self.now().timestamp()),
        )
        terms.check()
        request = authority_pb2.WithdrawOrderRequest(
            request_id=self.request_id(), signed_withdrawal=self._signed(terms.canonical()), code=code
        )
        return self._given(
            self.edge.call("AuthorityService/WithdrawOrder", request, authority_pb2.IssuedOrder)
        )

    def get(self, order_id: str) -> GivenOrder:
        """Return one order as of now; raises VaultError, FindingError."""
        request = authority_pb2.GetIssuedOrderRequest(order_id=order_id)
        found = self._given(
            self.edge.call("AuthorityService/GetIssuedOrder", request, authority_pb2.IssuedOrder)
        )
        if found.order_id != order_id:
            raise FindingError(Finding.OTHER_REQUEST, "the vault answers with another order")
        return found

    def every(self, *, state: OrderState | None = None) -> Iterator[GivenOrder]:
        """Yield the orders, in the order in which they were given; raises VaultError, FindingError."""
        word = "UNSPECIFIED" if state is None else state.value
        wanted = sanction_pb2.RecordedOrder.State.Value(f"STATE_{word}")

        def ask(token: str) -> authority_pb2.ListIssuedOrdersResponse:
            request = authority_pb2.ListIssuedOrdersRequest(state=wanted, page_size=_PAGE, page_token=token)
            return self.edge.call(
                "AuthorityService/ListIssuedOrders", request, authority_pb2.ListIssuedOrdersResponse
            )

        for page in paging.pages(ask):
            yield from map(self._given, page.orders)

    def _signed(self, canonical: bytes) -> bytes:
        return canonical + self.identity.sign(canonical)

    def _given(self, answer: authority_pb2.IssuedOrder) -> GivenOrder:
        """Return an order after a check that this authority gave it, in these words."""
        found, versions = codec.read(GivenOrder, answer), self.trust.versions
        try:
            checked = order_check.check(
                found.signed_order, platform=found.platform, versions=versions, known=True
            )
            if found.signed_withdrawal:
                order_check.check_withdrawal(
                    found.signed_withdrawal, of=found.signed_order, versions=versions
                )
        except OrderError as error:
            raise FindingError(
                Finding.SIGNATURE_INVALID, f"the vault shows a false order: {error}"
            ) from error
        said = (checked.terms.authority, checked.terms.order_id, checked.terms.deadline_at)
        if said != (self.identity.name, found.order_id, found.deadline):
            raise FindingError(Finding.OTHER_REQUEST, "the vault describes an order in other words")
        if bool(found.signed_withdrawal) is not (found.withdraw_time is not None):
            raise FindingError(Finding.OTHER_REQUEST, "the vault says that an order is withdrawn, or is not")
        return found
