"""Limits of requests: for each address, for each session, and each platform's share of the running ones."""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Network, ip_address

from aiohttp import web

from idvault.domain import share
from idvault.domain.error import UnavailableError

_KNOWN = 50_000
RUNNING = 400
"""How many calls the pages make at once; a platform alone has half of them (domain.share)."""


class Buckets:
    """A bucket for each key: so many requests at once, and then so many a second."""

    def __init__(self, *, burst: float, per_second: float) -> None:
        """Start with full buckets."""
        self._burst = burst
        self._per_second = per_second
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, key: str, *, now: float) -> None:
        """Count a request of a key; raises HTTPTooManyRequests if its bucket is empty. now: in seconds."""
        left, at = self._buckets.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_second)
        allowed = left >= 1
        self._buckets[key] = (left - allowed, now)
        if len(self._buckets) > _KNOWN:
            self._buckets.popitem(last=False)
        if not allowed:
            raise web.HTTPTooManyRequests(headers={"Retry-After": "10"})


class Shares:
    """The running calls of each platform's users, so that none starves another's."""

    def __init__(self, *, at_once: int = RUNNING) -> None:
        """Start without calls."""
        self._at_once = at_once
        self._held: Counter[str] = Counter()

    @contextmanager
    def place(self, platform: str) -> Iterator[None]:
        """Hold a place for the block; raises HTTPServiceUnavailable beyond a platform's share."""
        try:
            share.check(held=self._held[platform], total=self._held.total(), limit=self._at_once)
        except UnavailableError:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "5"}) from None
        self._held[platform] += 1
        try:
            yield
        finally:
            self._held[platform] -= 1
            if not self._held[platform]:
                del self._held[platform]


def address(request: web.Request, *, proxies: int) -> str:
    """Return the address of a browser, of IPv6 its network: the last one that our own proxies did not add."""
    if not proxies:
        return _network(request.remote or "")
    given = [part.strip() for part in ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")]
    return _network(given[-proxies]) if len(given) >= proxies else ""


def _network(given: str) -> str:
    """Return what one household has: an IPv4 address, or the /64 in which it picks IPv6 addresses freely."""
    try:
        found = ip_address(given)
    except ValueError:
        return given
    if isinstance(found, IPv4Address):
        return given
    return str(found.ipv4_mapped or IPv6Network((int(found) >> 64 << 64, 64)))
