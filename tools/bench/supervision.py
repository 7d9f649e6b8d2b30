"""P16: what a report and a registry's notice cost beside a sign-up, at the edge and in PostgreSQL."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from idvault_client.sanctions import SanctionCategory
from idvault_client.tip_offs import FiledTipOff, TargetKind, TipOffTarget
from idvault_dev.authority import Authority, real_now
from idvault_dev.layout import REGISTRIES, TRUST_DOMAIN
from tools.bench import bare_database, load, sign_up
from tools.bench.goal import Measured, Options, at_most, figure
from tools.bench.vault import MeasuredVault, running
from tools.support import durable, programs, sandbox, unsent
from tools.support.checkout import HERE

FILE = "/idvault.v1.TipOffService/FileTipOff"
_PLATFORMS = 10
_PEOPLE, _REPORTS, _AT_ONCE = 300, 400, 16
# So long the worker may still have to do for what came before.
_SETTLED = 4.0
_TOLD = "The post says that the bank is closed. " * 5


def measure(options: Options) -> Measured:
    """Measure sign-ups, reports and notices in turn, in each round; another revision without notices."""
    rounds: list[dict[str, float]] = []
    with durable.postgres() as databases, running(databases, options.checkout) as vault:
        meter = _Meter(vault, asyncio.run(bare_database.postmaster(databases)))
        with_notices = options.checkout == HERE
        if with_notices:
            _register(vault)
        sign_up.verify(vault, 100)
        _file(vault, 100)
        for _ in range(options.rounds):
            rounds.append(_round(vault, meter, with_notices=with_notices))
    cpu = {name: [one[name] for one in rounds] for name in rounds[0]}
    checks = [at_most(1.0, "report / sign-up", "x", _ratios(cpu["report"], cpu["sign-up"]))]
    if with_notices:
        both = _ratios(cpu["notice"], cpu["sign-up"])
        checks.append(at_most(2.0, f"notice for {_PLATFORMS} platforms / sign-up", "x", both))
    return Measured(
        checks=tuple(checks),
        figures=tuple(figure(f"{name}, CPU of edge and database", "us", one) for name, one in cpu.items()),
    )


def _ratios(costs: Sequence[float], of: Sequence[float]) -> list[float]:
    return [cost / one for cost, one in zip(costs, of, strict=True)]


class _Meter:
    """Measures the CPU of the edge and of PostgreSQL, without what both use when nobody calls."""

    def __init__(self, vault: MeasuredVault, postmaster: int) -> None:
        self._vault = vault
        self._postmaster = postmaster
        self._idle = 0.0

    def rest(self) -> None:
        """Take what both use without calls."""
        self._idle = sum(sign_up.idle_of(self._vault, self._postmaster))

    def each(self, count: int, run: Callable[[], object]) -> float:
        """Return the CPU microseconds of each of so many calls that run makes."""
        begun, before = time.perf_counter(), self._vault.cpu()
        with bare_database.cpu_of(self._postmaster) as used:
            run()
        spent = self._vault.cpu() - before + used.seconds
        return (spent - self._idle * (time.perf_counter() - begun)) / count * 1e6


def _round(vault: MeasuredVault, meter: _Meter, *, with_notices: bool) -> dict[str, float]:
    people = [sandbox.invent() for _ in range(_PEOPLE)]
    time.sleep(_SETTLED)
    meter.rest()
    found = {
        "sign-up": meter.each(_PEOPLE, lambda: sign_up.verify_all(vault, people)),
        "report": meter.each(_REPORTS, lambda: _file(vault, _REPORTS)),
    }
    if with_notices:
        vault.cluster.registry.notify(*(_ended(one) for one in people))
        time.sleep(_SETTLED)
        meter.rest()
        found["notice"] = meter.each(_PEOPLE, lambda: _follow(vault))
    return found


def _ended(person: sandbox.Person) -> dict[str, object]:
    return {"kind": "PERSON_ENDED", "document": {"type": "RESIDENT_ID", "number": person.number}}


def _file(vault: MeasuredVault, count: int) -> None:
    """File reports about posts, each of a stranger."""
    calls = [
        unsent.report(TipOffTarget(TargetKind.CONTENT, f"post/{number}"), SanctionCategory.RUMOUR, _TOLD)
        for number in range(count)
    ]
    read: Callable[[bytes], FiledTipOff] = calls[0].result
    bodies = [call.request for call in calls]
    load.run(vault.target, FILE, bodies, calls=count, at_once=_AT_ONCE, warm_up=0, read=read)


def _register(vault: MeasuredVault) -> None:
    """Register the registry that gives notices, and platforms that have nothing of it yet."""
    cluster, now = vault.cluster, real_now()
    registry = str(cluster.tls(REGISTRIES[0]).certificate)
    cluster.command("platform", "register", *REGISTRIES, "--role", "registry", "--certificate", registry)
    known = Path(cluster.tls().ca)
    authority = Authority.open(certificate=known, key=known.with_suffix(".key"), now=now)
    for number in range(_PLATFORMS - 1):
        name = f"platform-{number}"
        certificate, key = (vault.folder / f"{name}{end}" for end in (".pem", ".key"))
        uris = [f"spiffe://{TRUST_DOMAIN}/platform/{name}"]
        authority.issue_client(uris=uris, certificate=certificate, key=key, now=now)
        cluster.command("platform", "register", name, "--certificate", str(certificate))


def _follow(vault: MeasuredVault) -> None:
    """Take what the registry's feed has to the edge."""
    cluster = vault.cluster
    tls = cluster.tls(REGISTRIES[0])
    told = {
        **cluster.settings,
        "IDVAULT_TLS_CERTIFICATE": str(tls.certificate),
        "IDVAULT_TLS_KEY": str(tls.key),
        "IDVAULT_TLS_CA": str(tls.ca),
    }
    feed = cluster.settings["IDVAULT_REGISTRY_CHECK_URL"]
    target = f"127.0.0.1:{cluster.port}"
    options = ("--feed", feed, "--target", target, "--server-name", "localhost", "--once")
    done = programs.run(programs.VAULT, "notices", "follow", *options, environment=told, check=True)
    if done.stdout.splitlines()[-1:] != [f"notices: {_PEOPLE} new"]:
        raise RuntimeError("not every notice was taken")
