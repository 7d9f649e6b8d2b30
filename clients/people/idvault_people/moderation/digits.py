"""Numbers and secrets as people read them out; a file of its own, so that commands start without a desk."""

import re

from idvault_verify import document

_GROUP = 4
_NUMBER = re.compile(r"[0-9]{12}")


def grouped(digits: str) -> str:
    """Return digits in groups of four."""
    return " ".join(digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP))


def number(typed: str) -> str:
    """Return a report's number without blanks; "" if a text is none."""
    found = document.compact(typed)
    return found if _NUMBER.fullmatch(found) else ""
