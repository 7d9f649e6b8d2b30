"""Abuses HTTP/2 against a vault of its own; scripts/abuse_http2 --help says how hard and with what."""

import argparse
import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from idvault.development.session import Session
from idvault.v1 import status_pb2
from idvault_client import testing
from tests.resilience.fuzz.vault import tls
from tests.resilience.http2.attacks import ATTACKS, Target
from tests.resilience.http2.good import GoodClient, Served
from tests.support.sandbox import Registry, verify

MOST_MEMORY = 200
"""How many MiB a process may take more than before, while it is attacked."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attack did. peak: MiB above what the process had before. after: the good client afterwards."""

    name: str
    told: str
    during: Served
    after: Served
    peak: float

    @property
    def harmless(self) -> bool:
        """Whether the good client was answered all the time, and the memory was bounded."""
        failed = self.during.failures or self.after.failures
        return not failed and bool(self.during.seconds and self.after.seconds) and self.peak < MOST_MEMORY

    def __str__(self) -> str:
        """Return one line."""
        failures = [*self.during.failures, *self.after.failures]
        return (
            f"{'ok' if self.harmless else 'HARMED'} {self.name}: {self.told}; good client: "
            f"{len(self.during.seconds)} + {len(self.after.seconds)} answers, slowest "
            f"{self.during.slowest:.2f} + {self.after.slowest:.2f} s, {len(failures)} failures"
            f"{' ' + failures[0] if failures else ''}; {self.peak:+.0f} MiB"
        )


def resident(pid: int) -> float:
    """Return the memory of a process in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1_024
    raise LookupError("the process has no memory")


async def attack(name: str, target: Target, *, pid: int, after: float = 2.0) -> Outcome:
    """Attack once; the good client asks during the attack and for some seconds after it."""
    before, peak = resident(pid), 0.0

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, resident(pid) - before)
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


def main() -> int:
    """Read the command line, attack, and say what came of it; exit code 1 if anything did harm."""
    parser = argparse.ArgumentParser(prog="scripts/abuse_http2", description=__doc__)
    parser.add_argument(
        "--scale", type=float, default=1.0, help="1 is the full attack (default: %(default)s)"
    )
    parser.add_argument("--only", default="", help="only attacks whose name holds this")
    arguments = parser.parse_args()
    harmed = 0
    with tempfile.TemporaryDirectory(prefix="idvault-abuse-") as folder:
        session = Session(state=Path(folder) / "state", output=Path(folder) / "dev.log")
        try:
            ready = session.start()
            with testing.connect(session.ready_file, timeout=20) as vault:
                person = Registry(ready["registry"]["admin_url"]).newcomer()
                token = verify(vault, person).account_token
            body = status_pb2.GetStatusRequest(account_token=token).SerializeToString()
            target = Target(ready["grpc"], tls(ready, "platform"), body, arguments.scale)
            for name in ATTACKS:
                if arguments.only in name:
                    outcome = asyncio.run(attack(name, target, pid=ready["pids"]["serve"][0]))
                    harmed += not outcome.harmless
                    print(outcome, flush=True)
                    time.sleep(1)
        finally:
            session.close()
    print(f"abuse: {harmed} attacks did harm")
    return 1 if harmed else 0


if __name__ == "__main__":
    sys.exit(main())
