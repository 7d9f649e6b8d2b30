"""SessionService: hosted verification for platforms, and what the web process shows to people."""

from dataclasses import dataclass

from idvault.claim.api import convert as claim_convert
from idvault.claim.rules.claim import ClaimRules
from idvault.core.edge import convert as common
from idvault.core.edge.call import Caller
from idvault.session.acts.page import PageFlow, ShownPage
from idvault.session.acts.session import NewSession, SessionFlow
from idvault.session.acts.steps import SessionCall, ShownSession
from idvault.session.api import convert
from idvault.session.api.identity import IdentityMethods
from idvault.session.contest.api import ContestMethods
from idvault.v1 import session_pb2 as pb
from idvault.v1 import verification_pb2
from idvault.verify import secret
from idvault.verify.clock import ClockReading


@dataclass(kw_only=True, eq=False, repr=False)
class SessionServicer(IdentityMethods, ContestMethods):
    """Converts, calls one flow, converts back.

    base_url: of the hosted pages, without a slash at its end. rules: what the deployment accepts.
    patience: how many seconds a submitted form waits for the registry at most.
    """

    sessions: SessionFlow
    pages: PageFlow
    rules: ClaimRules
    base_url: str
    patience: float

    async def CreateVerificationSession(
        self,
        request: pb.CreateVerificationSessionRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.VerificationSession:
        """Make the link of a session."""
        fields = convert.parts(request)
        call = convert.call(request.request_id, "CreateVerificationSession", *fields, caller=caller)
        return await self._create(call, convert.wanted(request, now=now), now)

    async def CreateIdentitySession(
        self,
        request: pb.CreateIdentitySessionRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.VerificationSession:
        """Make the link of a session that shows an account to its owner."""
        fields = (request.account_token, request.return_url, request.locale)
        call = convert.call(request.request_id, "CreateIdentitySession", *fields, caller=caller)
        return await self._create(call, convert.wanted_identity(request), now)

    async def BindVerificationSession(
        self,
        request: pb.BindVerificationSessionRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.VerificationSession:
        """Confirm that a browser is logged in to the session's account."""
        session_id = convert.session_id(request.session_id)
        code = secret.check(request.bind_code, field="bind_code")
        hashed = secret.bind_hash(code, session_id=session_id)
        call = convert.call(request.request_id, "BindVerificationSession", session_id, hashed, caller=caller)
        bound = await self.sessions.bind(call, session_id=session_id, bind_code=code, now=now)
        return await self._session(bound, now, continue_url=f"{self.base_url}/s/{session_id}")

    async def GetVerificationSession(
        self,
        request: pb.GetVerificationSessionRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.VerificationSession:
        """Return a session as of now."""
        session_id = convert.session_id(request.session_id)
        found = await self.sessions.get(relying_party=caller.name, session_id=session_id, now=now)
        return await self._session(found, now)

    async def GetSessionLink(
        self, request: pb.GetSessionLinkRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.SessionPage:
        """Return what the first page of a link shows."""
        code = secret.check(request.link_code, field="link_code")
        return await self._page(await self.pages.of_link(link_code=code, now=now), now)

    async def RedeemSession(
        self, request: pb.RedeemSessionRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.SessionPage:
        """Give a link to one browser."""
        code = secret.check(request.link_code, field="link_code")
        key = secret.check(request.browser_key, field="browser_key")
        link, browser = secret.link_hash(code), secret.browser_hash(key, session_id="")
        call = convert.call(request.request_id, "RedeemSession", link, browser, caller=caller)
        return await self._page(await self.pages.redeem(call, link_code=code, browser_key=key, now=now), now)

    async def GetSessionPage(
        self, request: pb.GetSessionPageRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.SessionPage:
        """Return what a page of the session shows now."""
        return await self._page(await self.pages.get(convert.browser(request), now=now), now)

    async def AgreeToTerms(
        self, request: pb.AgreeToTermsRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.SessionPage:
        """Record that the person agreed to the terms."""
        browser = convert.browser(request)
        fields = (browser.session_id, browser.hash)
        call = convert.call(request.request_id, "AgreeToTerms", *fields, caller=caller)
        return await self._page(await self.pages.agree(call, browser=browser, now=now), now)

    async def AnswerInvitation(
        self,
        request: pb.AnswerInvitationRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.SessionPage:
        """Record what the owner answers to an invitation."""
        browser, event = convert.browser(request), convert.answer(request.answer)
        fields = (browser.session_id, browser.hash, request.answer)
        call = convert.call(request.request_id, "AnswerInvitation", *fields, caller=caller)
        return await self._page(await self.pages.answer(call, browser=browser, event=event, now=now), now)

    async def SubmitIdentity(
        self, request: pb.SubmitIdentityRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.SessionPage:
        """Make the claim of an attempt, or return the state of one that was made."""
        browser = convert.browser(request)
        fields = (browser.session_id, browser.hash, request.attempt)
        call = convert.call(request.request_id, "SubmitIdentity", *fields, caller=caller)
        submission = convert.submission(request, claims=self.rules, now=now)
        submitted = await self.pages.submit(
            call,
            browser=browser,
            submission=submission,
            now=now,
            patience=common.patience(remaining, longest=self.patience),
        )
        return await self._page(submitted, now)

    async def _create(
        self, call: SessionCall, wanted: NewSession, now: ClockReading
    ) -> pb.VerificationSession:
        made = await self.sessions.create(call, wanted=wanted, now=now)
        return await self._session(made.shown, now, url=f"{self.base_url}/v/{made.link_code}")

    async def _session(
        self, value: ShownSession, now: ClockReading, *, url: str = "", continue_url: str = ""
    ) -> pb.VerificationSession:
        verification = await self._verification(value, now)
        return convert.session(value, verification=verification, url=url, continue_url=continue_url)

    async def _page(self, value: ShownPage, now: ClockReading) -> pb.SessionPage:
        return convert.page(value, verification=await self._verification(value.shown, now))

    async def _verification(
        self, value: ShownSession, now: ClockReading
    ) -> verification_pb2.Verification | None:
        if value.claim is None:
            return None
        return claim_convert.claim(value.claim, now=now, receipt=await self.receipts.of(value.claim))
