"""`Vault.narrowings`: sanctions of a revoked account that two moderators must make ones of it alone.

request_id: as for `Vault.sanctions`.
"""

from dataclasses import dataclass
from datetime import datetime

from idvault_client.backend.rpc import AioRunCall, RequestId, call, chosen_id
from idvault_client.backend.signing import by
from idvault_client.codec import Id
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import NarrowingState
from idvault_verify.v1 import sanction_pb2 as pb

_SERVICE = pb.DESCRIPTOR.services_by_name["SanctionService"]


@dataclass(frozen=True, slots=True)
class SanctionNarrowing:
    """A sanction that must be narrowed, or was; state is None if this client does not know it.

    due_time: until when. lapse_time: until when a proposal can be confirmed. paper_digest: SHA-256 of what
    the proposing moderator signed, which the other one confirms.
    """

    sanction_id: Id
    account_token: Id
    state: NarrowingState | None
    begin_time: datetime
    due_time: datetime
    overdue: bool
    propose_moderator_id: str
    lapse_time: datetime | None
    paper_digest: bytes
    confirm_moderator_id: str
    narrow_time: datetime | None


@dataclass(frozen=True, slots=True)
class NarrowingPage:
    """A page of narrowings, as they began; next_page_token is empty at the end."""

    narrowings: tuple[SanctionNarrowing, ...]
    next_page_token: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AioNarrowingClient:
    """Narrowings. run: makes a call and returns its result, or raises VaultError."""

    run: AioRunCall

    async def propose(
        self, sanction_id: str, *, key: ModeratorKey, request_id: RequestId = None
    ) -> SanctionNarrowing:
        """Propose that a sanction of a revoked account concerns that account alone.

        By a moderator who neither imposed nor confirmed it. Raises NotFound, AccessDenied (SELF_APPROVAL) and
        PreconditionFailed.
        """
        return await self.run(
            call(
                _SERVICE,
                "NarrowSanction",
                SanctionNarrowing,
                request_id=chosen_id(request_id),
                sanction_id=sanction_id,
                sign=by(key, "sanction_id"),
            )
        )

    async def confirm(
        self, narrowing: SanctionNarrowing, *, key: ModeratorKey, request_id: RequestId = None
    ) -> SanctionNarrowing:
        """Confirm a proposal within 72 hours, by another moderator's key.

        The sanction is of scope ACCOUNT then: the person whose verification was withdrawn is free of it.
        Raises as `propose` does.
        """
        return await self.run(
            call(
                _SERVICE,
                "ConfirmNarrowing",
                SanctionNarrowing,
                request_id=chosen_id(request_id),
                sanction_id=narrowing.sanction_id,
                paper_digest=narrowing.paper_digest,
                sign=by(key, "sanction_id", "paper_digest"),
            )
        )

    async def list_page(
        self, *, open_only: bool = False, page_size: int = 100, page_token: str = ""
    ) -> NarrowingPage:
        """Return a page of narrowings, or of those that wait for a moderator."""
        return await self.run(
            call(
                _SERVICE,
                "ListNarrowings",
                NarrowingPage,
                open=open_only,
                page_size=page_size,
                page_token=page_token,
            )
        )
