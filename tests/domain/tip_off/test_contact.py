"""Proofs of an address: what an address is, how long a code counts, how many are sent."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idvault.tip_off.contact import rules
from idvault.tip_off.contact.rules import CodeMail, ContactProof
from idvault_verify.error import DamagedError, FieldCode, InvalidError, PreconditionError, Reason, Violation
from tools.support.builders import NOW, TODAY

MICROSECOND = timedelta(microseconds=1)


def proof(**changes: Any) -> ContactProof:
    """Return a proof under way."""
    made = ContactProof(
        "platform-a", "b" * 32, "f" * 32, "e" * 32, TODAY, b"h" * 32, "0", NOW + rules.CODE_LIFETIME
    )
    return replace(made, **changes)


ADDRESSES = [
    ("a@example.org", "a@example.org"),
    (" Flagger@EXAMPLE.org ", "flagger@example.org"),
    ("a@example.org\r\n", "a@example.org"),
    ("a.b+c_d-e=f@sub.example.co", "a.b+c_d-e=f@sub.example.co"),
    ("a@xn--fiqs8s.xn--fiqz9s", "a@xn--fiqs8s.xn--fiqz9s"),
]
NO_ADDRESSES = [
    "",
    "010-12345678",
    "flagger @ example.org",
    "a@localhost",
    "a@@example.org",
    "a@b@example.org",
    ".a@example.org",
    "a.@example.org",
    "a..b@example.org",
    "a@-example.org",
    "a@example-.org",
    "a@example..org",
    "a@example.org.",
    "a@[127.0.0.1]",
    "a@127.0.0.1",
    "victim%example.net@example.org",
    "victim!example.net@example.org",
    '"a b"@example.org',
    "a@example.org,b@example.org",
    "a@example.org\nBcc: b@example.org",
    "a@example.org\x00",
    "Name <a@example.org>",
    "名@example.org",
    "\u212a@example.org",
    "a" * 65 + "@example.org",
    "a@" + "b." * 100 + "org",
]


@pytest.mark.parametrize(("typed", "address"), ADDRESSES)
def test_an_address(typed: str, address: str) -> None:
    """It counts without case and without what stands around it; what is one already stays as it is."""
    assert rules.address_of(typed) == address
    assert rules.address_of(address) == address
    assert rules.check_address(typed, field="address") == address


@pytest.mark.parametrize("typed", NO_ADDRESSES)
def test_no_address(typed: str) -> None:
    """Nothing else is mailed to: no list, header, route or literal, no letters that only look alike."""
    assert rules.address_of(typed) is None
    with pytest.raises(InvalidError) as refused:
        rules.check_address(typed, field="address")
    code = FieldCode.CHARACTER if typed else FieldCode.REQUIRED
    assert refused.value.violations == (Violation("address", code),)


def test_the_spellings_of_a_mailbox() -> None:
    """Parts after + lead to one mailbox at many servers, dots at one that has two domains."""
    assert {rules.mailbox_of(each) for each in ("ab@example.org", "ab+1@example.org")} == {"ab@example.org"}
    assert rules.mailbox_of("a.b+x+y@example.org") == "a.b@example.org"
    assert rules.mailbox_of("ab@other.example") == "ab@other.example"
    spellings = ("a.b@gmail.com", "ab@googlemail.com", "a.b+1@googlemail.com")
    assert {rules.mailbox_of(each) for each in spellings} == {"ab@gmail.com"}


def test_the_cap_of_a_day() -> None:
    """Five unproved codes are sent, and no more."""
    assert [rules.is_sent(asked=asked) for asked in (1, 5, 6)] == [True, True, False]


def test_a_code_that_is_typed() -> None:
    """A right one ends the proof, which then counts for two hours; a wrong one is a try."""
    done = rules.attempt(proof=proof(), matches=True, now=NOW)
    assert (done.proved_at, done.expires_at, done.tries) == (NOW, NOW + timedelta(hours=2), 0)
    wrong = rules.attempt(proof=proof(), matches=False, now=NOW)
    assert wrong == proof(tries=1)


@pytest.mark.parametrize(
    ("changes", "takes"),
    [
        ({}, True),
        ({"tries": 4}, True),
        ({"tries": 5}, False),
        ({"proved_at": NOW}, False),
        ({"expires_at": NOW + MICROSECOND}, True),
        ({"expires_at": NOW}, False),
    ],
)
def test_when_a_code_is_compared(changes: dict[str, Any], takes: bool) -> None:
    """Five tries in ten minutes, until the proof is done."""
    assert rules.takes(proof=proof(**changes), now=NOW) is takes


@pytest.mark.parametrize(
    ("changes", "reporter", "counts"),
    [
        ({"proved_at": NOW}, "f" * 32, True),
        ({"proved_at": NOW}, "e" * 32, False),
        ({"proved_at": NOW, "expires_at": NOW + MICROSECOND}, "f" * 32, True),
        ({"proved_at": NOW, "expires_at": NOW}, "f" * 32, False),
        ({}, "f" * 32, False),
    ],
)
def test_what_a_proof_counts_for(changes: dict[str, Any], reporter: str, counts: bool) -> None:
    """For the address that was proved, until it is over; each refusal is the same."""
    if counts:
        rules.check_uses(proof=proof(**changes), reporter_id=reporter, now=NOW)
        return
    with pytest.raises(PreconditionError) as refused:
        rules.check_uses(proof=proof(**changes), reporter_id=reporter, now=NOW)
    assert refused.value.reason is Reason.CONTACT_NOT_PROVED


def test_an_attempt_to_send() -> None:
    """It is counted, and repeated half a minute later if nothing is known of it, then after twice that."""
    mail = CodeMail("a" * 32, "2026-03-01", b"x", NOW, NOW + rules.CODE_LIFETIME, next_at=NOW)
    begun = rules.mailing(mail=mail, now=NOW)
    assert (begun.attempts, begun.next_at) == (1, NOW + timedelta(seconds=30))
    waits = [rules.mailing(mail=replace(mail, attempts=each), now=NOW).next_at for each in (1, 4, 10**9)]
    assert waits == [NOW + timedelta(minutes=each) for each in (1, 8, 16)]


LETTER = {"address": "a@example.org", "code": "12345678", "language": "en"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("address", "A@example.org"),
        ("address", "a@example.org\nBcc: b@example.org"),
        ("code", "1234567"),
        ("code", "1234567x"),
        ("code", "１２３４５６７８"),
        ("code", "visit example.org"),
        ("language", "fr"),
    ],
)
def test_no_other_text_is_mailed(name: str, value: str) -> None:
    """Whoever can seal a letter to the worker makes it send nothing but a code to an address."""
    rules.check_letter(**LETTER)
    with pytest.raises(DamagedError):
        rules.check_letter(**LETTER | {name: value})


def test_who_says_that_codes_are_sent() -> None:
    """A worker with a mail server says so each minute, and it counts for three."""
    minute = timedelta(minutes=1)
    assert rules.is_renewed(until=None, now=NOW)
    assert rules.is_renewed(until=NOW + 2 * minute, now=NOW)
    assert not rules.is_renewed(until=NOW + 2 * minute + MICROSECOND, now=NOW)
    times = (None, NOW, NOW + MICROSECOND)
    assert [rules.is_offered(until=each, now=NOW) for each in times] == [False, False, True]


def test_what_is_secret_is_not_shown() -> None:
    """A hash or a sealed letter is in no text of a value."""
    assert "hhhh" not in repr(proof())


def test_a_mail_has_minutes() -> None:
    """Its times do not lead to the second at which somebody asked."""
    made = NOW.replace(second=59, microsecond=999_999)
    assert rules.to_the_minute(made) == NOW.replace(second=0, microsecond=0)
