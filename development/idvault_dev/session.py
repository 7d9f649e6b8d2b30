"""Starts and stops `idvault dev` as a child process, for the demo and for journey tests."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from idvault.core.fork_server import ForkedProcess, ForkServer, Program
from idvault.core.process import ENTRY, PARENT_PIPE, ProcessError

# A busy host may need minutes. Only a start that hangs takes this long; a process that ends is noticed at
# once.
_START = 180.0
_STOP = 15.0
_POLL = 0.01


class Session:
    """One `idvault dev` on a state folder; it ends when this process ends."""

    def __init__(
        self,
        *,
        server: ForkServer,
        state: Path,
        output: Path,
        arguments: Sequence[str] = ("--ports", "free"),
    ) -> None:
        """Initialise. output: the file for its output, outside the state folder."""
        self.output = output
        self._server = server
        self._ready_file = state / "ready.json"
        self._arguments = ["dev", "--state", str(state), *arguments]
        self._process: ForkedProcess | None = None
        self._pipe: int | None = None

    @property
    def ready_file(self) -> Path:
        """The ready file."""
        return self._ready_file

    @property
    def process(self) -> ForkedProcess:
        """The supervisor's process; raises ProcessError before the start."""
        if self._process is None:
            raise ProcessError("the session has not been started")
        return self._process

    def start(self) -> dict[str, Any]:
        """Start and return the content of the ready file; raises ProcessError if it does not appear."""
        # A stale file of a killed session would be mistaken for the new one.
        self._ready_file.unlink(missing_ok=True)
        read_end, self._pipe = os.pipe()
        program = Program(
            entry=ENTRY,
            arguments=self._arguments,
            environment=dict(os.environ),
            folder=str(Path.cwd()),
            own_group=True,
            pipe_setting=PARENT_PIPE,
        )
        with self.output.open("ab") as output, Path(os.devnull).open("rb") as nothing:
            files = (nothing.fileno(), output.fileno(), output.fileno())
            self._process = self._server.start(program, files=files, pipe=read_end)
        os.close(read_end)
        return self._wait_ready()

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send a signal and return the exit code; raises ProcessError if the stop takes too long."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(_STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise ProcessError(f"idvault dev did not stop within {_STOP:.0f} s") from None
        finally:
            self.close()

    def kill(self) -> None:
        """Kill the supervisor with SIGKILL."""
        self.process.kill()
        self.process.wait()
        self.close()

    def close(self) -> None:
        """Close the parent pipe, which ends a supervisor that is still running."""
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None

    def _wait_ready(self) -> dict[str, Any]:
        deadline = time.monotonic() + _START
        while not self._ready_file.exists():
            ended = self.process.poll()
            if ended is not None or time.monotonic() > deadline:
                self.kill()
                why = f"within {_START:.0f} s" if ended is None else f"and ended with {ended}"
                tail = "\n".join(self.output.read_text("utf-8", "replace").splitlines()[-15:])
                raise ProcessError(f"idvault dev did not become ready {why}\n{tail}")
            time.sleep(_POLL)
        document: dict[str, Any] = json.loads(self._ready_file.read_text("utf-8"))
        return document
