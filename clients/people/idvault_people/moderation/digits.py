"""Numbers and secrets as people read them out; a file of its own, so that commands start without a desk."""

_GROUP = 4


def grouped(digits: str) -> str:
    """Return digits in groups of four."""
    return " ".join(digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP))
