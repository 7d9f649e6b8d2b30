"""Numbers and secrets as people read them out; a file of its own, so that commands start without a desk."""

import re

_GROUP = 4
_BLANKS = re.compile(r"[\s-]")
_NUMBER = re.compile(r"[0-9]{12}")


def grouped(digits: str) -> str:
    """Return digits in groups of four."""
    return " ".join(digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP))


def number(typed: str) -> str:
    """Return a report's number without blanks; "" if a text is none."""
    found = _BLANKS.sub("", typed)
    return found if _NUMBER.fullmatch(found) else ""
