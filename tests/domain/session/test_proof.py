"""A proof in the life of a session: begun by number, open until its attempt, at most five."""

from dataclasses import replace
from typing import Any

import pytest

from idvault.session import rules as session_rules
from idvault.session.rules import ATTEMPTS, SessionClaim, VerificationSession
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.error import AlreadyExistsError, IdvaultError, InvalidError, Reason, TransitionError
from idvault_verify.session import Proof, SessionPurpose, SessionState
from tools.support.builders import NOW, TOKEN

LATE = NOW + session_rules.LIFETIME
BOUND, OTHER = b"b" * 32, b"o" * 32
AGREED = VerificationSession(
    "0" * 32,
    "platform-a",
    None,
    SessionPurpose.SIGN_UP,
    "https://chat.example",
    "zh",
    "terms-3",
    "x",
    b"l",
    NOW,
    browser_hash=b"m" * 32,
    bind_hash=b"b" * 32,
    bound_at=NOW,
    agreed_at=NOW,
    proof=Proof.HOLDER,
)
BEGUN = replace(AGREED, proofs=1, proof_hash=BOUND)
TRIED = replace(BEGUN, attempts=1, attempt_id="a")
PENDING = SessionClaim(ClaimState.PENDING, None, TOKEN)
MISMATCH = SessionClaim(ClaimState.FAILED, FailureReason.MISMATCH, TOKEN)
SUCCEEDED = SessionClaim(ClaimState.SUCCEEDED, None, TOKEN)


def begin(session: VerificationSession, number: int, **given: Any) -> VerificationSession:
    """Begin a proof."""
    usual: dict[str, Any] = {"claim": None, "proof": Proof.HOLDER, "bound": BOUND, "now": NOW}
    return session_rules.begin_proof(session=session, number=number, **{**usual, **given})


def finish(session: VerificationSession, number: int, **given: Any) -> VerificationSession:
    """Finish a proof."""
    usual: dict[str, Any] = {"claim": None, "attempt_ids": ["a"], "now": NOW}
    return session_rules.finish_proof(session=session, number=number, **{**usual, **given})


@pytest.mark.parametrize(
    ("session", "claim", "late", "open_proof", "next_attempt", "left"),
    [
        (AGREED, None, False, 0, 1, 5),
        (BEGUN, None, False, 1, 2, 4),
        (BEGUN, None, True, 0, 0, 4),
        (TRIED, None, False, 1, 2, 4),
        (TRIED, PENDING, False, 1, 0, 4),
        (TRIED, PENDING, True, 1, 0, 4),
        (TRIED, MISMATCH, False, 0, 2, 4),
        (replace(TRIED, proofs=2), MISMATCH, False, 2, 3, 3),
        (TRIED, SUCCEEDED, False, 0, 0, 4),
        (replace(BEGUN, proofs=ATTEMPTS), None, False, ATTEMPTS, 0, 0),
        (replace(TRIED, proofs=ATTEMPTS, attempts=ATTEMPTS), MISMATCH, False, 0, 0, 0),
    ],
)
def test_which_proof_is_open_and_which_is_next(
    *,
    session: VerificationSession,
    claim: SessionClaim | None,
    late: bool,
    open_proof: int,
    next_attempt: int,
    left: int,
) -> None:
    """A proof is open until its claim has ended; a cancelled one has used its number up."""
    given: dict[str, Any] = {"session": session, "claim": claim}
    now = LATE if late else NOW
    assert session_rules.open_proof(**given, now=now) == open_proof
    assert session_rules.next_attempt(**given, now=now) == next_attempt
    assert session_rules.attempts_left(**given) == left


def test_a_proof_is_begun_once() -> None:
    """A repeat changes nothing; another binding under its number is another request."""
    begun = begin(AGREED, 1)
    assert begun == BEGUN
    assert begin(begun, 1) is begun
    assert begin(begun, 2, bound=OTHER) == replace(BEGUN, proofs=2, proof_hash=OTHER)
    for session in (begun, replace(begun, proof_hash=None)):
        with pytest.raises(AlreadyExistsError):
            begin(session, 1, bound=OTHER)


@pytest.mark.parametrize(
    ("session", "number", "given", "reason"),
    [
        (AGREED, 0, {}, Reason.INVALID_MESSAGE),
        (AGREED, 2, {}, Reason.INVALID_MESSAGE),
        (replace(BEGUN, proofs=ATTEMPTS), ATTEMPTS + 1, {}, Reason.INVALID_MESSAGE),
        (AGREED, 1, {"proof": Proof.NUMBER_MATCH}, Reason.ILLEGAL_TRANSITION),
        (replace(AGREED, proof=Proof.NUMBER_MATCH), 1, {}, Reason.ILLEGAL_TRANSITION),
        (AGREED, 1, {"now": LATE}, Reason.SESSION_EXPIRED),
        (replace(AGREED, agreed_at=None), 1, {}, Reason.ILLEGAL_TRANSITION),
        (TRIED, 2, {"claim": PENDING}, Reason.ILLEGAL_TRANSITION),
    ],
)
def test_what_begins_no_proof(
    session: VerificationSession, number: int, given: dict[str, Any], reason: Reason
) -> None:
    """Each refusal has its reason."""
    with pytest.raises(IdvaultError) as refused:
        begin(session, number, **given)
    assert refused.value.reason is reason


def test_a_finished_proof_is_the_attempt_of_its_number() -> None:
    """Numbers of cancelled proofs are left out; after a sign-up's first claim the account is known."""
    assert finish(BEGUN, 1) == TRIED
    assert finish(TRIED, 1) is TRIED
    assert finish(TRIED, 1, attempt_ids=["x", "a"], now=LATE) is TRIED
    third = replace(TRIED, proofs=3)
    after = finish(third, 3, claim=MISMATCH, attempt_ids=["c"])
    assert after == replace(third, attempts=3, attempt_id="c", account_token=TOKEN)


@pytest.mark.parametrize(
    ("session", "number", "given", "error"),
    [
        (BEGUN, 2, {}, InvalidError),
        (replace(TRIED, proofs=2), 1, {"attempt_ids": ["b"]}, InvalidError),
        (TRIED, 1, {"attempt_ids": ["b"], "claim": MISMATCH}, InvalidError),
        (AGREED, 0, {}, InvalidError),
        (replace(BEGUN, proof_hash=None), 1, {}, InvalidError),
        (BEGUN, 1, {"now": LATE}, IdvaultError),
        (replace(TRIED, proofs=2), 2, {"attempt_ids": ["b"], "claim": PENDING}, TransitionError),
    ],
)
def test_what_finishes_no_proof(
    session: VerificationSession, number: int, given: dict[str, Any], error: type[IdvaultError]
) -> None:
    """Only the newest proof that is open, in time, and while no claim waits."""
    with pytest.raises(error):
        finish(session, number, **given)


def test_a_form_is_not_submitted_where_a_proof_is_demanded() -> None:
    """Nobody gets around the provider with the other form."""
    with pytest.raises(IdvaultError) as refused:
        session_rules.attempt(session=AGREED, claim=None, number=1, attempt_ids=["a"], now=NOW)
    assert refused.value.reason is Reason.ILLEGAL_TRANSITION
    assert session_rules.state(session=AGREED, claim=None, now=NOW) is SessionState.AGREED
