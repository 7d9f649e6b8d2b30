"""Runs pgbouncer in front of the tests' PostgreSQL, where pgbouncer is installed."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from tools.support.databases import Databases

PROGRAM = shutil.which("pgbouncer")
_PORT = 6432  # it only names the socket, which is in a folder of its own
_START = 5.0


@contextmanager
def running(databases: Databases, settings: str) -> Iterator[str]:
    """Yield the address of the main database through pgbouncer.

    settings: lines of pgbouncer.ini, besides those that say where it listens and where the server is.
    """
    url = make_url(databases.main_url)
    # Not the test's folder: the path of a socket is short, and pgbouncer refuses to run as root.
    folder = Path(tempfile.mkdtemp(prefix="pgb-"))
    account = _account(url)
    if os.geteuid() == 0:
        shutil.chown(folder, account)
    (folder / "pgbouncer.ini").write_text(_configuration(url, folder, settings))
    (folder / "pgbouncer.ini").chmod(0o644)
    drop = ["-u", account] if os.geteuid() == 0 else []
    process = subprocess.Popen([str(PROGRAM), "-q", *drop, str(folder / "pgbouncer.ini")])
    try:
        _wait(folder / f".s.PGSQL.{_PORT}")
        yield url.set(host=None, port=None, query={"host": str(folder), "port": str(_PORT)}).render_as_string(
            hide_password=False
        )
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def _account(url: URL) -> str:
    """Return who may open the server's socket."""
    folder = url.query.get("host")
    return Path(str(folder)).owner() if folder else "nobody"


def _configuration(url: URL, folder: Path, settings: str) -> str:
    server = f"host={url.query.get('host') or url.host} port={url.port or 5432} user={url.username}"
    server += f" password={url.password}" if url.password else ""
    return (
        f"[databases]\n* = {server}\n[pgbouncer]\nunix_socket_dir = {folder}\nlisten_port = {_PORT}\n"
        f"auth_type = any\n{settings}\n"
    )


def _wait(place: Path) -> None:
    """Wait until somebody listens; the socket's file is there a little earlier."""
    deadline = time.monotonic() + _START
    while True:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(place)) == 0:
                return
        assert time.monotonic() < deadline, "pgbouncer did not start"
        time.sleep(0.02)
