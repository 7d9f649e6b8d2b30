"""`scripts/steal`: steals both databases and every online key of a vault of its own, and tries everything.

A vault is started on this machine and people sign up; then its databases (SQLite: each file with its journal;
PostgreSQL: every row, the files of both databases and the write-ahead log) and every key of every process are
carried away while it runs, and each attack is tried on them. Everybody in it is synthetic.

The last line is `theft: A attacks, 0 names, 0 records, limits as stated`, or `theft: A attacks, N names, R
records beyond the stated limits`. Exit code 0, 1 if anything is beyond the limits, 2 wrong usage.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from tests.resilience.soak.vault import clean_environment
from tests.resilience.theft import attacks
from tests.resilience.theft.finding import HEAD, Finding
from tests.resilience.theft.scene import Scene
from tests.support import durable_postgres as postgres
from tests.support.databases import Databases, SqliteMaker


def main() -> int:
    """Read the command line, steal, report."""
    parser = argparse.ArgumentParser(prog="scripts/steal", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--people", type=int, default=20, help="how many are verified at once (default: 20)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the findings to this file")
    arguments = parser.parse_args()
    if not 2 <= arguments.people <= 100:
        parser.error("--people must be from 2 to 100")
    clean_environment()
    with (
        tempfile.TemporaryDirectory(prefix="idvault-theft-") as folder,
        _databases(arguments.database, Path(folder)) as databases,
    ):
        scene = Scene(databases, Path(folder))
        try:
            findings = attacks.everything(scene, people=arguments.people)
        finally:
            scene.vault.close()
    return report(findings, arguments.json)


def report(findings: Sequence[Finding], file: Path | None) -> int:
    """Print the table and the last line; return the exit code."""
    print(HEAD)
    for finding in findings:
        print(finding.line())
    if file:
        rows = [asdict(finding) | {"holds": finding.holds} for finding in findings]
        file.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")
    beyond = dict.fromkeys(("names", "records"), 0)
    for finding in findings:
        beyond[finding.what] = beyond.get(finding.what, 0) + max(finding.found - finding.most, 0)
    told = ", ".join(
        f"{count} {what}" for what, count in beyond.items() if count or what in ("names", "records")
    )
    holds = all(finding.holds for finding in findings)
    rest = ", limits as stated" if holds else " beyond the stated limits"
    print(f"theft: {len(findings)} attacks, {told}{rest}")
    return 0 if holds else 1


@contextmanager
def _databases(kind: str, folder: Path) -> Iterator[Databases]:
    if kind == "postgres":
        with postgres.durable() as databases:
            yield databases
        return
    (folder / "template").mkdir()
    (folder / "databases").mkdir()
    yield SqliteMaker(folder / "template").fresh(folder / "databases")


if __name__ == "__main__":
    sys.exit(main())
