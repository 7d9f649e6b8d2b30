"""P1: what process tuning and paced answers bring, shown on an echo: no code of idvault runs in it."""

import tempfile
from pathlib import Path

from idvault_client import Tls
from idvault_dev import certificates
from idvault_dev.authority import real_now
from idvault_dev.layout import Layout
from tools.bench import echo, load
from tools.bench.goal import Measured, Options, at_least, at_most, figure
from tools.support import processes

_CALLS, _AT_ONCE, _ALONE = 10_000, 64, 1_000
_BODY = bytes(40)
_KINDS = ("E0", "E1", "paced")
_OTHERS_CORE = 1


def measure(options: Options) -> Measured:
    """Measure the three echoes in turn, in each round."""
    with tempfile.TemporaryDirectory(prefix="idvault-bench-") as name, processes.everybody_on(_OTHERS_CORE):
        folder = Path(name)
        layout = Layout(folder / "state")
        layout.create()
        certificates.prepare(layout, now=real_now())
        rounds = [{kind: _costs(layout, kind, folder) for kind in _KINDS} for _ in range(options.rounds)]
    many = {kind: [one[kind][0].cpu_us for one in rounds] for kind in _KINDS}
    alone = {kind: [one[kind][1].median_us for one in rounds] for kind in _KINDS}
    return Measured(
        checks=(
            at_least(1.4, "E1 per E0", "x", _ratios(many["E0"], many["E1"])),
            at_least(2.0, "paced echo per E0, 64 in flight", "x", _ratios(many["E0"], many["paced"])),
            at_most(1.15, "p50 paced / unpaced, 1 in flight", "x", _ratios(alone["paced"], alone["E1"])),
        ),
        figures=(
            *(figure(f"{kind}, CPU of a call", "us", many[kind]) for kind in _KINDS),
            *(figure(f"{kind}, p50 at 1 in flight", "us p50", alone[kind]) for kind in _KINDS),
        ),
    )


def _costs(layout: Layout, kind: str, folder: Path) -> tuple[load.Cost, load.Cost]:
    client, server = (
        Tls(layout.authority, layout.certificate(name), layout.key(name)) for name in ("platform-a", "server")
    )
    with load.echo_server(kind, client, server, folder) as target:
        many = load.run(target, echo.PATH, [_BODY], calls=_CALLS, at_once=_AT_ONCE)
        return many, load.run(target, echo.PATH, [_BODY], calls=_ALONE, at_once=1)


def _ratios(above: list[float], below: list[float]) -> list[float]:
    return [one / other for one, other in zip(above, below, strict=True)]
