"""What may be filed and written: lengths and characters of texts, evidence, reference and secret.

- Texts of several lines may hold line ends and tabs, and no other control characters.
- A reference has 12 digits, a secret 16. People type them with spaces and hyphens, which do not count.
- The reference follows from the report's random id, so it tells nothing about the number of reports.
"""

from idvault.sanction.rules.statement import DIGEST_SIZE, MOST_EVIDENCE, text_code
from idvault.verify.error import FieldCode, InvalidError, Reason, Violation
from idvault.verify.tip_off import REFERENCE_DIGITS

TEXT_LENGTH, CONTACT_LENGTH, REPLY_LENGTH, NOTE_LENGTH = 5_000, 200, 2_000, 2_000
MOST_NOTES = 100
MOST_CONTENT = 65_536
_RANDOM_HEX = 16  # the first half of an id: 64 bits for 12 digits
_SEPARATORS = str.maketrans("", "", " -")
_LINES = str.maketrans("", "", "\r\n\t")


def check_filing(*, text: str, contact: str, evidence: tuple[bytes, ...], content: bytes) -> None:
    """Raise InvalidError (INVALID_MESSAGE) naming every wrong field of a report."""
    fits = len(evidence) <= MOST_EVIDENCE and all(len(digest) == DIGEST_SIZE for digest in evidence)
    codes = {
        "text": lines_code(text, limit=TEXT_LENGTH),
        "contact": text_code(contact, limit=CONTACT_LENGTH) if contact else None,
        "evidence_digests": None if fits else FieldCode.LENGTH,
        "content_copy": None if len(content) <= MOST_CONTENT else FieldCode.LENGTH,
    }
    wrong = [Violation(name, code) for name, code in codes.items() if code is not None]
    if wrong:
        raise InvalidError(Reason.INVALID_MESSAGE, *wrong)


def check_lines(text: str, *, field: str, limit: int) -> str:
    """Return a text of several lines unchanged; raises InvalidError (INVALID_MESSAGE)."""
    code = lines_code(text, limit=limit)
    if code is not None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, code))
    return text


def lines_code(text: str, *, limit: int) -> FieldCode | None:
    """Return what is wrong with a required text of several lines, None if nothing is."""
    if not text.strip():
        return FieldCode.REQUIRED
    if len(text) > limit:
        return FieldCode.LENGTH
    return None if text.translate(_LINES).isprintable() else FieldCode.CHARACTER


def reference_of(tip_off_id: str) -> str:
    """Return the 12 digits that the reporter of a report gets."""
    number = int(tip_off_id[:_RANDOM_HEX], 16) % 10**REFERENCE_DIGITS
    return f"{number:0{REFERENCE_DIGITS}}"


def read_digits(typed: str, *, field: str, count: int) -> str:
    """Return the digits that somebody typed; raises InvalidError (INVALID_MESSAGE)."""
    digits = typed.translate(_SEPARATORS)
    if digits and len(digits) == count and digits.isascii() and digits.isdigit():
        return digits
    code = FieldCode.LENGTH if digits and len(digits) != count else FieldCode.CHARACTER
    raise InvalidError(Reason.INVALID_MESSAGE, Violation(field, code if digits else FieldCode.REQUIRED))
