"""What a supervisor is told of a server command: when it is ready, and when it stops."""

import asyncio
import socket
from pathlib import Path
from uuid import uuid4

import pytest

from idvault.core import process
from idvault.processes.cli import running


def _listening(name: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.settimeout(60)
    listener.bind(name)
    return listener


async def _serve(ready: running.Ready, _stop: asyncio.Event) -> None:
    ready({})


@pytest.mark.parametrize("is_abstract", [False, True])
def test_systemd_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_abstract: bool) -> None:
    """A unit of Type=notify has started once the program serves: not before."""
    name = f"@{uuid4().hex}" if is_abstract else str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    with _listening(f"\0{name[1:]}" if is_abstract else name) as listener:
        running.run(_serve, ready_file=None)
        assert [listener.recv(99) for _ in range(2)] == [b"READY=1", b"STOPPING=1"]


@pytest.mark.parametrize("name", ["", "vsock:2:9", "/nowhere/notify"])
def test_nobody_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a socket that answers, a process goes on."""
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    process.tell_systemd("READY=1")
