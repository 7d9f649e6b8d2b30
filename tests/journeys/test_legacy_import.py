"""An import of legacy accounts during which client and vault are killed: nothing is lost or doubled."""

import csv
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from idvault.core.db.database import Database
from idvault.core.tables.account import accounts
from idvault_verify.account import AccountState, Standing
from tests.support.stalling import stalling
from tools.support import programs, sql
from tools.support.cluster import Cluster, running
from tools.support.databases import Databases
from tools.support.sandbox import wait_for

ROWS = 10_000
SOME_BYTES = 100_000
"""Bytes that bring 2,000 or 4,000 rows to the vault, but never all that are left."""


@pytest.fixture
def cluster(tmp_path: Path, databases: Databases) -> Iterator[Cluster]:
    """One serving process and a worker."""
    with running(tmp_path, databases, serving=True) as made:
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of accounts, the last one without a date."""
    path = tmp_path / "accounts.csv"
    rows = [f"user-{place},2012-05-01\n" for place in range(ROWS - 1)]
    path.write_text("".join(["reference,create_date\n", *rows, "user-last,\n"]), "utf-8")
    return path


class Importing:
    """The command as an operator runs it."""

    def __init__(self, cluster: Cluster, file: Path, folder: Path) -> None:
        """Set the vault, the file, and a folder for the result files."""
        tls = cluster.tls()
        self.resume, self.result = folder / "resume", folder / "result.csv"
        self._port = cluster.port
        self._options = [
            *("--server-name", "localhost"),
            *("--ca", str(tls.ca), "--certificate", str(tls.certificate), "--key", str(tls.key)),
            *("import-legacy", str(file), "--label", "2014"),
            *("--resume", str(self.resume), "--result", str(self.result)),
        ]

    def start(self, *, port: int) -> programs.Started:
        return programs.start(programs.CLIENT, "--target", f"127.0.0.1:{port}", *self._options)

    def finish(self) -> "subprocess.CompletedProcess[str]":
        return programs.run(programs.CLIENT, "--target", f"127.0.0.1:{self._port}", *self._options)

    def done(self) -> int:
        if not self.resume.exists():
            return 0
        rows: int = json.loads(self.resume.read_text("ascii"))["rows"]
        return rows


async def _stored(databases: Databases) -> int:
    database = Database(url=databases.main_url)
    try:
        return await sql.count(database, accounts)
    finally:
        await database.close()


async def test_killed_and_resumed(cluster: Cluster, databases: Databases, file: Path, tmp_path: Path) -> None:
    """First the client is killed, then the vault; the third try answers every row."""
    importing = Importing(cluster, file, tmp_path)
    with stalling(cluster.port, after=SOME_BYTES) as port:
        first = importing.start(port=port)
        assert wait_for(lambda: importing.done() > 0)
        first.kill()
        first.communicate()
    done = importing.done()
    assert 0 < done < ROWS

    with stalling(cluster.port, after=SOME_BYTES) as port:
        second = importing.start(port=port)
        assert wait_for(lambda: importing.done() > done)
        cluster.kill("serve")
        second.communicate(60)
    assert second.returncode == 3
    assert done < importing.done() < ROWS
    cluster.start_serve()

    last = importing.finish()
    assert last.returncode == 1, last.stderr
    assert (
        last.stdout.splitlines()[-1] == f"import: {ROWS} accounts, {ROWS - 1} created, 0 repeated, 1 failed"
    )
    with importing.result.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["reference"] for row in rows] == [f"user-{place}" for place in range(ROWS - 1)] + [
        "user-last"
    ]
    tokens = [row["account_token"] for row in rows[:-1]]
    assert len(set(tokens)) == ROWS - 1
    assert (rows[-1]["outcome"], rows[-1]["field"], rows[-1]["code"]) == ("FAILED", "create_date", "REQUIRED")
    assert await _stored(databases) == ROWS - 1

    with cluster.vault(timeout=20) as vault:
        found = vault.batch_get_statuses(tokens[:1_000])
    assert {(one.state, one.standing, one.revision) for one in found.statuses} == {
        (AccountState.UNVERIFIED, Standing.GOOD, 1)
    }
    assert len(found.statuses) == 1_000
