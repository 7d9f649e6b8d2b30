"""Proofs of an identity session, by which the holder of a disowned account shows who that is."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idvault.session import rules
from idvault.session.rules import VerificationSession
from idvault_verify.error import IdvaultError, Reason
from idvault_verify.session import SessionPurpose
from tools.support.builders import NOW, TOKEN

BOUND = VerificationSession(
    session_id="a" * 32,
    relying_party="platform-a",
    account_token=TOKEN,
    purpose=SessionPurpose.IDENTITY,
    return_url="https://chat.example/",
    locale="zh",
    policy_version="",
    policy_text="",
    link_hash=b"l" * 32,
    created_at=NOW,
    browser_hash=b"b" * 32,
    bound_at=NOW,
)
HASH, OTHER = b"h" * 32, b"o" * 32


def begin(session: VerificationSession, number: int, **given: Any) -> VerificationSession:
    return rules.begin_answer(session=session, number=number, **{"bound": HASH, "now": NOW, **given})


def test_at_most_five_are_begun() -> None:
    """Each under the next number; a repeat changes nothing, something else under its number is refused."""
    session = BOUND
    for number in range(1, 6):
        assert rules.next_answer(session=session) == number
        session = begin(session, number)
        assert (session.proofs, session.proof_hash) == (number, HASH)
        assert begin(session, number) is session
        with pytest.raises(IdvaultError) as refused:
            begin(session, number, bound=OTHER)
        assert refused.value.reason is Reason.REQUEST_ID_REUSED
    assert rules.next_answer(session=session) == 0
    for number in (0, 3, 6):
        with pytest.raises(IdvaultError) as refused:
            begin(session, number)
        assert refused.value.reason is Reason.INVALID_MESSAGE


def test_only_the_newest_can_be_finished() -> None:
    """What it is bound to is what the assertion must be about."""
    session = begin(begin(BOUND, 1, bound=OTHER), 2)
    assert rules.begun_answer(session=session, number=2, now=NOW) == HASH
    for of, number in ((session, 1), (session, 3), (BOUND, 0)):
        with pytest.raises(IdvaultError) as refused:
            rules.begun_answer(session=of, number=number, now=NOW)
        assert refused.value.reason is Reason.INVALID_MESSAGE


@pytest.mark.parametrize(
    ("session", "now", "reason"),
    [
        (BOUND, NOW + timedelta(minutes=15), Reason.SESSION_EXPIRED),
        (replace(BOUND, bound_at=None), NOW, Reason.ILLEGAL_TRANSITION),
        (replace(BOUND, purpose=SessionPurpose.RENEWAL), NOW, Reason.ILLEGAL_TRANSITION),
    ],
)
def test_another_session_has_none(session: VerificationSession, now: Any, reason: Reason) -> None:
    """Only a confirmed browser that looks at the account, and not for long."""
    for work in (
        lambda: begin(session, 1, now=now),
        lambda: rules.begun_answer(session=session, number=1, now=now),
    ):
        with pytest.raises(IdvaultError) as refused:
            work()
        assert refused.value.reason is reason


def test_a_number_without_what_it_is_bound_to_is_refused() -> None:
    """A row that says so was not written by these rules."""
    torn = replace(BOUND, proofs=1)
    with pytest.raises(IdvaultError):
        begin(torn, 1)
