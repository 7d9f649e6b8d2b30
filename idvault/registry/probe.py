"""Tests whether a registry answers at an address, and reads its time from the Date header (RFC 9110, 6.6.1).

- No check or query is made: nothing is charged and no personal data is sent.
- Any HTTP answer has a time, including 404.
- A registry refuses a request without signature with an errcode of its own. A gateway in front of it, a wrong
  path or another server answers otherwise.
"""

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp

_PATIENCE = 5.0


class UnreachedError(Exception):
    """The address does not answer."""


class NoRegistryError(Exception):
    """Something else than a registry answers; the text says what, and goes on after the setting's name."""


_NOT_FOUND, _REDIRECTED, _SERVER_ERROR = 404, range(300, 400), 500
_GATEWAY = frozenset({502, 503, 504})
_NO_RESOURCE = frozenset({1002, 1003})
_LIMIT = 65_536


async def ask_registry(base: str, path: str, *, method: str, patience: float = _PATIENCE) -> None:
    """Raise NoRegistryError unless a registry answers at a path of this address; raises UnreachedError."""
    timeout = aiohttp.ClientTimeout(total=patience)
    try:
        async with (
            aiohttp.ClientSession(
                timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            ) as session,
            session.request(method, base.rstrip("/") + path, allow_redirects=False) as answer,
        ):
            _check(answer.status, await answer.content.read(_LIMIT), path)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise UnreachedError("no answer") from error


def _check(status: int, body: bytes, path: str) -> None:
    code = _errcode(body)
    if code is not None and code not in _NO_RESOURCE:
        return
    if code is not None or status == _NOT_FOUND:
        raise NoRegistryError(f"has a wrong path: what answers there knows no {path} (HTTP status {status})")
    if status in _GATEWAY:
        raise NoRegistryError(f"leads to a gateway that does not reach the registry (HTTP status {status})")
    if status in _REDIRECTED:
        raise NoRegistryError(f"leads to another address (HTTP status {status}), which is not followed")
    if status >= _SERVER_ERROR:
        raise NoRegistryError(f"leads to a server that fails (HTTP status {status})")
    raise NoRegistryError(f"does not lead to a registry: the answer has no errcode (HTTP status {status})")


def _errcode(body: bytes) -> int | None:
    try:
        code = json.loads(body)["errcode"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return code if type(code) is int else None


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
