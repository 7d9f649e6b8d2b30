"""`Vault.sessions`: verification on the vault's own pages, and contests ("that was not me")."""

from dataclasses import dataclass, field
from datetime import datetime

from idvault_client import codec
from idvault_client.backend.claim import Verification
from idvault_client.backend.rpc import AioRunCall, RequestId, call, chosen_id
from idvault_client.backend.signing import by
from idvault_client.codec import Id, given
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.session import ContestState, Proof, ReinstatementState, SessionPurpose, SessionState
from idvault_verify.v1 import contest_pb2, reinstatement_pb2
from idvault_verify.v1 import session_pb2 as pb

_SERVICE = pb.DESCRIPTOR.services_by_name["SessionService"]


@dataclass(frozen=True, slots=True)
class HostedSession:
    """A session. state: None for a state that this client does not know.

    url: the link to give to the person, only from `create`. continue_url: where to send the browser, only
    from `bind`. verification: the newest claim made in the session, None until there is one; it is read
    through the session, not by its request id.
    """

    session_id: Id
    state: SessionState | None
    expire_time: datetime
    url: str = field(default="", repr=False)
    continue_url: str = ""
    verification: Verification | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the registry confirmed the person."""
        return self.state is SessionState.SUCCEEDED

    @property
    def finished(self) -> bool:
        """Whether nothing more can happen in the session."""
        return self.state in (SessionState.SUCCEEDED, SessionState.FAILED, SessionState.EXPIRED)


@dataclass(frozen=True, slots=True)
class AccountContest:
    """A contest of a verification of one of your accounts; state is None if this client does not know it.

    due_time: until when you must decide it. text: what the owner wrote, only from `get_contest`, empty once
    it is deleted; text_delete_time: when that is. propose_moderator_id: who wants to uphold it; lapse_time:
    until when another moderator can confirm that; paper_digest: SHA-256 of what the first one signed.
    """

    contest_id: Id
    account_token: Id
    verification_id: str
    state: ContestState | None
    file_time: datetime
    due_time: datetime
    overdue: bool
    decide_time: datetime | None
    reason: str = field(repr=False)
    text_delete_time: datetime | None
    propose_moderator_id: str
    lapse_time: datetime | None
    paper_digest: bytes
    decide_moderator_id: str
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ContestPage:
    """A page of contests, oldest first; next_page_token is empty at the end."""

    contests: tuple[AccountContest, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class AccountReinstatement:
    """An appeal against the withdrawal of an account's verification; state is None if it is unknown here.

    due_time: until when you must decide it. text: what the account's holder wrote, only from
    `get_reinstatement`, empty once it is deleted; text_delete_time: when that is. propose_moderator_id,
    lapse_time, paper_digest: as of a contest. reinstated: whether the account got its verification back.
    """

    reinstatement_id: Id
    account_token: Id
    state: ReinstatementState | None
    file_time: datetime
    due_time: datetime
    overdue: bool
    decide_time: datetime | None
    reason: str = field(repr=False)
    text_delete_time: datetime | None
    propose_moderator_id: str
    lapse_time: datetime | None
    paper_digest: bytes
    decide_moderator_id: str
    reinstated: bool
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ReinstatementPage:
    """A page of appeals against withdrawals, oldest first; next_page_token is empty at the end."""

    reinstatements: tuple[AccountReinstatement, ...]
    next_page_token: str


def _reinstatement(answer: reinstatement_pb2.GetReinstatementResponse) -> AccountReinstatement:
    return codec.read(AccountReinstatement, answer.reinstatement, text=answer.text)


def _with_text(answer: contest_pb2.GetContestResponse) -> AccountContest:
    return codec.read(AccountContest, answer.contest, text=answer.text)


@dataclass(frozen=True, kw_only=True, slots=True)
class AioSessionClient:
    """Hosted verification. run: makes a call and returns its result, or raises VaultError."""

    run: AioRunCall

    async def create(
        self,
        *,
        return_url: str,
        policy_version: str,
        policy_text: str,
        purpose: SessionPurpose = SessionPurpose.SIGN_UP,
        account_token: str | None = None,
        invitation_code: str | None = None,
        proof: Proof | None = None,
        locale: str = "zh",
        request_id: RequestId = None,
    ) -> HostedSession:
        """Make a link with which a person verifies on the vault's own page.

        return_url: where the browser comes to be confirmed, with the parameters session_id and bind_code, and
        at the end with session_id only; its origin must be registered. Keep session_id beside the login that
        asked. policy_text: your terms, as the page shows them. proof: how the person is to prove who he is,
        NUMBER_MATCH without one. request_id: a random UUID that you saved before the call. Raises
        InvalidFields, RequestIdReused, NotFound, PreconditionFailed (PROOF_NOT_OFFERED), AccessDenied,
        Unavailable.
        """
        return await self.run(
            call(
                _SERVICE,
                "CreateVerificationSession",
                HostedSession,
                request_id=chosen_id(request_id),
                account_token=account_token or "",
                purpose=purpose,
                return_url=return_url,
                locale=locale,
                policy_version=policy_version,
                policy_text=policy_text,
                invitation_code=invitation_code or "",
                **given(proof=proof),
            )
        )

    async def create_identity(
        self,
        account_token: str,
        *,
        return_url: str,
        locale: str = "zh",
        policy_version: str = "",
        policy_text: str = "",
        request_id: RequestId = None,
    ) -> HostedSession:
        """Make a link on which the owner of an account sees what is stored about it, and can appeal.

        policy_version, policy_text: your terms, so that the owner can take over a public account there.
        Bind it as any other session. Whoever passes `bind` sees the account: check that this browser is
        logged in to it. Raises InvalidFields, RequestIdReused, NotFound, PreconditionFailed, AccessDenied,
        Unavailable.
        """
        return await self.run(
            call(
                _SERVICE,
                "CreateIdentitySession",
                HostedSession,
                request_id=chosen_id(request_id),
                account_token=account_token,
                return_url=return_url,
                locale=locale,
                policy_version=policy_version,
                policy_text=policy_text,
            )
        )

    async def bind(self, session_id: str, bind_code: str, *, request_id: RequestId = None) -> HostedSession:
        """Confirm the browser that came to return_url with these parameters, and send it to continue_url.

        Only after checking that this browser is logged in to the account for which you made this session:
        anybody can send a link to somebody else. Raises NotFound (also for another session's code),
        PreconditionFailed.
        """
        return await self.run(
            call(
                _SERVICE,
                "BindVerificationSession",
                HostedSession,
                request_id=chosen_id(request_id),
                session_id=session_id,
                bind_code=bind_code,
            )
        )

    async def get(self, session_id: str) -> HostedSession:
        """Return a session as of now; raises NotFound. It can be read for 7 days."""
        return await self.run(call(_SERVICE, "GetVerificationSession", HostedSession, session_id=session_id))

    async def contest(
        self, account_token: str, verification_id: str, words: str, *, request_id: RequestId = None
    ) -> AccountContest:
        """File what the owner says of a verification: that was not me.

        verification_id: claim_id of its receipt. words: 1 to 2,000 characters. One that was rejected does not
        prevent another one, which takes its place under its id. Raises NotFound and PreconditionFailed.
        """
        return await self.run(
            call(
                _SERVICE,
                "ContestVerification",
                AccountContest,
                request_id=chosen_id(request_id),
                account_token=account_token,
                verification_id=verification_id,
                text=words,
            )
        )

    async def decide_contest(
        self,
        contest_id: str,
        verdict: ContestState,
        reason: str,
        *,
        key: ModeratorKey,
        request_id: RequestId = None,
    ) -> AccountContest:
        """Decide a contest, UPHELD (it was not the owner) or REJECTED. reason: shown to the owner.

        UPHELD only proposes it: the answer is PROPOSED, and another moderator confirms it within 72 hours
        (`confirm_contest`). Raises NotFound, AccessDenied (SELF_APPROVAL), PreconditionFailed with both
        states.
        """
        return await self.run(
            call(
                _SERVICE,
                "DecideContest",
                AccountContest,
                request_id=chosen_id(request_id),
                contest_id=contest_id,
                verdict=verdict,
                reason=reason,
                sign=by(key, "contest_id", "verdict", "reason"),
            )
        )

    async def confirm_contest(
        self, contest: AccountContest, *, key: ModeratorKey, request_id: RequestId = None
    ) -> AccountContest:
        """Confirm that a contest is upheld, by another moderator's key; read its text first.

        If the account's newest verification was contested, it is withdrawn: the account is REVOKED, its
        credentials are INVALID, and its sanctions of a person must be narrowed (`Vault.narrowings`). Raises
        NotFound, AccessDenied (SELF_APPROVAL), PreconditionFailed with both states.
        """
        return await self.run(
            call(
                _SERVICE,
                "ConfirmContest",
                AccountContest,
                request_id=chosen_id(request_id),
                contest_id=contest.contest_id,
                paper_digest=contest.paper_digest,
                sign=by(key, "contest_id", "paper_digest"),
            )
        )

    async def get_contest(self, contest_id: str) -> AccountContest:
        """Return a contest with its text; raises NotFound."""
        return await self.run(call(_SERVICE, "GetContest", _with_text, contest_id=contest_id))

    async def list_contests(
        self,
        *,
        account_token: str | None = None,
        state: ContestState | None = None,
        overdue: bool = False,
        page_size: int = 100,
        page_token: str = "",
    ) -> ContestPage:
        """Return a page of contests without their texts: of all, of an account, in a state, or overdue."""
        return await self.run(
            call(
                _SERVICE,
                "ListContests",
                ContestPage,
                account_token=account_token or "",
                **given(state=state),
                overdue=overdue,
                page_size=page_size,
                page_token=page_token,
            )
        )

    async def appeal_withdrawal(
        self, account_token: str, words: str, *, request_id: RequestId = None
    ) -> AccountReinstatement:
        """File what the holder of a REVOKED account says against the withdrawal, within 15 days of it.

        words: 1 to 2,000 characters. A withdrawal is appealed once. Raises NotFound and PreconditionFailed.
        """
        return await self.run(
            call(
                _SERVICE,
                "AppealWithdrawal",
                AccountReinstatement,
                request_id=chosen_id(request_id),
                account_token=account_token,
                text=words,
            )
        )

    async def decide_reinstatement(
        self,
        reinstatement_id: str,
        verdict: ReinstatementState,
        reason: str,
        *,
        key: ModeratorKey,
        request_id: RequestId = None,
    ) -> AccountReinstatement:
        """Decide an appeal against a withdrawal: UPHELD (it was wrong) or REJECTED, with a reason to show.

        Nobody who proposed or confirmed the withdrawal decides. UPHELD only proposes it: the answer is
        PROPOSED, and another moderator confirms it within 72 hours (`confirm_reinstatement`). Raises
        NotFound, AccessDenied (SELF_APPROVAL), PreconditionFailed with both states.
        """
        return await self.run(
            call(
                _SERVICE,
                "DecideReinstatement",
                AccountReinstatement,
                request_id=chosen_id(request_id),
                reinstatement_id=reinstatement_id,
                verdict=verdict,
                reason=reason,
                sign=by(key, "reinstatement_id", "verdict", "reason"),
            )
        )

    async def confirm_reinstatement(
        self, reinstatement: AccountReinstatement, *, key: ModeratorKey, request_id: RequestId = None
    ) -> AccountReinstatement:
        """Confirm that an appeal against a withdrawal is upheld, by another moderator's key; read it first.

        The account has its verification back if the answer's `reinstated` is true: it was still REVOKED, 180
        days had not passed, and the person had a free place. Its credentials stay INVALID. Raises NotFound,
        AccessDenied (SELF_APPROVAL), PreconditionFailed with both states.
        """
        return await self.run(
            call(
                _SERVICE,
                "ConfirmReinstatement",
                AccountReinstatement,
                request_id=chosen_id(request_id),
                reinstatement_id=reinstatement.reinstatement_id,
                paper_digest=reinstatement.paper_digest,
                sign=by(key, "reinstatement_id", "paper_digest"),
            )
        )

    async def get_reinstatement(self, reinstatement_id: str) -> AccountReinstatement:
        """Return an appeal against a withdrawal with its text; raises NotFound."""
        return await self.run(
            call(_SERVICE, "GetReinstatement", _reinstatement, reinstatement_id=reinstatement_id)
        )

    async def list_reinstatements(
        self,
        *,
        account_token: str | None = None,
        state: ReinstatementState | None = None,
        overdue: bool = False,
        page_size: int = 100,
        page_token: str = "",
    ) -> ReinstatementPage:
        """Return a page of appeals against withdrawals without their texts, filtered as `list_contests`."""
        return await self.run(
            call(
                _SERVICE,
                "ListReinstatements",
                ReinstatementPage,
                account_token=account_token or "",
                **given(state=state),
                overdue=overdue,
                page_size=page_size,
                page_token=page_token,
            )
        )
