"""Synthetic values for tests: names and numbers are invented or fixtures of the registry's test system."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from idvault.account.rules import Facts, Slot
from idvault_verify.account import NO_ASSURANCE, Account, AccountState, Standing, SubjectKind
from idvault_verify.claim import Consent, Identity
from idvault_verify.clock import ClockReading
from idvault_verify.document import Document, DocumentType
from idvault_verify.event import Event, EventType
from idvault_verify.record import SealedRecord
from idvault_verify.seal import Part, encode

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
TODAY = date(2026, 3, 1)
ZONE = ZoneInfo("Asia/Shanghai")
TOKEN = "acct_0123456789abcdefghjkmnpqrs"
PERSON = "a" * 32
NAME = "某一一"
NUMBER = "110000190101010001"


def reading(*, after: timedelta = timedelta(0)) -> ClockReading:
    return ClockReading(NOW + after, NOW + after)


def identity(*, name: str = NAME, number: str = NUMBER) -> Identity:
    return Identity(name, Document(DocumentType.RESIDENT_ID, number))


def content(*parts: Part) -> bytes:
    """Return the content of a request whose repetitions share these parts."""
    return encode("", *parts)


def consent() -> Consent:
    """Return a consent given a minute ago."""
    return Consent("terms-3", NOW - timedelta(minutes=1))


def account(**changes: Any) -> Account:
    fresh = Account(
        TOKEN, "platform-a", SubjectKind.INDIVIDUAL, AccountState.PENDING, Standing.GOOD, NO_ASSURANCE, 1
    )
    return replace(fresh, **changes)


def facts(**changes: Any) -> Facts:
    """Return the facts of an ordinary sign-up, with changes."""
    return replace(Facts(Slot.TAKEN, person_closed=False, different_owner=False), **changes)


def event(kind: EventType = EventType.CLAIM_OPEN, **fields: str | int | bytes) -> Event:
    """Return an event with a fixed id and opening key."""
    return Event(kind, "b" * 32, TOKEN, NOW, NOW, "c" * 32, bytes(range(32)), fields)


def record(**changes: Any) -> SealedRecord:
    """Return a record of arbitrary bytes with the sizes of a real one."""
    made = SealedRecord(
        account_token=TOKEN,
        relying_party="platform-a",
        record_id="d" * 32,
        format_version=1,
        sealing_quorum_id="e" * 64,
        present_quorum_id="e" * 64,
        suite="test",
        salt=b"s" * 32,
        commitment=b"c" * 32,
        ciphertext=b"x" * 540,
        share_hashes=(b"1" * 32, b"2" * 32, b"3" * 32),
        shares=(b"one", b"two", b"three"),
    )
    return replace(made, **changes)
