"""Programs for the tests of the fork server."""

import atexit
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path


def describe() -> None:
    """Print what a program sees of how it was started."""
    seen = {
        "arguments": sys.argv,
        "environment": dict(os.environ),
        "folder": str(Path.cwd()),
        "input": sys.stdin.read(),
        "own_group": os.getpgid(0) == os.getpid(),
        "threads_of_server": len(list(Path(f"/proc/{os.getppid()}/task").iterdir())),
        "signals": [signal.getsignal(number) is before for number, before in _OF_A_NEW_PROCESS.items()],
        "files": sorted(str(file.readlink()) for file in Path("/proc/self/fd").iterdir() if file.exists()),
    }
    print(json.dumps(seen))
    print("told", file=sys.stderr)


_OF_A_NEW_PROCESS = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
    signal.SIGCHLD: signal.SIG_DFL,
}


def end() -> int:
    """Print something at exit, unflushed, and end with the argument."""
    atexit.register(print, "handled", end="")
    return int(sys.argv[1])


def fail() -> None:
    """End with an exception."""
    raise LookupError("missing")


def refuse() -> None:
    """End with a text."""
    sys.exit("refused")


def leave_a_thread() -> None:
    """End while a thread has something to print."""
    threading.Thread(target=lambda: print("from the thread", end="")).start()


def wait() -> None:
    """Say so, and wait to be ended."""
    print("waiting", flush=True)
    time.sleep(60)
