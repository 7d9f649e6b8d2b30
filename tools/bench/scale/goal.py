"""P12 as a goal: the cost of each operation at the largest number of accounts, compared with the smallest."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from idvault_verify.attest import hpke
from tools.bench.goal import Check, Figure, Measured, Options, at_most, figure
from tools.bench.scale import growth
from tools.bench.scale.growth import Size
from tools.support import people

KINDS = ("postgres", "sqlite")
RESEALED = "re-seal one share, CPU of the leaving custodian"
_MOST = 1.15
_SHARES = 300
# Below this many microseconds of CPU a difference between units is noise.
_LEAST_US = 2.0
NAMED: Mapping[str, str] = {
    "copy a change to the status lists": "a fuller list compresses less, up to its size of 2^20 entries",
    "prove that the log has grown": "the tree gets deeper: up to 256 hashes more for each factor of 256",
}
"""Operations whose growth is known and bounded, and why."""
PARTS: Mapping[str, tuple[str, ...]] = {
    "sealed record": ("records",),
    "shred key": ("record_keys",),
    "account and person": ("accounts", "persons"),
    "claim, job and receipt": ("claims", "jobs", "receipts"),
    "requests of the last week, 1 in 50": ("requests",),
    "change feed": ("status_feed",),
    "status credential": ("status_credentials", "status_marks", "status_lists"),
    "log entries and opening keys": ("log_entries", "log_openings", "log_misses", "log_nodes"),
    "legacy account, one for four": ("legacy_accounts", "invitations"),
}
"""What an account consists of, by table."""
REPORTS = ("tip_offs",)


def measure(options: Options) -> Measured:
    """Measure both databases."""
    found = {kind: growth.measure(kind, options.sizes, rounds=options.rounds) for kind in KINDS}
    shares = figure(RESEALED, "us a share", (_reseal() for _ in range(options.rounds)))
    return Measured(
        checks=tuple(check for kind, sizes in found.items() for check in checks(kind, sizes)),
        figures=(*(one for kind, sizes in found.items() for one in figures(kind, sizes)), shares),
    )


def _reseal() -> float:
    """Return the CPU microseconds of opening a share and sealing it to a successor."""
    leaver, successor = (people.roster_member(name) for name in ("leaver", "successor"))
    share, info = os.urandom(33), b"hand-over"
    sealed = hpke.seal(suite=leaver.suite, public_key=leaver.hpke_public_key, plaintext=share, info=info)
    before = time.process_time()
    for _ in range(_SHARES):
        opened = hpke.unseal(
            suite=leaver.suite, private_key=people.secret("leaver", "hpke"), sealed=sealed, info=info
        )
        hpke.seal(suite=successor.suite, public_key=successor.hpke_public_key, plaintext=opened, info=info)
    return (time.process_time() - before) / _SHARES * 1e6


def checks(kind: str, sizes: Sequence[Size]) -> Iterator[Check]:
    first, last = sizes[0], sizes[-1]
    for name, costs in last.cpu_us.items():
        if name not in NAMED:
            former = _cost(first, name)
            yield at_most(_MOST, f"{kind}: {name}", "x", (max(cost, _LEAST_US) / former for cost in costs))


def figures(kind: str, sizes: Sequence[Size]) -> Iterator[Figure]:
    first, last = sizes[0], sizes[-1]
    for name, why in NAMED.items():
        former = figure("", "", first.cpu_us[name]).value
        ratios = (cost / former for cost in last.cpu_us[name])
        yield figure(f"{kind}: {name} ({why})", "x", ratios)
    for size in sizes[1:-1]:
        largest = max(_cost(size, name) / _cost(first, name) for name in size.cpu_us if name not in NAMED)
        yield figure(f"{kind}: largest ratio of the others at {size.accounts:,}", "x", [largest])
    for name, costs in last.cpu_us.items():
        yield figure(f"{kind}, {last.accounts:,}: {name}", "us", costs)
    for part, tables in PARTS.items():
        yield figure(f"{kind}: {part}", "B per account", [_bytes(last, tables)])
    # As many reports as accounts are loaded for their lists; the estimate of an account has none.
    yield figure(f"{kind}: report of a rumour", "B per report", [_bytes(last, REPORTS)])
    others = set(last.bytes) - {table for tables in PARTS.values() for table in tables} - set(REPORTS)
    yield figure(f"{kind}: everything else", "B per account", [_bytes(last, others)])
    yield figure(f"{kind}: log entries", "per account", [last.entries / last.accounts])
    yield figure(f"{kind}: load and sequencing", "s", [sum(last.seconds)])


def _cost(size: Size, name: str) -> float:
    return max(figure(name, "us", size.cpu_us[name]).value, _LEAST_US)


def _bytes(size: Size, tables: Any) -> float:
    return sum(sum(size.bytes.get(table, (0, 0))) for table in tables) / size.accounts
