"""Limits of reports by people whom nobody knows, in the memory of this process alone.

- Counted are reports and their bytes, for each address prefix, for the network above it, and for each form;
  and looks at reports by their two numbers, for both prefixes.
- A request that one bucket refuses is counted in none, so a full form takes nothing from its visitors.
- A prefix is a key of a bucket, and in no log, metric, cookie or call of the vault. Buckets are bounded; the
  one that was not used for the longest time is forgotten first.
"""

from dataclasses import dataclass, field
from functools import partial

from aiohttp import web

from idvault.web.limits import Buckets

_MINUTE = 60.0
_FEW = partial(Buckets, known=20_000)
_KIB, _MIB = 1024, 1024 * 1024
_LATER = "300"
"""In seconds: when an address prefix may file another report."""


@dataclass(kw_only=True, eq=False, repr=False)
class ReportLimits:
    """What strangers may file and look up. narrow, wide: of an address prefix and of the network above it."""

    narrow: Buckets = field(default_factory=partial(_FEW, burst=20, per_second=1 / (5 * _MINUTE)))
    wide: Buckets = field(default_factory=partial(_FEW, burst=100, per_second=1 / _MINUTE))
    form: Buckets = field(default_factory=partial(_FEW, burst=1_000, per_second=2))
    narrow_bytes: Buckets = field(default_factory=partial(_FEW, burst=_MIB, per_second=_KIB / 2))
    wide_bytes: Buckets = field(default_factory=partial(_FEW, burst=4 * _MIB, per_second=2 * _KIB))
    form_bytes: Buckets = field(default_factory=partial(_FEW, burst=64 * _MIB, per_second=64 * _KIB))
    narrow_looks: Buckets = field(default_factory=partial(_FEW, burst=60, per_second=1 / 10))
    wide_looks: Buckets = field(default_factory=partial(_FEW, burst=300, per_second=1))

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
        """Count a look at a report; raises HTTPTooManyRequests."""
        narrow, wide = prefixes
        _check((self.narrow_looks, narrow, 1), (self.wide_looks, wide, 1), now=now)


def _check(*wanted: tuple[Buckets, str, float], now: float) -> None:
    if not all(buckets.has(key, now=now, cost=cost) for buckets, key, cost in wanted):
        raise web.HTTPTooManyRequests(headers={"Retry-After": _LATER})
    for buckets, key, cost in wanted:
        buckets.take(key, now=now, cost=cost)
