"""Proofs on the page of a provider: begun with what was typed, and finished by what the provider signed.

- For a HOLDER, name and number pass through: the session keeps only a hash that binds them
  (attest.assertion). The provider is told them once the log has the entry of the proof.
- For RESULT_ONLY there are none, and the provider says none (attest.assertion).
- What a proof ended with is fetched from the provider and checked here, outside any act. Then the attempt is
  stored, and its claim opened and settled as any other; no registry is asked.
- A repeat fetches the assertion again. So whoever dies in between leaves a claim that a repeat settles, or
  that ends after 48 hours; one proof never makes two.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from idvault.claim.acts import representative as representative_acts
from idvault.claim.acts import verification as verification_acts
from idvault.claim.acts.registry_check import Proven
from idvault.claim.acts.verification import VerifyCommand
from idvault.core.act import Vault
from idvault.core.request import Asked
from idvault.core.telemetry.logs import log
from idvault.registry.ports import OpenProof, ProofProvider
from idvault.session import rules
from idvault.session.acts import page as page_acts
from idvault.session.acts import session as session_acts
from idvault.session.acts.page import BrowserSession, ShownPage
from idvault.session.acts.session import SessionContext
from idvault.session.rules import StoredSession, VerificationSession
from idvault_verify import secret
from idvault_verify.account import Assurance
from idvault_verify.attest import assertion
from idvault_verify.attest.assertion import Awaited, ProofEnd, RefusedAssertionError, Typed
from idvault_verify.claim import AnyIdentity, ClaimState, Consent, Identity, OpaqueIdentity
from idvault_verify.clock import ClockReading
from idvault_verify.document import Document
from idvault_verify.error import PreconditionError, Reason
from idvault_verify.event import EventType
from idvault_verify.registry import RegistryAnswer
from idvault_verify.session import FACTS, Proof, SessionPurpose, SessionState

RETURN_PATH = "/proof"
"""Where the provider sends a browser back to: an address that names no session."""
_ANSWERS = {
    ProofEnd.CONFIRMED: RegistryAnswer.MATCH,
    ProofEnd.DENIED: RegistryAnswer.MISMATCH,
}


@dataclass(frozen=True, slots=True)
class CheckedProof:
    """How a proof ended, whom it is about, and what was signed.

    former: the number that was confirmed as theirs before. guarded: whether a child's adult was confirmed.
    """

    end: ProofEnd
    identity: AnyIdentity = field(repr=False)
    signed: str = field(repr=False)
    former: Document | None = field(default=None, repr=False)
    guarded: bool = False

    @property
    def named(self) -> Identity:
        """The person by name and number; raises PreconditionError (PROOF_REFUSED) without them."""
        if isinstance(self.identity, OpaqueIdentity):
            raise PreconditionError(Reason.PROOF_REFUSED)
        return self.identity


def _given(**typed: object) -> list[str]:
    """Return the names of what was typed."""
    return [name for name, value in typed.items() if value is not None]


def _open(
    nonce: str, session_id: str, context: SessionContext, identity: Identity | None, former: Document | None
) -> OpenProof:
    reference = secret.proof_session(nonce, session_id=session_id)
    return OpenProof(nonce, reference, context.base_url + RETURN_PATH, identity, former)


async def begin(
    vault: Vault,
    context: SessionContext,
    call: Asked,
    now: ClockReading,
    browser: BrowserSession,
    *,
    number: int,
    identity: Identity | None,
    guardian: Identity | None = None,
    former: Document | None = None,
    left: Callable[[], float],
) -> ShownPage:
    """Begin a proof with what was typed, and open it at the provider; a repeat changes nothing.

    identity: None for a proof that needs none, which is refused with one: it would be told for nothing.
    guardian: the adult in the session of a child (claim.acts.guardian), whom the hash of the proof binds.
    former: the number that the person had before, which the provider is asked for, too. left: as in
    claim.acts.guardian. Raises InvalidError, AlreadyExistsError, PreconditionError, TransitionError,
    UnavailableError.
    """
    await vault.guard.check(now=now)
    found = await page_acts.of_browser(vault, browser)
    session_id, proof = found.session.session_id, found.session.proof
    provider = context.provider(proof)
    typed = _given(real_name=identity, guardian=guardian, former_document=former)
    rules.check_typed(proof=proof, purpose=found.session.purpose, typed=typed)
    nonce, bound = nonce_of(browser, number), b""
    if identity is None:
        bound = assertion.opened(session_id=session_id, nonce=nonce)
    else:
        state = rules.state(session=found.session, claim=found.claim, now=now.business)
        guarded = state is SessionState.AGREED and await session_acts.guarded(
            vault, context, found.session, identity, guardian, now=now, left=left
        )
        told = Typed(identity, former, guarded)
        bound = assertion.binding(session_id=session_id, nonce=nonce, typed=told)
    await session_acts.step(
        vault,
        found,
        call,
        now,
        EventType.SESSION_PROVE,
        decide=lambda one: rules.begin_proof(
            session=one.session, claim=one.claim, proof=proof, number=number, bound=bound, now=now.business
        ),
        proof=number,
    )
    await provider.begin(_open(nonce, session_id, context, identity, former))
    return await page_acts.get(vault, context, browser, now=now)


async def finish(
    vault: Vault,
    context: SessionContext,
    call: Asked,
    now: ClockReading,
    browser: BrowserSession,
    *,
    number: int,
    content: bytes,
    patience: float,
) -> ShownPage:
    """Make the claim of a proof that has ended, or show the one that was made.

    Raises PreconditionError: PROOF_OPEN, PROOF_REFUSED (cancelled, late, or not what this session waits for),
    SESSION_EXPIRED; UnavailableError; and as a claim does.
    """
    await vault.guard.check(now=now)
    found = await page_acts.of_browser(vault, browser)
    attempt_ids = session_acts.attempt_ids(vault, found.session, call)

    def decide(one: StoredSession) -> VerificationSession:
        return rules.finish_proof(
            session=one.session, claim=one.claim, number=number, attempt_ids=attempt_ids, now=now.business
        )

    if decide(found) == found.session and not _is_open(found):
        return await page_acts.get(vault, context, browser, now=now)
    done, fact = await _done(context, found.session, browser, number, now)
    proven = Proven(_ANSWERS[done.end], fact, done.signed, done.former)
    begun = await session_acts.step(
        vault, found, call, now, EventType.SESSION_ATTEMPT, decide=decide, attempt=number
    )
    if begun.session.attempt_id in attempt_ids and _is_open(begun):
        command = replace(_command(call, begun.session, done.identity, proven, content), guarded=done.guarded)
        if found.session.purpose is SessionPurpose.REPRESENTATIVE:
            await representative_acts.verify(vault, command, now, context=context.claims)
        else:
            await verification_acts.verify(vault, command, now, patience=patience, context=context.claims)
    return await page_acts.get(vault, context, browser, now=now)


async def _done(
    context: SessionContext,
    session: VerificationSession,
    browser: BrowserSession,
    number: int,
    now: ClockReading,
) -> tuple[CheckedProof, Assurance]:
    """Return a session's proof, and what a success by its kind establishes; raises as `checked` does."""
    done = await checked(
        context,
        provider=context.provider(session.proof),
        session_id=session.session_id,
        nonce=nonce_of(browser, number),
        bound=session.proof_hash or b"",
        now=now.real,
        proof=session.proof,
    )
    return done, FACTS[session.proof]


def _is_open(found: StoredSession) -> bool:
    """Return whether the claim of the newest attempt has not arrived, or not ended."""
    return found.claim is None or found.claim.state is ClaimState.PENDING


def nonce_of(browser: BrowserSession, number: int) -> str:
    """Return the nonce of a proof of a browser's session."""
    return secret.proof_nonce(browser.browser_key, session_id=browser.session_id, number=number)


async def checked(
    context: SessionContext,
    *,
    provider: ProofProvider,
    session_id: str,
    nonce: str,
    bound: bytes,
    now: datetime,
    proof: Proof = Proof.HOLDER,
) -> CheckedProof:
    """Return a proof that was confirmed, or of a HOLDER denied.

    bound: what is kept of it. Raises PreconditionError (PROOF_OPEN, PROOF_REFUSED), UnavailableError.
    """
    signed = await provider.assertion(nonce)
    if signed is None:
        raise PreconditionError(Reason.PROOF_OPEN)
    reference = secret.proof_session(nonce, session_id=session_id)
    awaited = Awaited(provider.issuer, provider.key, context.issuer, reference, nonce)
    checks = assertion.result if proof is Proof.RESULT_ONLY else assertion.holder
    try:
        ended, guarded = checks(signed, awaited, session_id=session_id, bound=bound, now=now)
    except RefusedAssertionError as error:
        log().warning("assertion_refused", reason=error.reason)
        raise PreconditionError(Reason.PROOF_REFUSED) from None
    if ended.identity is None:
        raise PreconditionError(Reason.PROOF_REFUSED)
    former = ended.former.document if ended.former and ended.former.confirmed else None
    return CheckedProof(ended.end, ended.identity, signed, former, guarded)


def _command(
    call: Asked, session: VerificationSession, identity: AnyIdentity, proven: Proven, content: bytes
) -> VerifyCommand:
    """Return the claim of a proof, kept under the id by which the session finds it."""
    if session.agreed_at is None:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    return VerifyCommand(
        relying_party=session.relying_party,
        actor_id=call.actor_id,
        request_id=call.request_id,
        method=call.method,
        content=content,
        identity=identity,
        consent=Consent(session.policy_version, session.agreed_at),
        account_token=session.account_token,
        invitation_code_hash=session.invitation_code_hash,
        kept_id=session.attempt_id,
        proven=proven,
        upgrade=session.purpose is SessionPurpose.INVITATION,
    )
