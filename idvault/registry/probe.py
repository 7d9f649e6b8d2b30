"""Asks whether somebody answers at the registry's address, and what time it is there (RFC 9110, 6.6.1).

- No check and no query is made: nothing is charged, and nobody's name is sent.
- Any answer counts, also one that says that there is no such page.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp

_PATIENCE = 5.0


class UnreachedError(Exception):
    """Nobody answers there."""


async def ask(url: str, *, patience: float = _PATIENCE) -> datetime | None:
    """Return the time that the answer tells, to the second, None if it tells none; raises UnreachedError."""
    timeout = aiohttp.ClientTimeout(total=patience)
    try:
        async with (
            aiohttp.ClientSession(
                timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            ) as session,
            session.head(url, allow_redirects=False) as answer,
        ):
            return _time(answer.headers.get("Date", ""))
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise UnreachedError("nobody answers") from error


def _time(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
