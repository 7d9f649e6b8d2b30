"""Promise 5: steals both databases and every online key of a separate deployment, and tries everything.

A deployment is started on this host and people sign up. While it runs, its databases (SQLite: each file with
its journal; PostgreSQL: every row, the files of both databases and the write-ahead log) and every key of
every process are copied, and each attack is tried on the copies. All people are synthetic.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tools.support.durable import durable
from tools.support.whole_vault import clean_environment
from tools.torture.campaign import Options
from tools.torture.tally import Tally
from tools.torture.theft import attacks
from tools.torture.theft.finding import HEAD, Finding
from tools.torture.theft.scene import Scene


def run(options: Options) -> Tally:
    """Steal from this many people, at least two, and report."""
    clean_environment()
    with (
        tempfile.TemporaryDirectory(prefix="idvault-theft-") as folder,
        durable(options.database, Path(folder)) as databases,
    ):
        scene = Scene(databases, Path(folder))
        try:
            return report(attacks.everything(scene, people=max(options.count, 2)))
        finally:
            scene.vault.close()


def report(findings: Sequence[Finding]) -> Tally:
    """Print the table; findings beyond a stated limit are losses."""
    tally = Tally(faults=len(findings))
    print(HEAD)
    for finding in findings:
        print(finding.line(), flush=True)
        tally.details.append(asdict(finding) | {"holds": finding.holds})
        if not finding.holds:
            beyond = finding.found - finding.most
            tally.lose(f"{beyond} {finding.what} beyond the stated limits: {finding.attack}", beyond)
    return tally
