"""Abuses HTTP/2 against a separate deployment while a good client keeps calling."""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

from idvault_client import testing
from idvault_dev.session import Session
from idvault_verify.v1 import status_pb2
from tools.support import programs
from tools.support.processes import resident_mib
from tools.support.sandbox import Registry, verify
from tools.torture.campaign import Options
from tools.torture.fuzz.vault import tls
from tools.torture.http2.attacks import ATTACKS, Target
from tools.torture.http2.good import GoodClient, Served
from tools.torture.tally import Tally

MOST_MEMORY = 200
"""How many MiB a process may take more than before, while it is attacked."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one attack. peak: MiB above the start. after: the good client after the attack."""

    name: str
    told: str
    during: Served
    after: Served
    peak: float

    @property
    def harmless(self) -> bool:
        """Whether the good client was always answered and the memory stayed bounded."""
        failed = self.during.failures or self.after.failures
        return not failed and bool(self.during.seconds and self.after.seconds) and self.peak < MOST_MEMORY

    def __str__(self) -> str:
        failures = [*self.during.failures, *self.after.failures]
        return (
            f"{'ok' if self.harmless else 'HARMED'} {self.name}: {self.told}; good client: "
            f"{len(self.during.seconds)} + {len(self.after.seconds)} answers, slowest "
            f"{self.during.slowest:.2f} + {self.after.slowest:.2f} s, {len(failures)} failures"
            f"{' ' + failures[0] if failures else ''}; {self.peak:+.0f} MiB"
        )


async def attack(name: str, target: Target, *, pid: int, after: float = 2.0) -> Outcome:
    """Attack once; the good client calls during the attack and some seconds after it."""
    before, peak = resident_mib(pid), 0.0

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, resident_mib(pid) - before)
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    try:
        with GoodClient(target.address, target.tls, target.body) as during:
            await asyncio.sleep(0.2)
            told = await ATTACKS[name](target)
            await asyncio.sleep(0.2)
        with GoodClient(target.address, target.tls, target.body) as afterwards:
            await asyncio.sleep(after)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    return Outcome(name, told, during.served, afterwards.served, peak)


def run(options: Options) -> Tally:
    """Attack with this percentage of the full attack; an attack that did harm is a loss."""
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="idvault-abuse-") as folder:
        session = Session(
            server=programs.server(), state=Path(folder) / "state", output=Path(folder) / "dev.log"
        )
        try:
            ready = session.start()
            with testing.connect(session.ready_file, timeout=20) as vault:
                person = Registry(ready["registry"]["admin_url"]).newcomer()
                token = verify(vault, person).account_token
            body = status_pb2.GetStatusRequest(account_token=token).SerializeToString()
            target = Target(ready["grpc"], tls(ready, "platform"), body, options.count / 100)
            for name in ATTACKS:
                if options.only in name and not options.stop.is_set():
                    result = asyncio.run(attack(name, target, pid=ready["pids"]["serve"][0]))
                    tally.faults += 1
                    tally.acknowledged += len(result.during.seconds) + len(result.after.seconds)
                    print(result, flush=True)
                    if not result.harmless:
                        tally.lose(str(result))
                    options.stop.wait(1)
        finally:
            session.close()
    return tally
