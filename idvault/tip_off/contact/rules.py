"""The rules of proofs of an address: what an address is, how long a code counts, and how many are sent.

- Only a plain e-mail address is proved: ASCII, without the characters by which mail servers pass mail on.
  Everything else stays a contact that nobody proved.
- An address counts without case. The spellings of one mailbox that can be told without asking its server (a
  part after +; at Gmail dots, and its two domains) share the cap on codes, but each is an address of its own:
  whoever reads one of them need not read the others.
- A code counts for ten minutes and five tries. Beyond five unproved codes a day for a mailbox, whoever asks,
  nothing is sent, and the asker gets the same answer; the code that is stored then was never one.
- A proof counts for two hours, for one report to one platform with this address.
- A mail is tried until its code is over, or until the server refuses the address. Waits double from half a
  minute, so that a server which takes mails and answers too late gets at most five of one code.
- A mail has times to the minute: they lead to no proof, whose end is stored to the microsecond.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from idvault_verify.error import (
    DamagedError,
    FieldCode,
    InvalidError,
    PreconditionError,
    Reason,
    Violation,
)
from idvault_verify.text import LANGUAGES

CODE_DIGITS = 8
CODE_LIFETIME = timedelta(minutes=10)
"""Not longer: the worker's key, under which a mail is sealed, lives that long for certain."""
PROVED_FOR = timedelta(hours=2)
MOST_TRIES = 5
MOST_A_DAY = 5
OFFER_RENEWED, OFFERED_FOR = timedelta(minutes=1), timedelta(minutes=3)
"""How often a worker with a mail server says so, and how long that counts."""
# An attempt ends within 15 seconds; a worker that was killed during one holds a mail for the rest.
_RETRY = timedelta(seconds=30)
_MOST_DOUBLED = 5
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})
_ADDRESS = re.compile(
    r"(?=.{3,200}\Z)[a-z0-9_+=\-]{1,64}(?:\.[a-z0-9_+=\-]{1,64})*"
    r"@(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9\-]{0,61}[a-z0-9]"
)
_LONGEST_LOCAL = 64


@dataclass(frozen=True, slots=True)
class ContactProof:
    """A proof under way, or done. proof_id: random, known to one browser.

    reporter_id: the keyed id of the address at the platform. mailbox: what codes are capped by, keyed, of a
    day. code_hash: of the code; once the proof is done, its mark, without which proved_at means nothing.
    tries: those that were wrong.
    """

    relying_party: str
    proof_id: str = field(repr=False)
    reporter_id: str = field(repr=False)
    mailbox: str = field(repr=False)
    day: date
    code_hash: bytes = field(repr=False)
    key_version: str
    expires_at: datetime
    tries: int = 0
    proved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CodeMail:
    """A mail that has not been sent. key_day: the name of the worker's key that opens it.

    attempts: those that have begun. next_at: when the next one is due, None if it is never sent.
    """

    mail_id: str
    key_day: str
    sealed: bytes = field(repr=False)
    made_at: datetime
    expires_at: datetime
    attempts: int = 0
    next_at: datetime | None = None


def address_of(typed: str) -> str | None:
    """Return an e-mail address as it is compared and mailed to; None for what is none."""
    address = typed.strip().lower() if typed.isascii() else ""
    if _ADDRESS.fullmatch(address) is None or len(address.partition("@")[0]) > _LONGEST_LOCAL:
        return None
    return address


def check_address(typed: str, *, field: str) -> str:
    """Return the address; raises InvalidError (INVALID_MESSAGE)."""
    address = address_of(typed)
    if address is None:
        code = FieldCode.CHARACTER if typed else FieldCode.REQUIRED
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, code))
    return address


def mailbox_of(address: str) -> str:
    """Return what the spellings of one mailbox have in common.

    Dots count, but at Gmail: elsewhere they make the addresses of two people, who must not share a cap.
    """
    local, _, domain = address.partition("@")
    local = local.partition("+")[0]
    return f"{local.replace('.', '')}@gmail.com" if domain in _DOTLESS else f"{local}@{domain}"


def is_sent(*, asked: int) -> bool:
    """Tell whether a code is sent. asked: the mailbox's unproved codes of the day, with this one."""
    return asked <= MOST_A_DAY


def takes(*, proof: ContactProof, now: datetime) -> bool:
    """Tell whether a code that is typed now is compared."""
    return proof.proved_at is None and proof.tries < MOST_TRIES and proof.expires_at > now


def attempt(*, proof: ContactProof, matches: bool, now: datetime) -> ContactProof:
    """Return a proof that takes a code, after one was typed."""
    if not matches:
        return replace(proof, tries=proof.tries + 1)
    return replace(proof, proved_at=now, expires_at=now + PROVED_FOR)


def check_proved(*, proof: ContactProof, now: datetime) -> None:
    """Raise PreconditionError (CONTACT_NOT_PROVED) unless a proof counts."""
    if proof.proved_at is None or proof.expires_at <= now:
        raise not_proved()


def check_uses(*, proof: ContactProof, reporter_id: str, now: datetime) -> None:
    """Raise PreconditionError (CONTACT_NOT_PROVED) unless a proof counts for this reporter."""
    check_proved(proof=proof, now=now)
    if proof.reporter_id != reporter_id:
        raise not_proved()


def not_proved() -> PreconditionError:
    """Return the one refusal: of a wrong code, one that is over or was never sent, and an unknown proof."""
    return PreconditionError(Reason.CONTACT_NOT_PROVED)


def check_letter(*, address: str, code: str, language: str) -> None:
    """Raise DamagedError (RECORD_DAMAGED) unless this is what the edge seals.

    Whoever can write to the database can seal to the worker, too: no other text goes into a mail.
    """
    is_code = len(code) == CODE_DIGITS and code.isascii() and code.isdigit()
    if address_of(address) != address or not is_code or language not in LANGUAGES:
        raise DamagedError(Reason.RECORD_DAMAGED)


def mailing(*, mail: CodeMail, now: datetime) -> CodeMail:
    """Return a mail whose attempt begins."""
    wait = _RETRY * 2 ** min(mail.attempts, _MOST_DOUBLED)
    return replace(mail, attempts=mail.attempts + 1, next_at=now + wait)


def to_the_minute(time: datetime) -> datetime:
    """Return a time as a mail has it."""
    return time.replace(second=0, microsecond=0)


def is_renewed(*, until: datetime | None, now: datetime) -> bool:
    """Tell whether a worker with a mail server says so again."""
    return until is None or until - now <= OFFERED_FOR - OFFER_RENEWED


def is_offered(*, until: datetime | None, now: datetime) -> bool:
    """Tell whether a worker has a mail server."""
    return until is not None and until > now
