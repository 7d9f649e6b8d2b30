"""What the pages do for a browser: show a link, redeem it, agree to the terms, and make a claim.

A session is found by its id and the browser's key together; neither alone opens anything.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from idvault.campaign.invitation import acts as invitation_acts
from idvault.claim.acts import verification as verification_acts
from idvault.claim.acts.verification import VerifyCommand
from idvault.core import caller
from idvault.core.act import Vault
from idvault.core.request import Asked
from idvault.platform import acts as platform_acts
from idvault.public_account.acts import public_account as public_account_acts
from idvault.session import rules, store
from idvault.session.acts import session as session_acts
from idvault.session.acts.session import Custodians, SessionContext, ShownSession
from idvault.session.rules import SessionClaim, StoredSession, VerificationSession
from idvault_verify import secret
from idvault_verify.account import SubjectKind
from idvault_verify.campaign import CampaignPlan, InvitationEvent
from idvault_verify.claim import ClaimState, Consent, Identity, kind_of
from idvault_verify.clock import ClockReading
from idvault_verify.document import REVIEWED, DocumentType
from idvault_verify.error import PreconditionError, Reason
from idvault_verify.event import EventType
from idvault_verify.session import Proof, SessionState


@dataclass(frozen=True, slots=True)
class ShownPage:
    """What a page shows. title, colour: of the platform; "" for no colour.

    public_account_limit_reached: never true before a match, which shows that a person uses the browser.
    provider: the name of the provider that the session demands a proof of, "" for none. proof_url: the page
    of the open proof there, only to the browser that it belongs to. plan: of the campaign that invites, None
    for none.
    """

    shown: ShownSession
    title: str
    colour: str
    document_types: tuple[DocumentType, ...]
    custodians: Custodians
    public_account_limit_reached: bool
    provider: str = ""
    proof_url: str = field(default="", repr=False)
    plan: CampaignPlan | None = None


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """A session, and the key of the browser that says it is its own."""

    session_id: str
    browser_key: str = field(repr=False)

    @property
    def hash(self) -> bytes:
        """What is kept of the key."""
        return secret.browser_hash(self.browser_key, session_id=self.session_id)


@dataclass(frozen=True, slots=True)
class SubmittedAttempt:
    """One attempt. number: of the attempt. identity: already checked. guardian: the adult, if one was typed.

    content: of the request without the adult, which repetitions of the claim must share. The step is
    remembered without name and document.
    """

    number: int
    identity: Identity = field(repr=False)
    content: bytes = field(repr=False)
    guardian: Identity | None = field(default=None, repr=False)


async def of_link(vault: Vault, context: SessionContext, link_code: str, *, now: ClockReading) -> ShownPage:
    """Return the first page of a link; raises NotFoundError (SESSION_NOT_FOUND)."""
    return await _page(vault, context, await _of_link(vault, link_code), now)


async def redeem(
    vault: Vault,
    context: SessionContext,
    call: Asked,
    now: ClockReading,
    *,
    link_code: str,
    browser_key: str,
) -> ShownPage:
    """Give a link to a browser; raises PreconditionError (SESSION_TAKEN, SESSION_EXPIRED)."""
    await vault.guard.check(now=now)
    found = await _of_link(vault, link_code)
    session_id = found.session.session_id
    browser = BrowserSession(session_id, browser_key)
    bind_code = secret.bind_code(browser_key, session_id=session_id)
    redeemed = await session_acts.step(
        vault,
        found,
        call,
        now,
        EventType.SESSION_REDEEM,
        decide=lambda one: rules.redeem(
            session=one.session,
            browser_hash=browser.hash,
            bind_hash=secret.bind_hash(bind_code, session_id=session_id),
            now=now.business,
        ),
    )
    return await _page(vault, context, redeemed, now)


async def get(
    vault: Vault, context: SessionContext, browser: BrowserSession, *, now: ClockReading
) -> ShownPage:
    """Return the page of a browser's session; raises NotFoundError (SESSION_NOT_FOUND)."""
    found = await of_browser(vault, browser)
    shown = await _page(vault, context, found, now)
    number = shown.shown.open_proof
    if not number:
        return shown
    nonce = secret.proof_nonce(browser.browser_key, session_id=browser.session_id, number=number)
    return replace(shown, proof_url=context.provider(found.session.proof).page(nonce))


async def agree(
    vault: Vault, context: SessionContext, call: Asked, now: ClockReading, browser: BrowserSession
) -> ShownPage:
    """Record that the person agreed to the terms; raises TransitionError, PreconditionError."""
    await vault.guard.check(now=now)
    found = await of_browser(vault, browser)
    agreed = await session_acts.step(
        vault,
        found,
        call,
        now,
        EventType.SESSION_AGREE,
        decide=lambda one: rules.agree(session=one.session, now=now.business),
        policy_version=found.session.policy_version,
    )
    return await _page(vault, context, agreed, now)


async def answer(
    vault: Vault,
    context: SessionContext,
    call: Asked,
    now: ClockReading,
    browser: BrowserSession,
    *,
    event: InvitationEvent,
) -> ShownPage:
    """Record what the owner answers to an invitation; raises PreconditionError and others."""
    found = await of_browser(vault, browser)
    session = found.session
    rules.check_answer(session=session, claim=found.claim, now=now.business)
    await invitation_acts.answer(
        vault,
        replace(call, relying_party=session.relying_party),
        now,
        account_token=session.account_token or "",
        code_hash=session.invitation_code_hash or b"",
        event=event,
        zone=context.policy.zone,
    )
    return await _page(vault, context, found, now)


async def submit(
    vault: Vault,
    context: SessionContext,
    call: Asked,
    now: ClockReading,
    browser: BrowserSession,
    *,
    submission: SubmittedAttempt,
    left: Callable[[], float],
) -> ShownPage:
    """Make the claim of an attempt, or show the one that was made.

    left: tells how many seconds are left to wait for the registry. Raises as a claim does, and as
    claim.acts.guardian for a child.
    """
    await vault.guard.check(now=now)
    found = await of_browser(vault, browser)
    attempt_ids = session_acts.attempt_ids(vault, found.session, call)

    def decide(one: StoredSession) -> VerificationSession:
        return rules.attempt(
            session=one.session,
            claim=one.claim,
            number=submission.number,
            attempt_ids=attempt_ids,
            now=now.business,
        )

    # An adult is asked for before anything is stored: an attempt that waits for one would tell of a child.
    guarded = False
    if decide(found).attempts == submission.number and _is_open(found.claim):
        guarded = await session_acts.guarded(
            vault,
            context,
            found.session,
            submission.identity,
            submission.guardian,
            now=now,
            left=left,
        )
    begun = await session_acts.step(
        vault, found, call, now, EventType.SESSION_ATTEMPT, decide=decide, attempt=submission.number
    )
    if begun.session.attempts == submission.number and _is_open(begun.claim):
        # Of a claim that waits, this is a repeat: the process that opened it may have died with the form.
        command = replace(_command(call, begun.session, submission), guarded=guarded)
        await verification_acts.verify(vault, command, now, patience=left(), context=context.claims)
        begun = await session_acts.read(vault, begun.session.session_id)
    return await _page(vault, context, begun, now)


def _command(call: Asked, session: VerificationSession, submission: SubmittedAttempt) -> VerifyCommand:
    """Return the claim of an attempt, kept under the id by which the session finds it."""
    if session.agreed_at is None:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    return VerifyCommand(
        relying_party=session.relying_party,
        actor_id=call.actor_id,
        request_id=call.request_id,
        method=call.method,
        content=submission.content,
        identity=submission.identity,
        consent=Consent(session.policy_version, session.agreed_at),
        account_token=session.account_token,
        invitation_code_hash=session.invitation_code_hash,
        kept_id=session.attempt_id,
    )


async def _of_link(vault: Vault, link_code: str) -> StoredSession:
    link_hash = secret.link_hash(link_code)
    found = await vault.read("session.of_link", lambda one: store.of_link(one, link_hash))
    caller.serve(caller.platform(found.session.relying_party))
    return found


async def of_browser(vault: Vault, browser: BrowserSession) -> StoredSession:
    """Return a browser's session, in whose platform's turn the call goes on; raises NotFoundError."""
    found = await session_acts.read(vault, browser.session_id)
    rules.check_browser(session=found.session, browser_hash=browser.hash)
    caller.serve(caller.platform(found.session.relying_party))
    return found


async def _page(vault: Vault, context: SessionContext, found: StoredSession, now: ClockReading) -> ShownPage:
    pages = await platform_acts.pages(vault, found.session.relying_party)
    shown = await session_acts.shown(vault, context, found, now=now)
    is_full = False
    if shown.state is SessionState.SUCCEEDED and shown.claim is not None:
        owner = shown.claim.account
        is_full = await public_account_acts.is_full(vault, owner, policy=context.policy, now=now)
    return ShownPage(
        shown,
        pages.title or found.session.relying_party,
        pages.colour,
        documents(context, found.session.proof),
        context.custodians(),
        is_full,
        "" if found.session.proof is Proof.NUMBER_MATCH else context.provider(found.session.proof).name,
        plan=await _plan(vault, found.session, now),
    )


async def _plan(vault: Vault, session: VerificationSession, now: ClockReading) -> CampaignPlan | None:
    code_hash, token = session.invitation_code_hash, session.account_token
    if code_hash is None or token is None:
        return None
    return await invitation_acts.plan_of(vault, session.relying_party, token, code_hash, now)


def documents(context: SessionContext, proof: Proof) -> tuple[DocumentType, ...]:
    """Return the documents that can be checked; a provider confirms people only, or needs no document.

    What reviewers see is never typed on a page.
    """
    if proof is Proof.RESULT_ONLY:
        return ()
    found = sorted(context.rules.document_types - REVIEWED, key=list(DocumentType).index)
    people = [each for each in found if kind_of(each) is SubjectKind.INDIVIDUAL]
    return tuple(found if proof is Proof.NUMBER_MATCH else people)


def _is_open(claim: SessionClaim | None) -> bool:
    return claim is None or claim.state is ClaimState.PENDING
