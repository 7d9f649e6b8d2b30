"""Days as the wire writes them."""

import re
from datetime import date
from functools import lru_cache

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


# A million accounts share a few thousand creation dates.
@lru_cache(maxsize=20_000)
def read_day(text: str) -> date | None:
    """Parse YYYY-MM-DD; return None if the text is not a valid date."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
