"""Limits of requests: for each address, session and platform; and of reports by strangers."""

import re
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address

from aiohttp import web

from idvault.core import share
from idvault.core.connections import networks
from idvault_verify.error import UnavailableError

_KNOWN = 50_000
# Some proxies append the port, too, which is another one for each connection.
_WITH_PORT = re.compile(r"\[(.+)\](?::[0-9]+)?|([0-9.]+):[0-9]+", re.ASCII)
RUNNING = 400
"""How many calls the pages make at once; a platform alone has half of them (core.share)."""


class Buckets:
    """A bucket for each key: so much at once, and then so much a second, of requests or bytes."""

    def __init__(self, *, burst: float, per_second: float, known: int = _KNOWN) -> None:
        """Start with full buckets. known: how many keys are remembered."""
        self._burst = burst
        self._per_second = per_second
        self._known = known
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, key: str, *, now: float, cost: float = 1) -> None:
        """Count a request of a key; raises HTTPTooManyRequests if its bucket has too little.

        now: in seconds.
        """
        allowed = self.has(key, now=now, cost=cost)
        self.take(key, now=now, cost=cost if allowed else 0)
        if not allowed:
            raise web.HTTPTooManyRequests(headers={"Retry-After": "10"})

    def has(self, key: str, *, now: float, cost: float = 1) -> bool:
        """Return whether a key's bucket has enough for a request."""
        return self._left(key, now) >= cost

    def take(self, key: str, *, now: float, cost: float = 1) -> None:
        """Count a request of a key, which `has` allows."""
        self._buckets[key] = (self._left(key, now) - cost, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._known:
            self._buckets.popitem(last=False)

    def _left(self, key: str, now: float) -> float:
        left, at = self._buckets.get(key, (self._burst, now))
        return min(self._burst, left + (now - at) * self._per_second)


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
    return prefixes(request, proxies=proxies)[0]


def prefixes(request: web.Request, *, proxies: int) -> tuple[str, str]:
    """Return what one household has, an IPv4 address or an IPv6 /64, and the network above: a /24 or a /48.

    A customer of a provider may have each address of an IPv4 /24, or a whole IPv6 /48. Whatever is no address
    shares one bucket: nobody gets a new one by what he writes.
    """
    if not proxies:
        return networks(request.remote or "")
    given = [part.strip() for part in ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")]
    return networks(_told(given[-proxies])) if len(given) >= proxies else ("", "")


def _told(text: str) -> str:
    """Return the address that a proxy appended, "" if it is none."""
    port = _WITH_PORT.fullmatch(text)
    found = port[1] or port[2] if port else text
    try:
        ip_address(found)
    except ValueError:
        return ""
    return found


_MINUTE = 60.0
_FEW = partial(Buckets, known=20_000)
_KIB, _MIB = 1024, 1024 * 1024
_LATER = "300"
"""In seconds: when an address prefix may file another report."""


@dataclass(kw_only=True, eq=False, repr=False)
class ReportLimits:
    """What strangers may file and look up. narrow, wide: of an address prefix and of the network above it.

    - Counted are reports and their bytes, for each address prefix, for the network above it, and for each
      form; codes that are sent to an address, likewise; and looks at reports by their two numbers, and codes
      that are typed, for both prefixes.
    - A request that one bucket refuses is counted in none, so a full form takes nothing from its visitors.
    - A prefix is a key of a bucket, and in no log, metric, cookie or call of the vault. Buckets are bounded;
      the one that was not used for the longest time is forgotten first.
    """

    narrow: Buckets = field(default_factory=partial(_FEW, burst=20, per_second=1 / (5 * _MINUTE)))
    wide: Buckets = field(default_factory=partial(_FEW, burst=100, per_second=1 / _MINUTE))
    form: Buckets = field(default_factory=partial(_FEW, burst=1_000, per_second=2))
    narrow_bytes: Buckets = field(default_factory=partial(_FEW, burst=_MIB, per_second=_KIB / 2))
    wide_bytes: Buckets = field(default_factory=partial(_FEW, burst=4 * _MIB, per_second=2 * _KIB))
    form_bytes: Buckets = field(default_factory=partial(_FEW, burst=64 * _MIB, per_second=64 * _KIB))
    narrow_looks: Buckets = field(default_factory=partial(_FEW, burst=60, per_second=1 / 10))
    wide_looks: Buckets = field(default_factory=partial(_FEW, burst=300, per_second=1))
    narrow_codes: Buckets = field(default_factory=partial(_FEW, burst=5, per_second=1 / (5 * _MINUTE)))
    wide_codes: Buckets = field(default_factory=partial(_FEW, burst=30, per_second=1 / _MINUTE))
    form_codes: Buckets = field(default_factory=partial(_FEW, burst=1_000, per_second=2))

    def check_report(self, prefixes: tuple[str, str], *, form: str, size: int, now: float) -> None:
        """Count a report of so many bytes; raises HTTPTooManyRequests."""
        narrow, wide = prefixes
        _check(
            (self.narrow, narrow, 1),
            (self.wide, wide, 1),
            (self.form, form, 1),
            (self.narrow_bytes, narrow, size),
            (self.wide_bytes, wide, size),
            (self.form_bytes, form, size),
            now=now,
        )

    def check_look(self, prefixes: tuple[str, str], *, now: float) -> None:
        """Count a look at a report, or a code that is typed; raises HTTPTooManyRequests."""
        narrow, wide = prefixes
        _check((self.narrow_looks, narrow, 1), (self.wide_looks, wide, 1), now=now)

    def check_code(self, prefixes: tuple[str, str], *, form: str, now: float) -> None:
        """Count a code that is sent to an address; raises HTTPTooManyRequests."""
        narrow, wide = prefixes
        _check(
            (self.narrow_codes, narrow, 1), (self.wide_codes, wide, 1), (self.form_codes, form, 1), now=now
        )


@dataclass(kw_only=True, eq=False, repr=False)
class InquiryLimits:
    """How many proofs strangers may begin on the operator's own page: each costs the provider something.

    narrow, wide: of an address prefix and of the network above it, as for reports; all: of everybody, as for
    a form of reports.
    """

    narrow: Buckets = field(default_factory=partial(_FEW, burst=10, per_second=1 / (5 * _MINUTE)))
    wide: Buckets = field(default_factory=partial(_FEW, burst=60, per_second=1 / _MINUTE))
    all: Buckets = field(default_factory=partial(Buckets, burst=1_000, per_second=2))

    def check(self, prefixes: tuple[str, str], *, now: float) -> None:
        """Count a proof; raises HTTPTooManyRequests."""
        narrow, wide = prefixes
        _check((self.narrow, narrow, 1), (self.wide, wide, 1), (self.all, "", 1), now=now)


def _check(*wanted: tuple[Buckets, str, float], now: float) -> None:
    if not all(buckets.has(key, now=now, cost=cost) for buckets, key, cost in wanted):
        raise web.HTTPTooManyRequests(headers={"Retry-After": _LATER})
    for buckets, key, cost in wanted:
        buckets.take(key, now=now, cost=cost)
