"""Hosted verification sessions: one link, one browser, one account, at most five attempts.

| state | what may happen next |
|---|---|
| NEW | a browser redeems the link: REDEEMED |
| REDEEMED | the platform confirms the browser: BOUND |
| BOUND | the person agrees to the terms: AGREED |
| AGREED | the person submits the form: CHECKING, and then the end of the claim |
| CHECKING | the claim succeeds: SUCCEEDED; it fails: AGREED, or FAILED if another attempt would not help |

- A session of the purpose IDENTITY stays BOUND and shows an account to its owner; once it has expired it
  shows nothing, also to the same browser.
- A session expires 15 minutes after it was made (business time), in every state but the last three; a claim
  that waits by then goes on.
- A step that was taken is not taken again: a repeat by the same browser changes nothing.
- Another browser never gets a link that was redeemed.
- An attempt belongs to a number, and a number to one claim. A form that is sent again, from a second tab or
  from the history, is about an attempt that was made: it asks nothing.
- A name that does not match leaves the other attempts; so does a number that another person owns.
- In a session that demands a proof of a provider, no form is submitted here: a proof is begun with what was
  typed, ends at the provider, and is finished by an attempt of its number. One that was cancelled uses its
  number up. At most five are begun.
- A session of the purpose REPRESENTATIVE is an organisation's: its legal representative proves to be present
  (claim.representative.rules), and only by a proof of a provider.
- For a proof without name and number (RESULT_ONLY) nothing is typed: only its number counts.
- An invitation can be answered with "later" or "do not ask me again" by a confirmed browser only: whoever is
  sent somebody else's link cannot answer it. The answer ends nothing, and the person may still verify.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hmac import compare_digest

from idvault_verify.claim import ClaimState, Consent, FailureReason
from idvault_verify.error import (
    AlreadyExistsError,
    FieldCode,
    InvalidError,
    NotFoundError,
    PreconditionError,
    Reason,
    TransitionError,
    Violation,
)
from idvault_verify.session import Proof, SessionPurpose, SessionState

LIFETIME = timedelta(minutes=15)
KEPT = timedelta(days=7)
ATTEMPTS = 5
POLICY_LENGTH = 4_000
_LANGUAGES = ("zh", "en")
_LOCALE_LENGTH = 35
WORTH_ANOTHER = frozenset(
    {
        FailureReason.MISMATCH,
        FailureReason.ELEMENT_MISMATCH,
        FailureReason.NO_RECORD,
        FailureReason.DIFFERENT_OWNER,
        FailureReason.REGISTRY_TIMED_OUT,
        FailureReason.SUPERSEDED,
    }
)
"""Failures after which another attempt may succeed."""
_AFTER_MATCH = frozenset(
    {
        FailureReason.PERSON_CLOSED,
        FailureReason.SANCTIONED,
        FailureReason.DIFFERENT_OWNER,
        FailureReason.ACCOUNT_LIMIT_REACHED,
    }
)


@dataclass(frozen=True, slots=True)
class SessionClaim:
    """What a session needs to know of its newest claim."""

    state: ClaimState
    failure_reason: FailureReason | None
    account_token: str


@dataclass(frozen=True, slots=True)
class VerificationSession:
    """A session as it is stored. Times are business times; a hash is 32 bytes (verify.secret).

    account_token: None at a sign-up, until its first claim has ended. attempts: how many were begun.
    attempt_id: the id under which the request of the newest attempt is kept, None before the first one.
    proofs: how many were begun at a provider; the newest is open until it has become the attempt of its
    number. proof_hash: what it is bound to (attest.assertion).
    """

    session_id: str
    relying_party: str
    account_token: str | None
    purpose: SessionPurpose
    return_url: str
    locale: str
    policy_version: str
    policy_text: str
    link_hash: bytes = field(repr=False)
    created_at: datetime
    invitation_code_hash: bytes | None = field(default=None, repr=False)
    browser_hash: bytes | None = field(default=None, repr=False)
    bind_hash: bytes | None = field(default=None, repr=False)
    bound_at: datetime | None = None
    agreed_at: datetime | None = None
    attempts: int = 0
    attempt_id: str | None = None
    proof: Proof = Proof.NUMBER_MATCH
    proofs: int = 0
    proof_hash: bytes | None = field(default=None, repr=False)

    @property
    def expires_at(self) -> datetime:
        """When the session expires (business time)."""
        return self.created_at + LIFETIME


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session, and its newest attempt's claim as far as the rules need it; None if it has not arrived."""

    session: VerificationSession
    claim: SessionClaim | None = None


@dataclass(frozen=True, slots=True)
class PastClaim:
    """How a claim of an account ended, without whom it named.

    ended_at: None while it is open. withdrawn: whether it was a success, and was withdrawn.
    """

    claim_id: str
    state: ClaimState
    failure_reason: FailureReason | None
    opened_at: datetime
    ended_at: datetime | None
    consent: Consent
    withdrawn: bool


def check_terms(*, policy_text: str) -> str:
    """Return the text of the terms unchanged; raises InvalidError (CONSENT_MISSING)."""
    if not policy_text.strip():
        raise InvalidError(Reason.CONSENT_MISSING, Violation("policy_text", FieldCode.REQUIRED))
    if len(policy_text) > POLICY_LENGTH:
        raise InvalidError(Reason.CONSENT_MISSING, Violation("policy_text", FieldCode.LENGTH))
    if not all(character.isprintable() or character == "\n" for character in policy_text):
        raise InvalidError(Reason.CONSENT_MISSING, Violation("policy_text", FieldCode.CHARACTER))
    return policy_text


def language(locale: str) -> str:
    """Return the language of a locale, zh or en; raises InvalidError (INVALID_MESSAGE, locale)."""
    if len(locale) > _LOCALE_LENGTH:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("locale", FieldCode.LENGTH))
    primary = locale.replace("_", "-").partition("-")[0].lower()
    if primary not in _LANGUAGES:
        code = FieldCode.CHARACTER if locale else FieldCode.REQUIRED
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("locale", code))
    return primary


def check_purpose(
    *, purpose: SessionPurpose, account_token: str | None, invited: bool, proof: Proof = Proof.NUMBER_MATCH
) -> None:
    """Raise InvalidError (INVALID_MESSAGE) unless a verification may have these."""
    if purpose is SessionPurpose.IDENTITY:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("purpose", FieldCode.CHARACTER))
    if (purpose is SessionPurpose.SIGN_UP) is (account_token is not None):
        code = FieldCode.REQUIRED if account_token is None else FieldCode.CHARACTER
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("account_token", code))
    if purpose is SessionPurpose.REPRESENTATIVE and proof is not Proof.HOLDER:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("proof", FieldCode.CHARACTER))
    if invited and purpose is not SessionPurpose.INVITATION:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("purpose", FieldCode.CHARACTER))


def state(*, session: VerificationSession, claim: SessionClaim | None, now: datetime) -> SessionState:
    """Return how far a session is. claim: of the newest attempt, None if it has not arrived."""
    if claim is not None:
        if claim.state is ClaimState.PENDING:
            return SessionState.CHECKING
        if claim.state is ClaimState.SUCCEEDED:
            return SessionState.SUCCEEDED
        if session.attempts >= ATTEMPTS or claim.failure_reason not in WORTH_ANOTHER:
            return SessionState.FAILED
    if now >= session.expires_at:
        return SessionState.EXPIRED
    return _step(session)


def _step(session: VerificationSession) -> SessionState:
    if session.browser_hash is None:
        return SessionState.NEW
    if session.bound_at is None:
        return SessionState.REDEEMED
    return SessionState.BOUND if session.agreed_at is None else SessionState.AGREED


def next_attempt(*, session: VerificationSession, claim: SessionClaim | None, now: datetime) -> int:
    """Return the attempt that a form is for, 0 if there is none now.

    An attempt that was begun and whose claim did not arrive is begun again under its number.
    """
    if state(session=session, claim=claim, now=now) is not SessionState.AGREED:
        return 0
    if session.proof is not Proof.NUMBER_MATCH:
        return session.proofs + 1 if session.proofs < ATTEMPTS else 0
    return session.attempts + (claim is not None or session.attempts == 0)


def attempts_left(*, session: VerificationSession, claim: SessionClaim | None) -> int:
    """Return how many attempts are left."""
    if session.proof is not Proof.NUMBER_MATCH:
        return ATTEMPTS - session.proofs
    return ATTEMPTS - session.attempts + (claim is None and session.attempts > 0)


def check_browser(*, session: VerificationSession, browser_hash: bytes) -> None:
    """Raise NotFoundError (SESSION_NOT_FOUND) unless a session belongs to a browser."""
    if session.browser_hash is None or not compare_digest(session.browser_hash, browser_hash):
        raise NotFoundError(Reason.SESSION_NOT_FOUND)


def redeem(
    *, session: VerificationSession, browser_hash: bytes, bind_hash: bytes, now: datetime
) -> VerificationSession:
    """Return the session as taken by a browser.

    Raises PreconditionError: SESSION_TAKEN by another browser, SESSION_EXPIRED.
    """
    if session.browser_hash is not None:
        if compare_digest(session.browser_hash, browser_hash):
            return session
        raise PreconditionError(Reason.SESSION_TAKEN)
    _check_alive(session, now)
    return replace(session, browser_hash=browser_hash, bind_hash=bind_hash)


def bind(*, session: VerificationSession, bind_hash: bytes, now: datetime) -> VerificationSession:
    """Return the session with its browser confirmed.

    Raises NotFoundError (SESSION_NOT_FOUND) for another browser's code, PreconditionError (SESSION_EXPIRED).
    """
    if session.bind_hash is None or not compare_digest(session.bind_hash, bind_hash):
        raise NotFoundError(Reason.SESSION_NOT_FOUND)
    if session.bound_at is not None:
        return session
    _check_alive(session, now)
    return replace(session, bound_at=now)


def agree(*, session: VerificationSession, now: datetime) -> VerificationSession:
    """Return the session with the terms agreed to.

    Raises PreconditionError (SESSION_EXPIRED), TransitionError before the browser is bound.
    """
    if session.agreed_at is not None:
        return session
    _check_alive(session, now)
    if session.bound_at is None or session.purpose is SessionPurpose.IDENTITY:
        raise TransitionError(state=_step(session).value, wanted=SessionState.AGREED.value)
    return replace(session, agreed_at=now)


def owned_account(*, session: VerificationSession, now: datetime) -> str:
    """Return the account that an identity session shows to its browser (check_browser).

    Raises PreconditionError: SESSION_EXPIRED; ILLEGAL_TRANSITION for another kind, and until it is bound.
    """
    _check_alive(session, now)
    token = session.account_token
    if session.purpose is not SessionPurpose.IDENTITY or session.bound_at is None or token is None:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    return token


def check_answer(*, session: VerificationSession, claim: SessionClaim | None, now: datetime) -> None:
    """Raise PreconditionError (SESSION_EXPIRED, ILLEGAL_TRANSITION) unless an invitation can be answered."""
    _check_alive(session, now)
    open_ = state(session=session, claim=claim, now=now) in (SessionState.BOUND, SessionState.AGREED)
    if session.invitation_code_hash is None or not open_:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)


def check_holder(*, session: VerificationSession, claim: SessionClaim | None, now: datetime) -> None:
    """Raise PreconditionError unless the newest claim of a session showed who the holder of a number is.

    SESSION_EXPIRED; ILLEGAL_TRANSITION also without a proof of presence, and for one that was denied.
    """
    _check_alive(session, now)
    proven = claim is not None and (
        claim.state is ClaimState.SUCCEEDED or claim.failure_reason in _AFTER_MATCH
    )
    if session.proof is not Proof.HOLDER or not proven:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)


def attempt(
    *,
    session: VerificationSession,
    claim: SessionClaim | None,
    number: int,
    attempt_ids: Sequence[str],
    now: datetime,
) -> VerificationSession:
    """Return the session with an attempt begun; unchanged if that attempt was made or is begun.

    claim: of the newest attempt. attempt_ids: those under which the claim's request may be kept, the one
    of a new attempt first.
    Raises InvalidError for a number that no form had, AlreadyExistsError (REQUEST_ID_REUSED) for another id
    of the same attempt, PreconditionError (SESSION_EXPIRED) and TransitionError.
    """
    _check_kind(session, Proof.NUMBER_MATCH)
    if not 0 < number <= min(session.attempts + 1, ATTEMPTS):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("attempt", FieldCode.CHARACTER))
    if number < session.attempts or (number == session.attempts and claim is not None):
        return session
    _check_alive(session, now)
    found = state(session=session, claim=claim, now=now)
    if found is not SessionState.AGREED:
        raise TransitionError(state=found.value, wanted=SessionState.CHECKING.value)
    if number == session.attempts:
        if session.attempt_id not in attempt_ids:
            raise AlreadyExistsError(Reason.REQUEST_ID_REUSED)
        return session
    if claim is None and session.attempts > 0:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("attempt", FieldCode.CHARACTER))
    # At a sign-up, the first claim made the account that the others are about.
    token = session.account_token if claim is None else claim.account_token
    return replace(session, attempts=number, attempt_id=attempt_ids[0], account_token=token)


def open_proof(*, session: VerificationSession, claim: SessionClaim | None, now: datetime) -> int:
    """Return the number of the proof that can be finished, 0 if there is none.

    It has not ended at the provider, or its claim has not been settled: a repeat brings the assertion again.
    """
    found = state(session=session, claim=claim, now=now)
    if found is SessionState.AGREED:
        return session.proofs if session.attempts < session.proofs or claim is None else 0
    return session.proofs if found is SessionState.CHECKING else 0


def check_typed(*, proof: Proof, purpose: SessionPurpose, typed: Collection[str]) -> None:
    """Raise InvalidError unless name and number were typed for a proof that needs them, and for no other.

    typed: the fields of a request that were set. A person without a name cannot be a child beside an adult,
    nor have a number that was replaced: the vault could compare neither. Whoever represents an organisation
    has no account there whose number could have been replaced.
    """
    if purpose is SessionPurpose.REPRESENTATIVE and "former_document" in typed:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("former_document", FieldCode.CHARACTER))
    if proof is Proof.HOLDER and "real_name" not in typed:
        raise InvalidError(Reason.UNSUPPORTED_DOCUMENT, Violation("document.type", FieldCode.REQUIRED))
    if proof is Proof.RESULT_ONLY and typed:
        refused = [Violation(each, FieldCode.CHARACTER) for each in typed]
        raise InvalidError(Reason.INVALID_MESSAGE, *refused)


def begin_proof(
    *,
    session: VerificationSession,
    claim: SessionClaim | None,
    proof: Proof,
    number: int,
    bound: bytes,
    now: datetime,
) -> VerificationSession:
    """Return the session with a proof begun; unchanged if it is begun already.

    bound: what its assertion must be about. Raises InvalidError for a number that no form had,
    AlreadyExistsError (REQUEST_ID_REUSED) for something else under the same number, PreconditionError
    (SESSION_EXPIRED, ILLEGAL_TRANSITION for another kind of proof) and TransitionError.
    """
    _check_kind(session, proof)
    if not 0 < number <= ATTEMPTS or number not in (session.proofs, session.proofs + 1):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("proof", FieldCode.CHARACTER))
    _check_alive(session, now)
    found = state(session=session, claim=claim, now=now)
    if found is not SessionState.AGREED:
        raise TransitionError(state=found.value, wanted=SessionState.CHECKING.value)
    if number == session.proofs:
        if session.proof_hash is None or not compare_digest(session.proof_hash, bound):
            raise AlreadyExistsError(Reason.REQUEST_ID_REUSED)
        return session
    return replace(session, proofs=number, proof_hash=bound)


def finish_proof(
    *,
    session: VerificationSession,
    claim: SessionClaim | None,
    number: int,
    attempt_ids: Sequence[str],
    now: datetime,
) -> VerificationSession:
    """Return the session with the attempt of an open proof begun; unchanged if it was begun already.

    The arguments and errors are those of `attempt`.
    """
    if session.attempt_id in attempt_ids:
        return session
    if number != session.proofs or session.attempts >= number or session.proof_hash is None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("proof", FieldCode.CHARACTER))
    _check_alive(session, now)
    found = state(session=session, claim=claim, now=now)
    if found is not SessionState.AGREED:
        raise TransitionError(state=found.value, wanted=SessionState.CHECKING.value)
    token = session.account_token if claim is None else claim.account_token
    return replace(session, attempts=number, attempt_id=attempt_ids[0], account_token=token)


def next_answer(*, session: VerificationSession) -> int:
    """Return which proof a form of an identity session is for, 0 if no more can be begun."""
    return session.proofs + 1 if session.proofs < ATTEMPTS else 0


def begin_answer(
    *, session: VerificationSession, number: int, bound: bytes, now: datetime
) -> VerificationSession:
    """Return an identity session with a proof begun, by which its account's holder shows who that is.

    The arguments and errors are those of `begin_proof`; ILLEGAL_TRANSITION also for a session of another
    kind, and until it is bound.
    """
    owned_account(session=session, now=now)
    if not 0 < number <= ATTEMPTS or number not in (session.proofs, session.proofs + 1):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("proof", FieldCode.CHARACTER))
    if number > session.proofs:
        return replace(session, proofs=number, proof_hash=bound)
    if session.proof_hash is None or not compare_digest(session.proof_hash, bound):
        raise AlreadyExistsError(Reason.REQUEST_ID_REUSED)
    return session


def begun_answer(*, session: VerificationSession, number: int, now: datetime) -> bytes:
    """Return what the newest proof of an identity session is bound to; raises as `begin_answer` does."""
    owned_account(session=session, now=now)
    if number != session.proofs or session.proof_hash is None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("proof", FieldCode.CHARACTER))
    return session.proof_hash


def _check_kind(session: VerificationSession, proof: Proof) -> None:
    if session.proof is not proof:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)


def _check_alive(session: VerificationSession, now: datetime) -> None:
    if now >= session.expires_at:
        raise PreconditionError(Reason.SESSION_EXPIRED)
