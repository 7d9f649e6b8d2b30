"""Structured logs: one JSON object a line, without personal data by construction.

- An event is a fixed lower-case word. A field is shown only if its name is listed here and its value is a
  number, a boolean or a short ASCII text; anything else is written as [redacted].
- An exception is logged as its type names and the place in our code, because its text may contain values. A
  system error also has its code, such as OSError[ENOSPC], and an error of a driver says which database and
  why, such as DriverError[main: ConnectionRefusedError].
- Log records of libraries are reduced to the logger, the place and the exception types, for the same reason.
- The access log is buffered: it is written about once a second and at exit.
- A failed write to the log never makes a call, a task or the process fail.
"""

import asyncio
import atexit
import errno
import json
import logging
import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TextIO

FIELDS = frozenset({
    "event", "level", "time", "process", "pid",
    "method", "code", "reason", "caller", "role", "request", "seconds", "why",
    "error", "at", "logger", "line",
    "act", "edge", "kind", "provider", "outcome", "count", "version", "listen", "port", "grace", "signal",
    "days", "attempts", "threshold", "task",
})  # fmt: skip
_REDACTED = "[redacted]"
_EVENT = re.compile(r"[a-z][a-z0-9_:]{0,63}")
_WORD = re.compile(r"[ -~]{0,200}")
_BUFFER_LINES = 512
_PARTS_KEPT = 10_000
# Stand for the values of a call in the line that its kind of calls has in common.
_TIME_PLACE = "<time>"
_SECONDS_PLACE = -987654321
_OUR_CODE = "idvault"


class Logs:
    """The log of a process, opened once and closed last."""

    def __init__(self, *, process: str, path: Path | None = None) -> None:
        """Open a file that only its owner can read, for appending, or use stdout.

        process: the name on every line. Raises OSError if the file cannot be opened.
        """
        self._process = process
        self._stream: TextIO = sys.stdout if path is None else _open(path)
        self._owned = path is not None
        self._lock = threading.Lock()
        self._before: tuple[list[logging.Handler], int, bool] | None = None
        self.access = AccessLog(self)

    def write(self, text: str) -> None:
        """Write complete lines and flush them; if writing fails, they stay in the stream or are lost.

        The failure is ignored: a report of it would fail too, and a call would return an error although its
        act is durable. The transparency log is separate and not affected.
        """
        with self._lock, suppress(OSError):
            if not self._stream.closed:
                self._stream.write(text)
                self._stream.flush()

    def line(self, fields: Mapping[str, object]) -> str:
        """Return one line of these fields, redacted, with the process's name."""
        shown = {name: _shown(name, value) for name, value in fields.items()}
        return json.dumps({**shown, "process": self._process}, ensure_ascii=False) + "\n"

    def install(self) -> "Logs":
        """Make this the log of the whole process: our code, the libraries and uncaught exceptions."""
        global _current  # noqa: PLW0603 - a process has one log
        _current = self
        root = logging.getLogger()
        self._before = root.handlers[:], root.level, logging.raiseExceptions
        root.handlers[:] = [_LibraryHandler()]
        root.setLevel(logging.WARNING)
        # Without these two settings a library's text could still reach stderr.
        logging.raiseExceptions = False
        logging.captureWarnings(capture=True)
        sys.excepthook = _uncaught
        threading.excepthook = _uncaught_in_thread
        atexit.register(self.access.flush)
        return self

    def close(self) -> None:
        """Flush the buffer, close the file, and restore what `install` replaced."""
        self.access.flush()
        if self._before is not None:
            self._uninstall(*self._before)
        if self._owned:
            with suppress(OSError):
                self._stream.close()

    def _uninstall(self, handlers: list[logging.Handler], level: int, raises: bool) -> None:
        atexit.unregister(self.access.flush)
        global _current  # noqa: PLW0603 - see install
        _current = None
        logging.getLogger().handlers[:] = handlers
        logging.getLogger().setLevel(level)
        logging.raiseExceptions = raises
        logging.captureWarnings(capture=False)
        sys.excepthook, threading.excepthook = sys.__excepthook__, threading.__excepthook__
        self._before = None


class AccessLog:
    """One line for each call, buffered."""

    def __init__(self, logs: Logs) -> None:
        """Initialise with the log to write to."""
        self._logs = logs
        self._calls: list[tuple[float, str, str, str, str, str, float]] = []
        self._parts: dict[tuple[str, str, str, str], tuple[str, str, str]] = {}
        self._second = -1, ""

    def add(
        self,
        *,
        time: float,
        method: str,
        code: str,
        caller: str = "",
        why: str = "",
        request: str = "",
        seconds: float,
    ) -> None:
        """Buffer one call.

        time: POSIX seconds. caller: the registered name, empty if unknown. why: a fixed word that says why
        access was refused, for the operator only. request: the id of a call that failed, a UUID.
        """
        self._calls.append((time, method, code, caller, why, request, seconds))
        if len(self._calls) >= _BUFFER_LINES:
            self.flush()

    def flush(self) -> None:
        """Write the buffered lines."""
        calls, self._calls = self._calls, []
        if calls:
            self._logs.write("".join(self._line(call) for call in calls))

    async def run(self, *, period: float = 1.0) -> None:
        """Flush every `period` seconds until cancelled, then once more."""
        try:
            while True:
                await asyncio.sleep(period)
                self.flush()
        finally:
            self.flush()

    def _line(self, call: tuple[float, str, str, str, str, str, float]) -> str:
        time, method, code, caller, why, request, seconds = call
        key = method, code, caller, why
        parts = self._parts.get(key)
        if parts is None:
            parts = self._remember(key)
        second = int(time)
        if second != self._second[0]:
            # A busy process writes thousands of lines a second, and all but their milliseconds are the same.
            self._second = second, datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        # The values are numbers of ours: their text needs no redaction.
        milliseconds = int((time - second) * 1_000)
        failed = f', "request": "{request}"' if request else ""
        taken = f"{round(seconds, 6)!r}{failed}"
        return f"{parts[0]}{self._second[1]}.{milliseconds:03}Z{parts[1]}{taken}{parts[2]}"

    def _remember(self, key: tuple[str, str, str, str]) -> tuple[str, str, str]:
        """Return the parts of a line that do not differ between calls, and keep them."""
        method, code, caller, why = key
        fields = {
            "event": "rpc",
            "level": "info",
            "time": _TIME_PLACE,
            "method": method,
            "code": code,
            "seconds": _SECONDS_PLACE,
        }
        fields |= {name: value for name, value in (("caller", caller), ("why", why)) if value}
        head, _, rest = self._logs.line(fields).partition(_TIME_PLACE)
        middle, _, tail = rest.partition(str(_SECONDS_PLACE))
        if len(self._parts) >= _PARTS_KEPT:
            self._parts.clear()
        self._parts[key] = head, middle, tail
        return head, middle, tail


class Logger:
    """Writes one line for each event to the installed log; without one, writes nothing."""

    def info(self, event: str, **fields: object) -> None:
        """Log a normal event."""
        _write("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Log a fault that the process recovers from by itself."""
        _write("warning", event, fields)

    def error(self, event: str, **fields: object) -> None:
        """Log a fault that needs the operator's attention."""
        _write("error", event, fields)

    def critical(self, event: str, **fields: object) -> None:
        """Log the end of a thread or of the process."""
        _write("critical", event, fields)


_LOGGER = Logger()
_current: Logs | None = None


def log() -> Logger:
    """Return the process's logger: log().error("word", field=...)."""
    return _LOGGER


def _write(level: str, event: str, fields: Mapping[str, object]) -> None:
    if _current is not None:
        now = _text(datetime.now(UTC))
        _current.write(_current.line({"event": event, "level": level, "time": now, **fields}))


def describe(error: BaseException) -> dict[str, str]:
    """Return an exception's type names (with its causes) and the last place in our code, without its text."""
    return {"error": "<-".join(_types(error)), "at": _place(error.__traceback__)}


def cause(error: BaseException) -> str:
    """Return what the first error of a chain that has a text for the log says, "" if none has one."""
    return next((text for each in _chain(error) if (text := _own_text(each))), "")


class _LibraryHandler(logging.Handler):
    """Handles log records that libraries write through the standard library."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        fields = describe(error) if error is not None else {"at": f"{record.module}:{record.lineno}"}
        report = log().error if record.levelno >= logging.ERROR else log().warning
        report("library", logger=record.name, **fields)


def _uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if isinstance(error, KeyboardInterrupt):
        return
    log().critical("uncaught", **describe(error))


def _uncaught_in_thread(hook: threading.ExceptHookArgs) -> None:
    if hook.exc_value is not None:
        log().critical("uncaught", **describe(hook.exc_value))


def _text(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _shown(name: str, value: object) -> object:
    if name not in FIELDS:
        return _REDACTED
    if value is None or isinstance(value, bool | int | float):
        return value
    wanted = _EVENT if name == "event" else _WORD
    return str(value) if isinstance(value, str) and wanted.fullmatch(value) else _REDACTED


_DEEPEST = 8


def _types(error: BaseException) -> list[str]:
    return [type(each).__name__ + _detail(each) for each in _chain(error)]


def _chain(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    for _ in range(_DEEPEST):
        if found is None:
            return
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def _detail(error: BaseException) -> str:
    text = _own_text(error)
    return f"[{text}]" if text else _system_code(error)


def _own_text(error: BaseException) -> str:
    """Return what an error of ours says for the log: its class promises that it holds no value of a call."""
    return str(getattr(error, "log_text", ""))


def _system_code(error: BaseException) -> str:
    """Return the name of a system error, such as [ENOSPC] for a full disk; it holds no value of a call."""
    # Errors of other libraries that are OSErrors, such as SSLError, have numbers of their own.
    if not isinstance(error, OSError) or not error.errno or error.strerror != os.strerror(error.errno):
        return ""
    return f"[{errno.errorcode[error.errno]}]" if error.errno in errno.errorcode else ""


def _place(traceback: TracebackType | None) -> str:
    place = ""
    while traceback is not None:
        module = str(traceback.tb_frame.f_globals.get("__name__", ""))
        if not place or module.partition(".")[0] == _OUR_CODE:
            place = f"{module}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place


def _open(path: Path) -> TextIO:
    path.touch(mode=0o600, exist_ok=True)
    return path.open("a", encoding="utf-8")
