"""Promise 10: fuzzes every method of a separate deployment."""

import asyncio
import json
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from idvault.processes.cli.running import fast_loop
from idvault_dev.session import Session
from tools.support import programs
from tools.torture.campaign import Options
from tools.torture.fuzz.attack import Attack, Report
from tools.torture.fuzz.surface import methods
from tools.torture.fuzz.vault import left_behind, metrics, prepare
from tools.torture.tally import Tally

_STOP = 120.0


def messages(options: Options) -> Tally:
    """Send each method this many messages."""
    return _run(options, step=None)


def texts(options: Options) -> Tally:
    """Send every count-th listed text in every text field, once."""
    return _run(options, step=options.count)


def _run(options: Options, *, step: int | None) -> Tally:
    """Start a deployment, attack it, stop it, and search what it left; each finding is a loss."""
    chosen = [method for method in methods() if options.only in method.path]
    with tempfile.TemporaryDirectory(prefix="idvault-fuzz-") as folder:
        scratch = Path(folder)
        session = Session(server=programs.server(), state=scratch / "state", output=scratch / "dev.log")
        try:
            ground = prepare(session.start(), scratch=scratch)
            with asyncio.Runner(loop_factory=fast_loop) as runner:
                attacker = Attack(ground, seed=options.seed, only=chosen, stop=options.stop.is_set)
                answered = runner.run(attacker.run(count=options.count, texts=step))
            pages = metrics(ground)
            left = [] if _stopped(session) else ["the vault did not stop cleanly"]
            return counted(answered, left + left_behind(ground, output=session.output, pages=pages))
        finally:
            session.close()


def counted(report: Report, left: list[str]) -> Tally:
    """Print each method's answers; each finding is a loss, and so is a run that sent nothing."""
    tally = Tally(faults=sum(report.sent.values()))
    for path, answers in sorted(report.answers.items()):
        told = {" ".join(status).strip(): times for status, times in answers.most_common()}
        print(f"{path} {report.sent[path]} {json.dumps(told)}")
        tally.details.append({"method": path, "sent": report.sent[path], "answers": told})
    tally.figures = {"methods": len(report.sent), "fewest": min(report.sent.values(), default=0)}
    for found in [*report.findings, *left, *([] if tally.faults else ["nothing was sent"])]:
        tally.lose(found)
    return tally


def _stopped(session: Session) -> bool:
    """Stop the deployment, which may take long on a busy host; tell whether it ended cleanly."""
    session.process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        session.process.wait(_STOP)
    return session.stop() == 0
