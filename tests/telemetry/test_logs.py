"""Logs show listed fields and fixed words; no text of an exception, and nothing a library says, gets in."""

import ast
import asyncio
import errno
import io
import json
import logging
import os
import ssl
import stat
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import idvault
from idvault.core.telemetry.logs import FIELDS, Logs, describe, log

# Synthetic: no person has this name or number.
CANARY = "金丝雀11010519491231002X"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "serve-0.jsonl"


@pytest.fixture
def installed(path: Path) -> Iterator[Logs]:
    """A log in a file, which takes everything that the process says until it is closed."""
    opened = Logs(process="serve-0", path=path).install()
    yield opened
    opened.close()


def test_closing_gives_back_what_install_took(path: Path) -> None:
    """After a close the process logs as it did before."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, logging.raiseExceptions
    Logs(process="serve-0", path=path).install().close()
    log().error("closed")
    assert lines(path) == []
    assert (root.handlers, root.level, logging.raiseExceptions) == before
    assert sys.excepthook is sys.__excepthook__


def lines(path: Path) -> list[dict[str, Any]]:
    text = path.read_text("utf-8")
    assert CANARY not in text
    assert CANARY.encode("unicode_escape").decode() not in text
    return [json.loads(line) for line in text.splitlines()]


def fail_with_a_name() -> None:
    try:
        raise KeyError(CANARY)
    except KeyError as error:
        raise ValueError(f"cannot store {CANARY}") from error


def test_an_event_has_its_fields(installed: Logs, path: Path) -> None:
    """A line has the event's level, time and process."""
    log().info("started", port=7443, listen="127.0.0.1:7443")
    [line] = lines(path)
    time = line.pop("time")
    assert time.endswith("Z")
    assert line == {
        "event": "started",
        "port": 7443,
        "listen": "127.0.0.1:7443",
        "level": "info",
        "process": "serve-0",
    }


def test_other_fields_are_redacted(installed: Logs, path: Path) -> None:
    """A field that is not listed, a value that is no short word, and a composed event are hidden."""
    log().warning("refused", real_name=CANARY, reason=CANARY, at=[CANARY], kind="x" * 201, method=object())
    log().warning(f"refused {CANARY}")
    first, second = lines(path)
    hidden = {"real_name", "reason", "at", "kind", "method"}
    assert {name for name, value in first.items() if value == "[redacted]"} == hidden
    assert second["event"] == "[redacted]"


def _keywords(path: Path) -> set[str]:
    """Return the fields that a module of ours gives to `log().level(...)`, those of describe() apart."""
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    return {
        str(keyword.arg)
        for call in calls
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "log()"
        for keyword in call.keywords
        if keyword.arg is not None
    }


def test_every_field_of_ours_is_listed() -> None:
    """Every field that our code logs is listed, so it reaches the operator."""
    modules = Path(idvault.__file__).parent.rglob("*.py")
    found = set().union(*(_keywords(module) for module in modules))
    assert "task" in found
    assert found <= FIELDS


def test_an_exception_is_types_and_a_place(installed: Logs, path: Path) -> None:
    """An exception's text and its causes' texts never get in."""
    try:
        fail_with_a_name()
    except ValueError as error:
        log().error("failed", **describe(error))
    [line] = lines(path)
    assert line["error"] == "ValueError<-KeyError"
    assert line["at"].startswith("test_logs:") or ".test_logs:" in line["at"]


def test_the_place_is_the_last_in_our_code() -> None:
    """Where a library raised, the line of ours that called it is named."""
    with pytest.raises(OSError, match="directory") as caught:
        Logs(process="serve-0", path=Path("/"))
    assert describe(caught.value)["at"].startswith("idvault.core.telemetry.logs:")


def test_a_suppressed_context_is_not_named() -> None:
    """`from None` ends the chain; a plain context counts as a cause."""

    def fail() -> None:
        try:
            raise KeyError(CANARY)
        except KeyError:
            raise ValueError(CANARY) from None

    with pytest.raises(ValueError, match=CANARY) as caught:
        fail()
    assert describe(caught.value)["error"] == "ValueError"


def test_libraries_are_reduced(installed: Logs, path: Path) -> None:
    """A library's record is reduced to its logger, the place and the exception types."""
    try:
        fail_with_a_name()
    except ValueError:
        logging.getLogger("some.library").exception("cannot store %s", CANARY)
    logging.getLogger("some.library").warning(CANARY)
    first, second = lines(path)
    assert (first["event"], first["logger"], first["level"]) == ("library", "some.library", "error")
    assert first["error"] == "ValueError<-KeyError"
    assert second["level"] == "warning"


def test_warnings_are_reduced(installed: Logs, path: Path) -> None:
    """A warning's text is not shown either."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn(CANARY, UserWarning, stacklevel=1)
        logging.captureWarnings(capture=False)
    [line] = lines(path)
    assert line["logger"] == "py.warnings"


def test_what_nobody_caught(installed: Logs, path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """An exception that ends the process or a thread is a line of types, and nothing on stderr."""
    thread = threading.Thread(target=fail_with_a_name)
    thread.start()
    thread.join()
    try:
        fail_with_a_name()
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    first, second = lines(path)
    assert first["event"] == second["event"] == "uncaught"
    assert first["error"] == second["error"] == "ValueError<-KeyError"
    assert capfd.readouterr().err == ""


async def test_a_lost_task(installed: Logs, path: Path) -> None:
    """What asyncio says about an exception that nobody awaited is reduced as well."""
    loop = asyncio.get_running_loop()
    loop.call_exception_handler({"message": CANARY, "exception": ValueError(CANARY)})
    [line] = lines(path)
    assert (line["logger"], line["error"]) == ("asyncio", "ValueError")


def test_the_file_is_its_owners(installed: Logs, path: Path) -> None:
    """Only its owner can read the log file."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_stdout_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a file, lines go to stdout, and closing leaves it open."""
    opened = Logs(process="work")
    opened.access.add(time=0.0, method="/a/B", code="OK", seconds=0.25)
    opened.close()
    line = json.loads(capsys.readouterr().out)
    assert line == {
        "event": "rpc",
        "level": "info",
        "time": "1970-01-01T00:00:00.000Z",
        "method": "/a/B",
        "code": "OK",
        "seconds": 0.25,
        "process": "work",
    }


def test_access_lines_are_buffered(path: Path) -> None:
    """A single call stays in the buffer; a full buffer is written."""
    opened = Logs(process="serve-0", path=path)
    opened.access.add(time=0.0, method="/a/B", code="OK", caller="platform-a", seconds=0.1)
    assert path.read_text() == ""
    for _ in range(511):
        opened.access.add(time=0.0, method="/a/B", code="OK", caller="platform-a", seconds=0.1)
    assert len(lines(path)) == 512
    opened.close()


def test_a_caller_that_is_no_word_is_redacted(path: Path) -> None:
    """The access log redacts like every other line."""
    opened = Logs(process="serve-0", path=path)
    opened.access.add(time=0.0, method="/a/B", code="OK", caller=CANARY, why="wrong_role", seconds=0.1)
    opened.close()
    opened.write("after the end\n")
    [line] = lines(path)
    assert (line["caller"], line["why"]) == ("[redacted]", "wrong_role")


def test_each_line_has_the_values_of_its_call(path: Path) -> None:
    """Calls of one kind share the rest of their line, byte for byte as any other line."""
    opened = Logs(process="serve-0", path=path)
    for begun, seconds in ((1.5, 0.25), (86_400.0, 1e-05), (1e9, 12.0000004)):
        opened.access.add(
            time=begun, method="/a/B", code="OK", caller="platform-a", why="-987654321", seconds=seconds
        )
    opened.close()
    shared = {"method": "/a/B", "code": "OK"}
    rest = {"caller": "platform-a", "why": "-987654321", "process": "serve-0"}
    assert path.read_text() == "".join(
        json.dumps({"event": "rpc", "level": "info", "time": time, **shared, "seconds": seconds, **rest})
        + "\n"
        for time, seconds in (
            ("1970-01-01T00:00:01.500Z", 0.25),
            ("1970-01-02T00:00:00.000Z", 1e-05),
            ("2001-09-09T01:46:40.000Z", 12.0),
        )
    )


class Watched(Logs):
    """A log that tells when something was written."""

    def __init__(self, *, path: Path) -> None:
        super().__init__(process="serve-0", path=path)
        self.written = asyncio.Event()

    def write(self, text: str) -> None:
        super().write(text)
        self.written.set()


async def test_access_lines_are_flushed(path: Path) -> None:
    """Buffered lines are written after a period and when the flushing task ends."""
    opened = Watched(path=path)
    flusher = asyncio.create_task(opened.access.run(period=0.01))
    opened.access.add(time=0.0, method="/a/B", code="OK", seconds=0.1)
    await asyncio.wait_for(opened.written.wait(), 60)
    opened.access.add(time=0.0, method="/a/C", code="OK", seconds=0.1)
    flusher.cancel()
    await asyncio.gather(flusher, return_exceptions=True)
    assert [line["method"] for line in lines(path)] == ["/a/B", "/a/C"]
    opened.close()


class FullDisk(io.StringIO):
    """A stream on a disk that is full for a while."""

    full = True

    def flush(self) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")


async def test_a_full_disk_takes_nothing_else_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events, calls and the flushing task survive a full disk, and later lines are written again."""
    disk = FullDisk()
    monkeypatch.setattr(sys, "stdout", disk)
    logs = Logs(process="serve-0").install()
    flushing = asyncio.create_task(logs.access.run(period=0.01))
    try:
        log().error("task_failed")
        for _ in range(600):
            logs.access.add(time=0.0, method="/m", code="OK", seconds=0.1)
        await asyncio.sleep(0.05)
        assert not flushing.done()
        disk.full = False
        log().info("room_again")
        assert "room_again" in disk.getvalue()
    finally:
        flushing.cancel()
        disk.full = True
        logs.close()


@pytest.mark.parametrize(
    ("cause", "shown"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/a/secret"), "ValueError<-OSError[ENOSPC]"),
        (ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED)), "ValueError<-"
         "ConnectionRefusedError[ECONNREFUSED]"),
        (ssl.SSLError(1, "a text of OpenSSL"), "ValueError<-SSLError"),
        (OSError("a text"), "ValueError<-OSError"),
        (OSError(99_999, os.strerror(99_999)), "ValueError<-OSError"),
    ],
)  # fmt: skip
def test_a_system_error_has_its_code(cause: OSError, shown: str) -> None:
    """A full disk is told from a lost connection; neither path nor text is logged."""
    error = ValueError()
    error.__cause__ = cause
    assert describe(error)["error"] == shown
