"""Proofs on the page of a provider: begun with what was typed, and finished by what the provider signed.

- For a HOLDER, name and number pass through: the session keeps only a hash that binds them
  (attest.assertion). The provider is told them once the log has the entry of the proof.
- For RESULT_ONLY there are none, and the provider says none (attest.assertion).
- What a proof ended with is fetched from the provider and checked here, outside any act. Then the attempt is
  stored, and its claim opened and settled as any other; no registry is asked.
- A repeat fetches the assertion again. So whoever dies in between leaves a claim that a repeat settles, or
  that ends after 48 hours; one proof never makes two.
"""

from datetime import datetime

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
from idvault_verify.attest import assertion
from idvault_verify.attest.assertion import Awaited, ProofEnd, RefusedAssertionError
from idvault_verify.claim import AnyIdentity, ClaimState, Consent, Identity
from idvault_verify.clock import ClockReading
from idvault_verify.error import PreconditionError, Reason
from idvault_verify.event import EventType
from idvault_verify.registry import RegistryAnswer
from idvault_verify.session import Proof

RETURN_PATH = "/proof"
"""Where the provider sends a browser back to: an address that names no session."""
_ANSWERS = {
    ProofEnd.CONFIRMED: RegistryAnswer.MATCH,
    ProofEnd.DENIED: RegistryAnswer.MISMATCH,
}


async def begin(
    vault: Vault,
    context: SessionContext,
    call: Asked,
    now: ClockReading,
    browser: BrowserSession,
    *,
    number: int,
    identity: Identity | None,
) -> ShownPage:
    """Begin a proof with what was typed, and open it at the provider; a repeat changes nothing.

    identity: None for a proof that needs none, which is refused with one: it would be told for nothing.
    Raises InvalidError, AlreadyExistsError, PreconditionError, TransitionError, UnavailableError.
    """
    await vault.guard.check(now=now)
    found = await page_acts.of_browser(vault, browser)
    session_id, proof = found.session.session_id, found.session.proof
    provider = context.provider(proof)
    rules.check_typed(proof=proof, typed=identity is not None)
    nonce = secret.proof_nonce(browser.browser_key, session_id=session_id, number=number)
    bound = _bound(session_id, nonce, identity)
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
    reference = secret.proof_session(nonce, session_id=session_id)
    await provider.begin(OpenProof(nonce, reference, context.base_url + RETURN_PATH, identity))
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
    attempt_ids = [
        each.kept_id(relying_party=found.session.relying_party, request_id=call.request_id)
        for each in (vault.fingerprinter, *vault.fingerprinter.former())
    ]

    def decide(one: StoredSession) -> VerificationSession:
        return rules.finish_proof(
            session=one.session, claim=one.claim, number=number, attempt_ids=attempt_ids, now=now.business
        )

    if decide(found) == found.session and not _is_open(found):
        return await page_acts.get(vault, context, browser, now=now)
    identity, proven = await _ended(context, found.session, browser, number, now=now.real)
    begun = await session_acts.step(
        vault, found, call, now, EventType.SESSION_ATTEMPT, decide=decide, attempt=number
    )
    if begun.session.attempt_id in attempt_ids and _is_open(begun):
        command = _command(call, begun.session, identity, proven, content)
        await verification_acts.verify(vault, command, now, patience=patience, context=context.claims)
    return await page_acts.get(vault, context, browser, now=now)


def _bound(session_id: str, nonce: str, identity: Identity | None) -> bytes:
    if identity is None:
        return assertion.opened(session_id=session_id, nonce=nonce)
    return assertion.binding(session_id=session_id, nonce=nonce, identity=identity)


def _is_open(found: StoredSession) -> bool:
    """Return whether the claim of the newest attempt has not arrived, or not ended."""
    return found.claim is None or found.claim.state is ClaimState.PENDING


async def _ended(
    context: SessionContext,
    session: VerificationSession,
    browser: BrowserSession,
    number: int,
    *,
    now: datetime,
) -> tuple[AnyIdentity, Proven]:
    """Return what the provider has signed of a proof, checked; raises PreconditionError."""
    provider = context.provider(session.proof)
    nonce = secret.proof_nonce(browser.browser_key, session_id=session.session_id, number=number)
    signed = await provider.assertion(nonce)
    if signed is None:
        raise PreconditionError(Reason.PROOF_OPEN)
    checks = assertion.result if session.proof is Proof.RESULT_ONLY else assertion.holder
    try:
        ended, identity = checks(
            signed,
            _awaited(context, provider, session, nonce),
            session_id=session.session_id,
            bound=session.proof_hash or b"",
            now=now,
        )
    except RefusedAssertionError as error:
        log().warning("assertion_refused", reason=error.reason)
        raise PreconditionError(Reason.PROOF_REFUSED) from None
    if identity is None:
        raise PreconditionError(Reason.PROOF_REFUSED)
    return identity, Proven(_ANSWERS[ended], session_acts.FACTS[session.proof], signed)


def _awaited(
    context: SessionContext, provider: ProofProvider, session: VerificationSession, nonce: str
) -> Awaited:
    reference = secret.proof_session(nonce, session_id=session.session_id)
    return Awaited(provider.issuer, provider.key, context.issuer, reference, nonce)


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
    )
