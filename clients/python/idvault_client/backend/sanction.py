"""`Vault.sanctions`: moderators, sanctions, appeals, orders and operations, and the figures of a month.

request_id: a UUID that you saved before the call, so that you can repeat it: it is signed again and remains
the same decision. Without one the client chooses one. Every method raises VaultError and no exception of
gRPC.
"""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from idvault_client import codec
from idvault_client.backend.order import (
    OperationFigure,
    OperationPage,
    OrderPage,
    PlatformOperation,
    PlatformOrder,
    PlatformTemplate,
    TemplatePage,
)
from idvault_client.backend.rpc import AioRunCall, RequestId, call, chosen_id
from idvault_client.backend.signing import by, signed, statement_message
from idvault_client.codec import Id, given, text
from idvault_verify import statement as verify_statement
from idvault_verify.attest import sanction as papers
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.attest.registration import Registration
from idvault_verify.offline.order import CheckedOrder
from idvault_verify.report.figure import AppealFigures, ApplicationFigures, ContentFigures, TipOffFigures
from idvault_verify.sanction import (
    AppealState,
    AuthorityOrder,
    Degree,
    OperationState,
    OrderState,
    SanctionState,
    Scope,
    StatementOfReasons,
)
from idvault_verify.v1 import sanction_pb2 as pb

_SERVICE = pb.DESCRIPTOR.services_by_name["SanctionService"]


@dataclass(frozen=True, slots=True)
class RegisteredModerator:
    """A moderator; revoke_time is None unless the key was revoked."""

    moderator_id: Id
    register_time: datetime
    revoke_time: datetime | None = None
    public_key: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class AccountSanction:
    """A sanction of one of your accounts; degree, state and scope are None if this client does not know them.

    statement: None if it has a word that this client does not know. measure: your own code for how publishing
    is limited. lapse_time: when it ends if nobody acts, None if it does not. start_time: since when it
    applies, None if it never did. paper_digest: SHA-256 of what was signed.
    """

    sanction_id: Id
    account_token: Id
    degree: Degree | None
    state: SanctionState | None
    measure: str
    statement: StatementOfReasons | None
    impose_moderator_id: str
    impose_time: datetime
    paper_digest: bytes
    start_time: datetime | None
    confirm_moderator_id: str
    lapse_time: datetime | None
    finish_time: datetime | None
    lift_moderator_id: str
    lift_reason: str = field(repr=False)
    scope: Scope | None
    operation_id: str
    public_account_id: str


@dataclass(frozen=True, slots=True)
class UpheldSanction:
    """A sanction to impose: of an upheld report. statement: its tip_off is the report's reference.

    measure: your code for how publishing is limited, for LIMIT only. operation_id: "" for the report's
    operation, if it has one and that is open. The other fields are those of
    `sanctions.impose`; a reported public account is named by public_account_id, with its owner's token.
    """

    account_token: str
    degree: Degree
    statement: StatementOfReasons
    measure: str = ""
    scope: Scope = Scope.ACCOUNT
    operation_id: str = ""
    public_account_id: str = ""


@dataclass(frozen=True, slots=True)
class SanctionPage:
    """A page of sanctions, oldest first; next_page_token is empty at the end."""

    sanctions: tuple[AccountSanction, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class AccountAppeal:
    """An appeal of one of your accounts; state is None if this client does not know it.

    due_time: until when it must be decided. outside_body, outside_due_time: where the owner can go after a
    rejection, and until when. text: what the owner wrote, only from `get_appeal`, empty once it is deleted;
    text_delete_time: when that is.
    """

    appeal_id: Id
    sanction_id: str
    account_token: Id
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


@dataclass(frozen=True, slots=True)
class PlatformMonth:
    """What has become by now of everything that began in one month.

    tip_offs, appeals, applications, contests, reinstatements: those that were filed in it. sanctions: those
    that were imposed in it and have come into force. proposals_open: sanctions of the month that wait for a
    second moderator; proposals_ended: those that ended before that. content_measures: those that were imposed
    in it; content_appeals: those against such measures that were filed in it.
    """

    month: str
    tip_offs: TipOffFigures
    sanctions: tuple[OperationFigure, ...]
    proposals_open: int
    proposals_ended: int
    appeals: AppealFigures
    applications: ApplicationFigures
    contests: AppealFigures
    reinstatements: AppealFigures
    content_measures: tuple[ContentFigures, ...]
    content_appeals: AppealFigures


def imposition(wanted: UpheldSanction, *, key: ModeratorKey, signed_id: str) -> dict[str, Any]:
    """Return the fields of a signed sanction without a request id, to send by itself or within a decision.

    signed_id: the request id of the message that it is sent with. Raises InvalidFields.
    """
    wanted = replace(wanted, statement=verify_statement.in_seconds(wanted.statement))
    values = {each.name: getattr(wanted, each.name) for each in fields(wanted)}
    values["statement"] = statement_message(wanted.statement)
    # A text that cannot be sent is refused before it is signed.
    codec.message_of(pb.ImposeSanctionRequest.DESCRIPTOR, values)
    return values | {"signature": signed(key, signed_id, papers.imposition, wanted=wanted)}


def _with_text(answer: pb.GetAppealResponse) -> AccountAppeal:
    return codec.read(AccountAppeal, answer.appeal, text=answer.text)


def _nothing(_answer: pb.DeleteSanctionTemplateResponse) -> None:
    """Return nothing: that there is an answer says it all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AioSanctionClient:
    """Moderators and sanctions. run: makes a call and returns its result, or raises VaultError."""

    run: AioRunCall

    async def register_moderator(self, registration: Registration) -> RegisteredModerator:
        """Register a key that two moderators have countersigned; `key.of(answer.moderator_id)` can then sign.

        A key is one moderator for ever. Raises PreconditionFailed (MODERATORS_TOO_FEW) while your platform
        has fewer than two moderators: the vault's operator names the next one.
        """
        return await self.run(
            call(
                _SERVICE,
                "RegisterModerator",
                RegisteredModerator,
                request_id=chosen_id(registration.request_id),
                public_key=registration.public_key,
                signature=registration.own,
                countersignatures=registration.countersignatures,
            )
        )

    async def revoke_moderator(
        self, moderator_id: str, *, request_id: RequestId = None
    ) -> RegisteredModerator:
        """Revoke a moderator for good; raises NotFound."""
        return await self.run(
            call(
                _SERVICE,
                "RevokeModerator",
                RegisteredModerator,
                request_id=chosen_id(request_id),
                moderator_id=moderator_id,
            )
        )

    async def get_moderator(self, moderator_id: str) -> RegisteredModerator:
        """Return a moderator, revoked or not; raises NotFound."""
        return await self.run(call(_SERVICE, "GetModerator", RegisteredModerator, moderator_id=moderator_id))

    async def find_moderator(self, public_key: bytes) -> RegisteredModerator:
        """Return the moderator who has a key, revoked or not; raises NotFound."""
        return await self.run(call(_SERVICE, "GetModerator", RegisteredModerator, public_key=public_key))

    async def impose(
        self,
        account_token: str,
        degree: Degree,
        statement: StatementOfReasons,
        *,
        key: ModeratorKey,
        measure: str = "",
        scope: Scope = Scope.ACCOUNT,
        operation: PlatformOperation | None = None,
        public_account_id: str = "",
        request_id: RequestId = None,
    ) -> AccountSanction:
        """Impose a sanction; CLOSE and scope PERSON are only proposed until another moderator confirms them.

        measure: your code for how publishing is limited, for LIMIT only. scope: PERSON also reaches the
        owner's other accounts, each at its next verification or renewal. operation: an open one that it
        belongs to. public_account_id: the target is this public account of the account's. Raises
        InvalidFields, which names every missing part of the statement, NotFound and PreconditionFailed.
        """
        chosen = chosen_id(request_id)
        wanted = UpheldSanction(
            account_token,
            degree,
            statement,
            measure=measure,
            scope=scope,
            operation_id="" if operation is None else operation.operation_id,
            public_account_id=public_account_id,
        )
        imposed = imposition(wanted, key=key, signed_id=chosen)
        return await self.run(call(_SERVICE, "ImposeSanction", AccountSanction, request_id=chosen, **imposed))

    async def confirm(
        self, sanction: AccountSanction, *, key: ModeratorKey, request_id: RequestId = None
    ) -> AccountSanction:
        """Put a proposed sanction into force, by another moderator's key; read its statement first.

        Raises AccessDenied (SELF_APPROVAL), and PreconditionFailed with both states.
        """
        chosen, named = chosen_id(request_id), sanction.sanction_id
        signature = signed(
            key, chosen, papers.confirmation, sanction_id=named, paper_digest=sanction.paper_digest
        )
        return await self.run(
            call(
                _SERVICE,
                "ConfirmSanction",
                AccountSanction,
                request_id=chosen,
                sanction_id=named,
                signature=signature,
            )
        )

    async def lift(
        self, sanction: AccountSanction, reason: str, *, key: ModeratorKey, request_id: RequestId = None
    ) -> AccountSanction:
        """End a sanction before its end, or withdraw a proposal.

        Raises PreconditionFailed with both states.
        """
        chosen, named = chosen_id(request_id), sanction.sanction_id
        signature = signed(
            key,
            chosen,
            papers.lift,
            sanction_id=named,
            paper_digest=sanction.paper_digest,
            reason=text(reason, field="reason"),
        )
        return await self.run(
            call(
                _SERVICE,
                "LiftSanction",
                AccountSanction,
                request_id=chosen,
                sanction_id=named,
                reason=reason,
                signature=signature,
            )
        )

    async def get(self, sanction_id: str) -> AccountSanction:
        """Return a sanction as of now; raises NotFound."""
        return await self.run(call(_SERVICE, "GetSanction", AccountSanction, sanction_id=sanction_id))

    async def list_page(
        self,
        *,
        account_token: str | None = None,
        operation_id: str = "",
        order_id: str = "",
        state: SanctionState | None = None,
        page_size: int = 100,
        page_token: str = "",
    ) -> SanctionPage:
        """Return a page of sanctions, oldest first: of all, or of one account, operation or order."""
        return await self.run(
            call(
                _SERVICE,
                "ListSanctions",
                SanctionPage,
                operation_id=operation_id,
                order_id=order_id,
                account_token=account_token or "",
                **given(state=state),
                page_size=page_size,
                page_token=page_token,
            )
        )

    async def file_appeal(
        self, sanction_id: str, words: str, *, request_id: RequestId = None
    ) -> AccountAppeal:
        """File the owner's appeal, 1 to 2,000 characters; raises NotFound and PreconditionFailed."""
        return await self.run(
            call(
                _SERVICE,
                "FileAppeal",
                AccountAppeal,
                request_id=chosen_id(request_id),
                sanction_id=sanction_id,
                text=words,
            )
        )

    async def decide_appeal(
        self,
        appeal: AccountAppeal,
        verdict: AppealState,
        reason: str,
        *,
        sanction: AccountSanction,
        key: ModeratorKey,
        request_id: RequestId = None,
    ) -> AccountAppeal:
        """Decide an appeal against a sanction, UPHELD or REJECTED.

        Raises PreconditionFailed with both states, and AccessDenied for a moderator who imposed or confirmed
        it.
        """
        chosen = chosen_id(request_id)
        signature = signed(
            key,
            chosen,
            papers.appeal_decision,
            appeal_id=appeal.appeal_id,
            paper_digest=sanction.paper_digest,
            verdict=verdict.value,
            reason=text(reason, field="reason"),
        )
        return await self.run(
            call(
                _SERVICE,
                "DecideAppeal",
                AccountAppeal,
                request_id=chosen,
                appeal_id=appeal.appeal_id,
                verdict=verdict,
                reason=reason,
                signature=signature,
            )
        )

    async def get_appeal(self, appeal_id: str) -> AccountAppeal:
        """Return an appeal with its text; raises NotFound."""
        return await self.run(call(_SERVICE, "GetAppeal", _with_text, appeal_id=appeal_id))

    async def list_appeals(
        self,
        *,
        account_token: str | None = None,
        state: AppealState | None = None,
        overdue: bool = False,
        page_size: int = 100,
        page_token: str = "",
    ) -> AppealPage:
        """Return a page of appeals without their texts: of all, of an account, in a state, or overdue."""
        return await self.run(
            call(
                _SERVICE,
                "ListAppeals",
                AppealPage,
                account_token=account_token or "",
                **given(state=state),
                overdue=overdue,
                page_size=page_size,
                page_token=page_token,
            )
        )

    async def record_order(
        self, order: AuthorityOrder, *, deadline: datetime, key: ModeratorKey, request_id: RequestId = None
    ) -> PlatformOrder:
        """Record an authority's order; sanctions whose statement has it carry it out.

        Raises InvalidFields.
        """
        signed_parts = ("order.authority", "order.reference", "order.order_date", "order.digest")
        return await self.run(
            call(
                _SERVICE,
                "RecordOrder",
                PlatformOrder,
                request_id=chosen_id(request_id),
                order=order,
                deadline=deadline,
                sign=by(key, *signed_parts, "deadline.seconds", "deadline.nanos"),
            )
        )

    async def acknowledge_order(
        self, order: CheckedOrder, *, key: ModeratorKey, request_id: RequestId = None
    ) -> PlatformOrder:
        """Tell the authority that you have read its order; raises NotFound, and PreconditionFailed."""
        return await self.run(
            call(
                _SERVICE,
                "AcknowledgeOrder",
                PlatformOrder,
                request_id=chosen_id(request_id),
                order_id=order.terms.order_id,
                order_digest=order.order.digest,
                sign=by(key, "order_id", "order_digest"),
            )
        )

    async def object_to_order(
        self, order: CheckedOrder, reason: str, *, key: ModeratorKey, request_id: RequestId = None
    ) -> PlatformOrder:
        """Tell the authority why you do not carry its order out; the deadline runs on.

        The reason, up to 500 characters, must name nobody. Raises InvalidFields, NotFound, and
        PreconditionFailed with both states.
        """
        return await self.run(
            call(
                _SERVICE,
                "ObjectToOrder",
                PlatformOrder,
                request_id=chosen_id(request_id),
                order_id=order.terms.order_id,
                order_digest=order.order.digest,
                reason=reason,
                sign=by(key, "order_id", "order_digest", "reason"),
            )
        )

    async def list_orders(
        self, *, state: OrderState | None = None, page_size: int = 100, page_token: str = ""
    ) -> OrderPage:
        """Return a page of orders, as they were recorded: all, or those in one state."""
        return await self.run(
            call(
                _SERVICE,
                "ListOrders",
                OrderPage,
                **given(state=state),
                page_size=page_size,
                page_token=page_token,
            )
        )

    async def open_operation(
        self, title: str, *, key: ModeratorKey, request_id: RequestId = None
    ) -> PlatformOperation:
        """Open an operation that sanctions and reports may name; the title must name nobody."""
        return await self.run(
            call(
                _SERVICE,
                "OpenOperation",
                PlatformOperation,
                request_id=chosen_id(request_id),
                title=title,
                sign=by(key, "title"),
            )
        )

    async def close_operation(
        self, operation_id: str, *, key: ModeratorKey, request_id: RequestId = None
    ) -> PlatformOperation:
        """Close an operation; raises NotFound, and PreconditionFailed with both states."""
        return await self.run(
            call(
                _SERVICE,
                "CloseOperation",
                PlatformOperation,
                request_id=chosen_id(request_id),
                operation_id=operation_id,
                sign=by(key, "operation_id"),
            )
        )

    async def get_operation(self, operation_id: str) -> PlatformOperation:
        """Return an operation with its figures as of now; raises NotFound."""
        return await self.run(call(_SERVICE, "GetOperation", PlatformOperation, operation_id=operation_id))

    async def list_operations(
        self, *, state: OperationState | None = None, page_size: int = 100, page_token: str = ""
    ) -> OperationPage:
        """Return a page of operations without their figures, oldest first."""
        return await self.run(
            call(
                _SERVICE,
                "ListOperations",
                OperationPage,
                **given(state=state),
                page_size=page_size,
                page_token=page_token,
            )
        )

    async def list_templates(self, *, page_size: int = 100, page_token: str = "") -> TemplatePage:
        """Return a page of the templates that the form of a sanction can begin with, oldest first."""
        return await self.run(
            call(_SERVICE, "ListSanctionTemplates", TemplatePage, page_size=page_size, page_token=page_token)
        )

    async def set_template(
        self, template: PlatformTemplate, *, request_id: RequestId = None
    ) -> PlatformTemplate:
        """Keep a template: a new one, or in place of the one whose template_id it has.

        Raises InvalidFields, also if you keep 100 already (TOO_MANY_ITEMS), and NotFound.
        """
        made = chosen_id(request_id)
        return await self.run(
            call(_SERVICE, "SetSanctionTemplate", PlatformTemplate, request_id=made, template=template)
        )

    async def delete_template(self, template_id: str, *, request_id: RequestId = None) -> None:
        """Delete a template; sanctions that began with it stay. Raises NotFound."""
        made = chosen_id(request_id)
        await self.run(
            call(_SERVICE, "DeleteSanctionTemplate", _nothing, request_id=made, template_id=template_id)
        )

    async def get_month(self, month: str = "") -> PlatformMonth:
        """Return what happened to everything that began in a month such as "2026-10"; "" for the present one.

        Raises InvalidFields for a month that has not begun.
        """
        return await self.run(call(_SERVICE, "GetMonthFigures", PlatformMonth, month=month))
