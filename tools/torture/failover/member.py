"""One server of a unit: Patroni and its PostgreSQL, configured as on the operations page."""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.support import processes
from tools.torture.failover.programs import Programs

_PAGE = (Path(__file__).parents[3] / "docs" / "operations.md").read_text("utf-8")
_STOP = 5.0
_PAUSE = 0.05
_ASK = 2.0
_SHOWN = 1_000


def documented() -> str:
    """Return Patroni's configuration on the operations page."""
    found = re.search(r"```yaml\n(scope: .*?)```", _PAGE, re.DOTALL)
    assert found
    return found[1]


def configured(told: Mapping[str, str]) -> str:
    """Return the page's configuration with other names, places and secrets; all of them must be there."""
    text = documented()
    for former, new in told.items():
        assert former in text, f"the operations page has no {former}"
        text = text.replace(former, new)
    return text


@dataclass
class Member:
    """A server that can be killed with everything on it, and returns with its data."""

    programs: Programs
    name: str
    folder: Path
    port: int
    rest: int
    _patroni: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def prepare(self, told: Mapping[str, str]) -> None:
        """Write its configuration."""
        self.folder.mkdir()
        settings = {
            "name: db1": f"name: {self.name}",
            "db1.example:5432": f"127.0.0.1:{self.port}",
            "db1.example:8008": f"127.0.0.1:{self.rest}",
            "/usr/lib/postgresql/17/bin": str(self.programs.postgresql),
            "/var/lib/postgresql/17/idvault": str(self.data),
            "/var/run/postgresql": str(self.folder),
            **told,
        }
        path = self.folder / "config.yml"
        path.write_text(configured(settings), "utf-8")
        path.chmod(0o600)
        for each in (self.folder, path):
            if self.programs.account:
                shutil.chown(each, self.programs.account, self.programs.account)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._patroni = subprocess.Popen(
                self.programs.command(self.programs.patroni, str(self.folder / "config.yml")),
                stdout=log,
                stderr=log,
                cwd="/",
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C.UTF-8"},
            )

    def kill(self) -> None:
        """End Patroni and every process of its PostgreSQL with kill -9."""
        self._kill_patroni()
        # The first one must not see the others die: it would end them in order.
        for each in self._postgresql():
            _send(each, signal.SIGKILL)

    def stop(self) -> None:
        """End it at once, for good; PostgreSQL gives back its shared memory."""
        self._kill_patroni()
        server = self._postgresql()[:1]
        deadline = time.monotonic() + _STOP
        while server and _send(server[0], signal.SIGQUIT) and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        for each in self._postgresql():
            _send(each, signal.SIGKILL)

    def _kill_patroni(self) -> None:
        if self._patroni is not None:
            self._patroni.kill()
            self._patroni.wait()
            self._patroni = None

    def complaint(self) -> str:
        """Return the end of its log if it ended by itself."""
        if self._patroni is None or self._patroni.poll() is None:
            return ""
        return f"{self.name} ended: {(self.folder / 'log').read_text('utf-8')[-_SHOWN:]}"

    def is_leader(self) -> bool:
        """Whether it holds the leader's lock."""
        return self._get("/leader") is not None

    def unit(self) -> list[dict[str, Any]]:
        """Return what it knows of the unit's members."""
        members: list[dict[str, Any]] = (self._get("/cluster") or {}).get("members", [])
        return members

    def _get(self, path: str) -> dict[str, Any] | None:
        """Return an answer of Patroni's REST API; None if there is none, or not a good one."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.rest}{path}", timeout=_ASK) as answer:
                document: dict[str, Any] = json.load(answer)
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            return None
        return document

    def _postgresql(self) -> list[int]:
        """Return the server's process and its children; none if it does not run."""
        try:
            pid = int((self.data / "postmaster.pid").read_text("ascii").splitlines()[0])
            return [pid, *processes.children(pid)]
        except (OSError, IndexError, ValueError):
            return []


def _send(pid: int, number: signal.Signals) -> bool:
    """Send a signal; return whether the process was there."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
