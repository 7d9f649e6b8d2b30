"""One PostgreSQL server with the archive of docs/operations.md, which is lost and restored in its place."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.support import documented_postgres
from tools.support.databases import memory, server_module
from tools.support.documented_install import PAGE, documented_psql

_USER = "embedded_postgres"
_SECTION = PAGE.read_text("utf-8")
_SECTION = _SECTION[_SECTION.index("\n### An archive of the write-ahead log") :]
_SETTINGS = re.findall(r"```ini\n(.*?)```", _SECTION, re.DOTALL)[0]
_RESTORE = re.findall(r"```shell\n(.*?)```", _SECTION, re.DOTALL)[1]
_PATIENCE = 60.0


class ArchivedServer:
    """A server that archives what it writes; `url`: of its superuser, before and after a loss."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._data, self._archive = place / "server", place / "archives" / "main"
        self._module: Any = server_module(place)
        self._running: Any = None
        self.url = ""

    def start(self) -> None:
        """Start it, as it is in its folder."""
        if self._data.exists():
            # The tests' server has its socket and its log in its data directory.
            for each in (*self._data.glob(".*"), self._data / "log"):
                each.unlink(missing_ok=True)
            self._data.chmod(0o700)
            _give(self._data)
        self._running = self._module.get_server(self._data, cleanup_mode="stop")
        self.url = str(self._running.get_uri())

    def begin(self) -> None:
        """Make the server, with the page's settings for an archive."""
        self._archive.mkdir(parents=True)
        _give(self._archive)
        self.start()
        self.stop()
        with (self._data / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
            file.write(_SETTINGS.replace("/archive/", f"{self._archive}/"))
        self.start()

    def stop(self) -> None:
        """Stop it, if it runs."""
        if self._running is not None:
            self._running.cleanup()
            self._running = None

    def back_up(self) -> None:
        """Make a base backup, as the page does."""
        program = str(documented_psql().with_name("pg_basebackup"))
        words = ["--dbname", self.url, "--checkpoint=fast", "--wal-method=stream"]
        to = ["--pgdata", str(self._place / "backups" / "main")]
        subprocess.run([program, *words, *to], check=True, capture_output=True)

    def archive(self) -> None:
        """Wait until the archive has what was written before, as the page's job does."""
        run = documented_postgres.run
        (row,) = run(self.url, "SELECT pg_walfile_name(pg_switch_wal()) AS name")
        deadline = time.monotonic() + _PATIENCE
        while not (self._archive / row["name"]).exists():
            if time.monotonic() > deadline:
                raise TimeoutError("the archive is behind")
            time.sleep(0.1)

    def lose_and_restore(self) -> None:
        """Destroy the server's files, and put the last base backup with the archive in their place."""
        self.stop()
        shutil.rmtree(self._data)
        environment = {**os.environ, "MOMENT": "", "SHRED_MOMENT": "", "ARCHIVES": str(self._archive.parent)}
        lines = _RESTORE.replace('restore shred "$SHRED_MOMENT"', ":")
        words = ["bash", "-euo", "pipefail", "-c", lines]
        subprocess.run(words, cwd=self._place, env=environment, check=True, capture_output=True)
        (self._place / "data" / "main").rename(self._data)
        self.start()


@contextmanager
def archived_server() -> Iterator[ArchivedServer]:
    """Run a server for the duration of the block; its files and its archive are gone afterwards."""
    place = Path(tempfile.mkdtemp(prefix="idvault-archived-", dir=memory()))
    place.chmod(0o755)
    server = ArchivedServer(place)
    try:
        server.begin()
        yield server
    finally:
        server.stop()
        shutil.rmtree(place, ignore_errors=True)


def _give(folder: Path) -> None:
    """Give a folder to the user as whom the server runs, if that is another."""
    if os.geteuid() == 0:
        subprocess.run(["chown", "--recursive", f"{_USER}:{_USER}", str(folder)], check=True)
