"""Fuzzes every method of a vault of its own; scripts/fuzz --help says how long and how often."""

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from idvault.cli.running import fast_loop
from idvault.development.session import Session
from tests.resilience.fuzz.attack import Campaign, Report
from tests.resilience.fuzz.surface import methods
from tests.resilience.fuzz.vault import left_behind, metrics, prepare

FULL = 100_000
_STOP = 120.0


def run(*, count: int, seconds: float, seed: int, only: str, texts: bool) -> tuple[Report, list[str]]:
    """Start a vault, attack it, stop it, and search what it left; return the report and what was found."""
    chosen = [method for method in methods() if only in method.path]
    with tempfile.TemporaryDirectory(prefix="idvault-fuzz-") as folder:
        scratch = Path(folder)
        session = Session(state=scratch / "state", output=scratch / "dev.log")
        try:
            ground = prepare(session.start(), scratch=scratch)
            with asyncio.Runner(loop_factory=fast_loop) as runner:
                campaign = Campaign(ground, seed=seed, only=chosen)
                report = runner.run(campaign.run(count=count, seconds=seconds, texts=texts))
            pages = metrics(ground)
            left = [] if _stopped(session) else ["the vault did not stop cleanly"]
            return report, left + left_behind(ground, output=session.output, pages=pages)
        finally:
            session.close()


def _stopped(session: Session) -> bool:
    """Stop the vault, which may take long on a busy machine; tell whether it ended cleanly."""
    session.process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        session.process.wait(_STOP)
    return session.stop() == 0


def main() -> int:
    """Read the command line, attack, and say what was found; exit code 1 if anything was."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument(
        "--count", type=int, default=FULL, help="messages for each method (default: %(default)s)"
    )
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--seed", type=int, default=1, help="where chance begins (default: %(default)s)")
    parser.add_argument("--only", default="", help="only methods whose path holds this")
    parser.add_argument(
        "--texts", action="store_true", help="send every naughty text in every text field instead, once"
    )
    arguments = parser.parse_args()
    report, left = run(**vars(arguments))
    for path, answers in sorted(report.answers.items()):
        told = {" ".join(status).strip(): times for status, times in answers.most_common()}
        print(f"{path} {report.sent[path]} {json.dumps(told)}")
    for line in [*report.findings, *left]:
        print(f"found: {line}")
    total = sum(report.sent.values())
    fewest = min(report.sent.values(), default=0)
    print(
        f"fuzz: {total} messages to {len(report.sent)} methods, at least {fewest} each, "
        f"in {report.seconds:.0f} s: {len(report.findings) + len(left)} findings"
    )
    return 1 if report.findings or left or not total else 0


if __name__ == "__main__":
    sys.exit(main())
