"""The life of a session as tables: states, attempts, and what each step refuses."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from idvault.session import rules as session_rules
from idvault.session.rules import SessionClaim, VerificationSession
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.error import (
    AlreadyExistsError,
    IdvaultError,
    InvalidError,
    NotFoundError,
    PreconditionError,
    Reason,
    TransitionError,
)
from idvault_verify.session import Proof, SessionPurpose, SessionState
from tools.support.builders import NOW, TOKEN

MINE, OTHER, BIND = b"m" * 32, b"o" * 32, b"b" * 32
LATE = NOW + session_rules.LIFETIME
NEW = VerificationSession(
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
)
REDEEMED = replace(NEW, browser_hash=MINE, bind_hash=BIND)
BOUND = replace(REDEEMED, bound_at=NOW)
AGREED = replace(BOUND, agreed_at=NOW)
TRIED = replace(AGREED, attempts=1, attempt_id="a")


def claim(state: ClaimState, reason: FailureReason | None = None) -> SessionClaim:
    return SessionClaim(state, reason, TOKEN)


PENDING, SUCCEEDED = claim(ClaimState.PENDING), claim(ClaimState.SUCCEEDED)
MISMATCH = claim(ClaimState.FAILED, FailureReason.MISMATCH)
CLOSED = claim(ClaimState.FAILED, FailureReason.PERSON_CLOSED)


HOLDER = replace(TRIED, proof=Proof.HOLDER, proofs=1, proof_hash=b"p" * 32)


@pytest.mark.parametrize(
    ("session", "found", "now", "reason"),
    [
        (HOLDER, SUCCEEDED, NOW, None),
        (HOLDER, CLOSED, NOW, None),
        (HOLDER, claim(ClaimState.FAILED, FailureReason.ACCOUNT_LIMIT_REACHED), NOW, None),
        (HOLDER, SUCCEEDED, LATE, Reason.SESSION_EXPIRED),
        (HOLDER, None, NOW, Reason.ILLEGAL_TRANSITION),
        (HOLDER, PENDING, NOW, Reason.ILLEGAL_TRANSITION),
        (HOLDER, MISMATCH, NOW, Reason.ILLEGAL_TRANSITION),
        (TRIED, CLOSED, NOW, Reason.ILLEGAL_TRANSITION),
    ],
)
def test_who_has_proved_to_be_the_holder(
    session: VerificationSession, found: SessionClaim | None, now: datetime, reason: Reason | None
) -> None:
    """Whom a provider confirmed in a session that demands it, whatever the claim was refused for then."""
    if reason is None:
        session_rules.check_holder(session=session, claim=found, now=now)
        return
    with pytest.raises(PreconditionError) as refused:
        session_rules.check_holder(session=session, claim=found, now=now)
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    ("session", "found", "late", "state", "next_attempt", "left"),
    [
        (NEW, None, False, SessionState.NEW, 0, 5),
        (NEW, None, True, SessionState.EXPIRED, 0, 5),
        (REDEEMED, None, False, SessionState.REDEEMED, 0, 5),
        (BOUND, None, False, SessionState.BOUND, 0, 5),
        (AGREED, None, False, SessionState.AGREED, 1, 5),
        (AGREED, None, True, SessionState.EXPIRED, 0, 5),
        (TRIED, None, False, SessionState.AGREED, 1, 5),
        (TRIED, PENDING, False, SessionState.CHECKING, 0, 4),
        (TRIED, PENDING, True, SessionState.CHECKING, 0, 4),
        (TRIED, SUCCEEDED, True, SessionState.SUCCEEDED, 0, 4),
        (TRIED, MISMATCH, False, SessionState.AGREED, 2, 4),
        (TRIED, MISMATCH, True, SessionState.EXPIRED, 0, 4),
        (TRIED, CLOSED, False, SessionState.FAILED, 0, 4),
        (replace(TRIED, attempts=5), MISMATCH, False, SessionState.FAILED, 0, 0),
        (replace(TRIED, attempts=5), None, False, SessionState.AGREED, 5, 1),
    ],
)
def test_the_state_follows_from_steps_and_claim(
    *,
    session: VerificationSession,
    found: SessionClaim | None,
    late: bool,
    state: SessionState,
    next_attempt: int,
    left: int,
) -> None:
    """A claim counts more than the clock; an attempt whose claim did not arrive is still open."""
    now = LATE if late else LATE - timedelta(microseconds=1)
    assert session_rules.state(session=session, claim=found, now=now) is state
    assert session_rules.next_attempt(session=session, claim=found, now=now) == next_attempt
    assert session_rules.attempts_left(session=session, claim=found) == left


def test_one_browser_redeems_a_link() -> None:
    """A repeat changes nothing, also later; another browser is refused, also in time."""
    taken = session_rules.redeem(session=NEW, browser_hash=MINE, bind_hash=BIND, now=NOW)
    assert taken == REDEEMED
    assert session_rules.redeem(session=taken, browser_hash=MINE, bind_hash=BIND, now=LATE) is taken
    with pytest.raises(PreconditionError) as refused:
        session_rules.redeem(session=taken, browser_hash=OTHER, bind_hash=OTHER, now=NOW)
    assert refused.value.reason is Reason.SESSION_TAKEN
    with pytest.raises(PreconditionError) as late:
        session_rules.redeem(session=NEW, browser_hash=MINE, bind_hash=BIND, now=LATE)
    assert late.value.reason is Reason.SESSION_EXPIRED


def test_a_session_belongs_to_its_browser() -> None:
    """Before it is redeemed it belongs to nobody."""
    session_rules.check_browser(session=REDEEMED, browser_hash=MINE)
    for session, browser in ((NEW, MINE), (REDEEMED, OTHER)):
        with pytest.raises(NotFoundError):
            session_rules.check_browser(session=session, browser_hash=browser)


def test_the_platform_binds_the_browser_whose_code_it_got() -> None:
    """A code of another browser is refused in the words of an unknown session."""
    bound = session_rules.bind(session=REDEEMED, bind_hash=BIND, now=NOW)
    assert bound == BOUND
    assert session_rules.bind(session=bound, bind_hash=BIND, now=LATE) is bound
    cases: list[tuple[VerificationSession, bytes, Any, Reason]] = [
        (NEW, BIND, NOW, Reason.SESSION_NOT_FOUND),
        (REDEEMED, OTHER, NOW, Reason.SESSION_NOT_FOUND),
        (BOUND, OTHER, NOW, Reason.SESSION_NOT_FOUND),
        (REDEEMED, BIND, LATE, Reason.SESSION_EXPIRED),
    ]
    for session, code, now, reason in cases:
        with pytest.raises(IdvaultError) as refused:
            session_rules.bind(session=session, bind_hash=code, now=now)
        assert refused.value.reason is reason


def test_the_terms_come_after_the_platform() -> None:
    """Nobody agrees before the browser is bound; the first time counts."""
    agreed = session_rules.agree(session=BOUND, now=NOW)
    assert agreed == AGREED
    assert session_rules.agree(session=agreed, now=LATE) is agreed
    with pytest.raises(TransitionError) as early:
        session_rules.agree(session=REDEEMED, now=NOW)
    assert (early.value.state, early.value.wanted) == ("REDEEMED", "AGREED")
    with pytest.raises(PreconditionError) as late:
        session_rules.agree(session=BOUND, now=LATE)
    assert late.value.reason is Reason.SESSION_EXPIRED


def attempt(
    session: VerificationSession,
    found: SessionClaim | None,
    number: int,
    attempt_ids: str = "a",
    *,
    late: bool = False,
) -> VerificationSession:
    return session_rules.attempt(
        session=session, claim=found, number=number, attempt_ids=[*attempt_ids], now=LATE if late else NOW
    )


def test_an_attempt_is_begun_once() -> None:
    """Its repeats change nothing, whether its claim has arrived or not, and after it too."""
    begun = attempt(AGREED, None, 1)
    assert begun == TRIED
    assert attempt(begun, None, 1) is begun
    assert attempt(begun, PENDING, 1) is begun
    assert attempt(begun, SUCCEEDED, 1, late=True) is begun
    second = attempt(begun, MISMATCH, 2, "b")
    assert (second.attempts, second.attempt_id, second.account_token) == (2, "b", TOKEN)
    assert attempt(second, PENDING, 1) is second


def test_an_attempt_may_have_an_id_of_a_former_key() -> None:
    """A new one gets the first id; one that is begun keeps its own."""
    assert attempt(AGREED, None, 1, "ab") == TRIED
    assert attempt(TRIED, None, 1, "ba") is TRIED


@pytest.mark.parametrize(
    ("session", "found", "number", "attempt_ids", "late", "error", "reason"),
    [
        (AGREED, None, 0, "a", False, InvalidError, Reason.INVALID_MESSAGE),
        (AGREED, None, 2, "a", False, InvalidError, Reason.INVALID_MESSAGE),
        (TRIED, None, 2, "b", False, InvalidError, Reason.INVALID_MESSAGE),
        (replace(TRIED, attempts=5), MISMATCH, 6, "a", False, InvalidError, Reason.INVALID_MESSAGE),
        (TRIED, None, 1, "bc", False, AlreadyExistsError, Reason.REQUEST_ID_REUSED),
        (BOUND, None, 1, "a", False, TransitionError, Reason.ILLEGAL_TRANSITION),
        (TRIED, PENDING, 2, "b", False, TransitionError, Reason.ILLEGAL_TRANSITION),
        (TRIED, SUCCEEDED, 2, "b", False, TransitionError, Reason.ILLEGAL_TRANSITION),
        (TRIED, CLOSED, 2, "b", False, TransitionError, Reason.ILLEGAL_TRANSITION),
        (AGREED, None, 1, "a", True, PreconditionError, Reason.SESSION_EXPIRED),
        (TRIED, None, 1, "a", True, PreconditionError, Reason.SESSION_EXPIRED),
    ],
)
def test_other_attempts_are_refused(
    *,
    session: VerificationSession,
    found: SessionClaim | None,
    number: int,
    attempt_ids: str,
    late: bool,
    error: type[IdvaultError],
    reason: Reason,
) -> None:
    """A number that no form had, a claim that waits or has succeeded, and a session that is over."""
    with pytest.raises(error) as refused:
        attempt(session, found, number, attempt_ids, late=late)
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    ("text", "code"), [("", "REQUIRED"), (" \n", "REQUIRED"), ("a" * 4_001, "LENGTH"), ("a\x00", "CHARACTER")]
)
def test_terms_are_plain_text(text: str, code: str) -> None:
    """Line ends are allowed, other control characters are not."""
    with pytest.raises(InvalidError) as refused:
        session_rules.check_terms(policy_text=text)
    [violation] = refused.value.violations
    assert (violation.field, violation.code) == ("policy_text", code)
    assert session_rules.check_terms(policy_text="a\nb") == "a\nb"


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("zh", "zh"),
        ("zh-Hans-CN", "zh"),
        ("EN_us", "en"),
        ("", "REQUIRED"),
        ("fr", "CHARACTER"),
        ("e" * 36, "LENGTH"),
    ],
)
def test_a_page_begins_in_a_language(locale: str, expected: str) -> None:
    """Two languages exist, and a region does not matter."""
    if expected in ("zh", "en"):
        assert session_rules.language(locale) == expected
        return
    with pytest.raises(InvalidError) as refused:
        session_rules.language(locale)
    assert refused.value.violations[0].code == expected


@pytest.mark.parametrize(
    ("purpose", "token", "invited", "field"),
    [
        (SessionPurpose.SIGN_UP, None, False, None),
        (SessionPurpose.RENEWAL, TOKEN, False, None),
        (SessionPurpose.INVITATION, TOKEN, True, None),
        (SessionPurpose.INVITATION, TOKEN, False, None),
        (SessionPurpose.SIGN_UP, TOKEN, False, "account_token"),
        (SessionPurpose.RENEWAL, None, False, "account_token"),
        (SessionPurpose.RENEWAL, TOKEN, True, "purpose"),
    ],
)
def test_purpose_and_account_belong_together(
    purpose: SessionPurpose, token: str | None, invited: bool, field: str | None
) -> None:
    """A sign-up has no account yet, and a code is a campaign's."""
    if field is None:
        session_rules.check_purpose(purpose=purpose, account_token=token, invited=invited)
        return
    with pytest.raises(InvalidError) as refused:
        session_rules.check_purpose(purpose=purpose, account_token=token, invited=invited)
    assert refused.value.violations[0].field == field


def test_an_identity_session_is_no_verification() -> None:
    """Its purpose is refused for a verification, and its browser agrees to nothing."""
    with pytest.raises(InvalidError) as refused:
        session_rules.check_purpose(purpose=SessionPurpose.IDENTITY, account_token=TOKEN, invited=False)
    assert refused.value.violations[0].field == "purpose"
    with pytest.raises(TransitionError):
        session_rules.agree(session=replace(BOUND, purpose=SessionPurpose.IDENTITY), now=NOW)


def test_an_identity_session_shows_its_account_while_it_lives() -> None:
    """Bound and not expired; no other session shows an account."""
    mine = replace(BOUND, purpose=SessionPurpose.IDENTITY, account_token=TOKEN)
    assert session_rules.owned_account(session=mine, now=NOW) == TOKEN
    for session, now, reason in (
        (mine, LATE, Reason.SESSION_EXPIRED),
        (replace(mine, bound_at=None), NOW, Reason.ILLEGAL_TRANSITION),
        (replace(mine, purpose=SessionPurpose.RENEWAL), NOW, Reason.ILLEGAL_TRANSITION),
        (replace(mine, account_token=None), NOW, Reason.ILLEGAL_TRANSITION),
    ):
        with pytest.raises(PreconditionError) as refused:
            session_rules.owned_account(session=session, now=now)
        assert refused.value.reason is reason


def test_an_invitation_is_answered_by_a_confirmed_browser() -> None:
    """In the states BOUND and AGREED, with a code, until the session expires."""
    mine = replace(BOUND, invitation_code_hash=b"c" * 32)
    session_rules.check_answer(session=mine, claim=None, now=NOW)
    session_rules.check_answer(session=replace(mine, agreed_at=NOW, attempts=1), claim=MISMATCH, now=NOW)
    for session, found, now, reason in (
        (mine, None, LATE, Reason.SESSION_EXPIRED),
        (BOUND, None, NOW, Reason.ILLEGAL_TRANSITION),
        (replace(mine, bound_at=None), None, NOW, Reason.ILLEGAL_TRANSITION),
        (mine, PENDING, NOW, Reason.ILLEGAL_TRANSITION),
        (mine, SUCCEEDED, NOW, Reason.ILLEGAL_TRANSITION),
    ):
        with pytest.raises(PreconditionError) as refused:
            session_rules.check_answer(session=session, claim=found, now=now)
        assert refused.value.reason is reason
