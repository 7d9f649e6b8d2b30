"""The supervisor of a development vault: its lock, ports and children."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from idvault.core.process import ProcessError
from idvault_dev import environment
from idvault_dev.layout import Layout
from idvault_dev.supervisor import FREE_PORTS, REGISTRY, Lock, LockedError, Ports, ProcessPlan, Supervisor
from tools.support import programs

pytestmark = pytest.mark.process


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A state folder with the registry's secret key."""
    place = Layout(tmp_path / "state")
    place.create()
    place.registry_secret_key.write_text("00" * 16)
    return place


@pytest.fixture
def supervisor(layout: Layout) -> Supervisor:
    """A supervisor without children yet."""
    return Supervisor(layout=layout, server=programs.server(), environment=dict(os.environ))


def _registry(layout: Layout, name: str = REGISTRY, *more: str) -> ProcessPlan:
    arguments = ["mock-registry", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]
    arguments += ["--population", str(layout.state / f"{name}.json")]
    arguments += ["--secret-key-file", str(layout.registry_secret_key), *more]
    return ProcessPlan(name, arguments)


def test_state_folder_has_one_supervisor(layout: Layout) -> None:
    """A second lock is refused with the holder's process id until the first is released."""
    first = Lock(layout.lock)
    with pytest.raises(LockedError, match=rf"is already running on .* \(process {os.getpid()}\)"):
        Lock(layout.lock)
    first.release()
    Lock(layout.lock).release()


def test_fixed_ports_are_the_published_ones() -> None:
    """The fixed ports are the published ones, each with its setting; free ports are not checked."""
    listening = Ports().listening()
    assert [int(address.rpartition(":")[2]) for address in listening.values()] == [
        7443, 7444, 7480, 7481, 7490, 7491, 7493, 7495, 7496, 7497, 7482, 7494,
    ]  # fmt: skip
    assert "IDVAULT_LISTEN, platform edge" in listening
    assert not FREE_PORTS.listening()


async def test_children_start_side_by_side_and_stop(layout: Layout, supervisor: Supervisor) -> None:
    """Each child's ready file has its address; a stop ends all children, the registry last."""
    first, second = await supervisor.start(_registry(layout), _registry(layout, "other"))
    assert first["base_url"] != second["base_url"]
    pids = supervisor.pids
    assert set(pids) == {REGISTRY, "other"}
    await supervisor.stop()
    for pid in pids.values():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert not list(layout.run.iterdir())


async def test_child_that_cannot_start_is_told_with_its_log(layout: Layout, supervisor: Supervisor) -> None:
    """If a child dies at its start, the error has its name and last log lines."""
    with pytest.raises(ProcessError, match=r"(?s)mock-registry ended with 2.*latency-ms"):
        await supervisor.start(_registry(layout, REGISTRY, "--latency-ms", "x"))
    await supervisor.stop()


async def test_dead_child_ends_the_watch(layout: Layout, supervisor: Supervisor) -> None:
    """A child that dies is not restarted; `watch` raises an error."""
    await supervisor.start(_registry(layout))
    os.kill(supervisor.pids[REGISTRY], signal.SIGKILL)
    with pytest.raises(ProcessError, match="mock-registry ended with -9"):
        await supervisor.watch(stop=asyncio.Event())
    await supervisor.stop()


async def test_public_directory_is_served_until_the_stop(layout: Layout, supervisor: Supervisor) -> None:
    """The static server runs beside the children and ends with them."""
    url = await supervisor.publish(port=0)
    host, port = url.removeprefix("http://").rstrip("/").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.close()
    await writer.wait_closed()
    await supervisor.stop()
    with pytest.raises(OSError, match="onnect"):
        await asyncio.open_connection(host, int(port))


def test_foreign_settings_do_not_leak(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the shell are removed and replaced by the development settings."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.setattr(environment, "environ", os.environ)
    os.environ["IDVAULT_WITNESSES"] = "https://witness.example"
    os.environ["IDVAULT_DATABASE_URL"] = "postgresql://production.example/vault"
    os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "https://collector.example"
    environment.adopt(layout)
    assert not {"IDVAULT_WITNESSES", "OTEL_EXPORTER_OTLP_ENDPOINT"} & os.environ.keys()
    assert os.environ["IDVAULT_DATABASE_URL"] == f"sqlite:///{layout.state}/main.sqlite3"
