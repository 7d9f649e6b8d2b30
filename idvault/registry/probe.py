"""Tests whether the registry's address answers, and reads its time from the Date header (RFC 9110, 6.6.1).

- No check or query is made: nothing is charged and no personal data is sent.
- Any HTTP answer counts, including 404.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp

_PATIENCE = 5.0


class UnreachedError(Exception):
    """The address does not answer."""


async def ask(url: str, *, patience: float = _PATIENCE) -> datetime | None:
    """Return the time in the answer, to the second, or None if there is none; raises UnreachedError."""
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
        raise UnreachedError("no answer") from error


def _time(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
