"""`Vault.disavowals`: a person, present on the operator's page, said that an account of yours is not hers.

request_id: as for `Vault.sanctions`.
"""

from dataclasses import dataclass, field
from datetime import datetime

from idvault_client.backend.rpc import AioRunCall, RequestId, call, chosen_id
from idvault_client.backend.signing import by
from idvault_client.codec import Id, given
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.session import DisavowalState
from idvault_verify.v1 import session_pb2 as pb

_SERVICE = pb.DESCRIPTOR.services_by_name["SessionService"]


@dataclass(frozen=True, slots=True)
class AccountDisavowal:
    """A disavowal of one of your accounts; state is None if this client does not know it.

    file_time: when you were told of it. due_time: until when you must decide it. overdue: it was due, and
    silence must not decide it. lapse_time: until when a proposal can be confirmed. paper_digest: SHA-256 of
    what the proposing moderator signed, which the other one confirms. decide_moderator_id: empty also if the
    account's holder proved to be that person, and if nobody decided.
    """

    disavowal_id: Id
    account_token: Id
    state: DisavowalState | None
    file_time: datetime
    due_time: datetime
    overdue: bool
    decide_time: datetime | None
    reason: str = field(repr=False)
    propose_moderator_id: str
    lapse_time: datetime | None
    paper_digest: bytes
    decide_moderator_id: str


@dataclass(frozen=True, slots=True)
class DisavowalPage:
    """A page of disavowals, oldest first; next_page_token is empty at the end."""

    disavowals: tuple[AccountDisavowal, ...]
    next_page_token: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AioDisavowalClient:
    """Disavowals. run: makes a call and returns its result, or raises VaultError."""

    run: AioRunCall

    async def decide(
        self,
        disavowal_id: str,
        verdict: DisavowalState,
        reason: str,
        *,
        key: ModeratorKey,
        request_id: RequestId = None,
    ) -> AccountDisavowal:
        """Decide a disavowal, UPHELD (it is not the person's) or REJECTED. reason: shown to its holder.

        UPHELD only proposes it: the answer is PROPOSED, and another moderator confirms it within 72 hours
        (`confirm`). Undecided by the due_time, the verification is withdrawn, unless something of the account
        is open. Raises NotFound, AccessDenied (SELF_APPROVAL), PreconditionFailed with both states.
        """
        return await self.run(
            call(
                _SERVICE,
                "DecideDisavowal",
                AccountDisavowal,
                request_id=chosen_id(request_id),
                disavowal_id=disavowal_id,
                verdict=verdict,
                reason=reason,
                sign=by(key, "disavowal_id", "verdict", "reason"),
            )
        )

    async def confirm(
        self, disavowal: AccountDisavowal, *, key: ModeratorKey, request_id: RequestId = None
    ) -> AccountDisavowal:
        """Confirm that a disavowal is upheld, by another moderator's key.

        The verification is withdrawn: the account is REVOKED, and its sanctions of a person must be narrowed
        (`Vault.narrowings`). Raises as `decide` does.
        """
        return await self.run(
            call(
                _SERVICE,
                "ConfirmDisavowal",
                AccountDisavowal,
                request_id=chosen_id(request_id),
                disavowal_id=disavowal.disavowal_id,
                paper_digest=disavowal.paper_digest,
                sign=by(key, "disavowal_id", "paper_digest"),
            )
        )

    async def get(self, disavowal_id: str) -> AccountDisavowal:
        """Return a disavowal; raises NotFound (DISAVOWAL_NOT_FOUND)."""
        return await self.run(call(_SERVICE, "GetDisavowal", AccountDisavowal, disavowal_id=disavowal_id))

    async def list_page(
        self,
        *,
        account_token: str | None = None,
        state: DisavowalState | None = None,
        overdue: bool = False,
        page_size: int = 100,
        page_token: str = "",
    ) -> DisavowalPage:
        """Return a page of what you were told of: all, of an account, in a state, or overdue."""
        return await self.run(
            call(
                _SERVICE,
                "ListDisavowals",
                DisavowalPage,
                account_token=account_token or "",
                **given(state=state),
                overdue=overdue,
                page_size=page_size,
                page_token=page_token,
            )
        )
