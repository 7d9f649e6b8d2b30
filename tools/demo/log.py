"""The demo's steps with the transparency log: it verifies, and every change in a copy is found."""

import io
import re
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from idvault.core.process import ProcessError
from idvault.processes.cli import app as vault_command
from idvault_dev.session import Session
from idvault_verify.commands.app import app as verify_command
from tools.demo.step import StepError, check
from tools.support import folders, programs
from tools.support.sandbox import wait_for

_SQLITE = "sqlite:///"
_UNVERIFIED = 5


class LogSteps:
    """The log of one development deployment, seen from outside."""

    def __init__(self, *, scratch: Path) -> None:
        self._scratch = scratch
        self._kept = scratch / "checkpoint"
        self._ready: Mapping[str, Any] = {}
        self._old: dict[str, Path] = {}

    def follow(self, ready: Mapping[str, Any]) -> int:
        """Keep the newest checkpoint once it covers the whole log; return its size."""
        self._ready = ready
        check(wait_for(self._is_published), "every entry should get its place and be published")
        return self._follow()

    def _follow(self) -> int:
        """Accept the published checkpoint as a monitor would, which trusts only the keys."""
        arguments = ["--url", self._ready["public_url"], "--state", str(self._kept), "--once"]
        arguments += ["--public-key", self._ready["log"]["public_key"]]
        arguments += ["--roster", self._ready["roster"], "--max-age", "60"]
        result = CliRunner().invoke(verify_command, ["follow-log", *arguments])
        found = re.fullmatch(r"log: (\d+) entries, consistent with \d+", result.stdout.strip())
        if result.exit_code != 0 or found is None:
            raise StepError(f"the log should be followed: {result.output.strip()}")
        return int(found[1])

    def verify(self) -> None:
        """Verify database and public directory against the kept checkpoint."""
        for source in self._sources():
            code, last = self._verify(*source, "--checkpoint", str(self._kept))
            whole = re.fullmatch(r"log: \d+ entries, root \S{44}, verified", last) is not None
            check(code == 0 and whole, f"the log should verify: {last}")

    def tamper(self) -> None:
        """Change one byte of an entry in copies of database and public directory."""
        self.copy_databases()
        changed = self._scratch / "changed.sqlite3"
        with closing(sqlite3.connect(self._old["main"])) as database:
            (size,) = database.execute("SELECT count(log_index) FROM log_entries").fetchone()
            (leaf,) = database.execute(
                "SELECT leaf FROM log_entries WHERE log_index = ?", [size // 2]
            ).fetchone()
            # Free space in a file may hold a second copy of an entry; a rewritten file has no free space.
            database.execute("VACUUM INTO ?", [str(changed)])
        changed.write_bytes(_flipped(changed.read_bytes(), leaf))
        bundle = self._scratch / "changed"
        folders.copy(Path(self._ready["public"]), bundle, first="checkpoint")
        for file, content in folders.contents(bundle / "tile" / "entries").items():
            if leaf in content:
                file.write_bytes(_flipped(content, leaf))
        for source in (["--database", f"{_SQLITE}{changed}"], ["--bundle", str(bundle)]):
            code, last = self._verify(*source, "--checkpoint", str(self._kept))
            named = code == _UNVERIFIED and last.startswith(f"log: entry {size // 2}: ")
            check(named, f"entry {size // 2} should be named: {last}")

    def copy_databases(self) -> None:
        """Copy the current databases, as a backup does."""
        # The signed checkpoint first: the log may have grown since, but must not be older.
        for name in ("shred", "main"):
            self._old[name] = self._scratch / f"{name}-old.sqlite3"
            source = self._ready["databases"][name].removeprefix(_SQLITE)
            with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(self._old[name])) as copy:
                live.backup(copy)

    def roll_back(self, state: Path) -> None:
        """Start a deployment with two older databases and a witness that remembers more."""
        again = self._scratch / "rolled-back"
        folders.copy(state, again)
        for name, old in self._old.items():
            for path in again.glob(f"{name}.sqlite3*"):
                path.unlink()
            shutil.copy(old, again / f"{name}.sqlite3")
        session = Session(server=programs.server(), state=again, output=self._scratch / "rolled-back.log")
        try:
            session.start()
        except ProcessError as error:
            if not re.search(
                r"log: database is older than the witnessed checkpoint \(\d+ < \d+\)", str(error)
            ):
                raise StepError(f"the start should be refused by the witness: {error}") from error
            return
        finally:
            session.close()
        raise StepError("the rolled-back copy should not start")

    def _is_published(self) -> bool:
        checkpoint = Path(self._ready["public"]) / "checkpoint"
        if not checkpoint.exists():
            return False
        size = int(checkpoint.read_text("utf-8").splitlines()[1])
        with closing(sqlite3.connect(self._ready["databases"]["main"].removeprefix(_SQLITE))) as database:
            (entries,) = database.execute("SELECT count(*) FROM log_entries").fetchone()
        return bool(size == entries)

    def _sources(self) -> list[list[str]]:
        databases = self._ready["databases"]
        return [
            ["--database", databases["main"], "--shred-database", databases["shred"]],
            ["--bundle", self._ready["public"]],
        ]

    def _verify(self, *arguments: str) -> tuple[int, str]:
        """Run `idvault log verify` and return its exit code and the last line of its output."""
        said = io.StringIO()
        options = ["--public-key", self._ready["log"]["public_key"], *arguments]
        with redirect_stdout(said), redirect_stderr(io.StringIO()):
            code = vault_command.run(["log", "verify", *options])
        return int(code), (said.getvalue().splitlines() or [""])[-1]


def _flipped(content: bytes, leaf: bytes) -> bytes:
    check(content.count(leaf) == 1, "the entry should be in the copy once")
    return content.replace(leaf, leaf[:-1] + bytes([leaf[-1] ^ 1]))
