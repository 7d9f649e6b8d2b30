"""`idvault dev --lean`: one process for platforms' tests, on a copy of a prepared state folder.

- The platform edge, the worker, the mocked registry and the public directory are here; the custody edge, the
  witness and the people's clients are not.
- A prepared state is created once for each version of the code and kept for a week. Each start gets a copy,
  so no test sees another test's data.
"""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import idvault
from idvault.core import config, process
from idvault.core.config import Process
from idvault.processes.bootstrap import operator
from idvault.processes.bootstrap import serve as edges
from idvault.processes.bootstrap import work as worker
from idvault.processes.bootstrap.key import files as key_files
from idvault.processes.cli import running
from idvault_dev import certificates, environment, people
from idvault_dev.authority import real_now
from idvault_dev.commands import moderators
from idvault_dev.layout import COST, LOG_ORIGIN, PLATFORMS, ROLES, SERVER, Layout, spiffe_id
from idvault_dev.mock_registry import server as mock_registry
from idvault_dev.static import StaticServer
from idvault_dev.supervisor import FREE_PORTS, HOST
from idvault_verify import durable_file

_WEEK = 7 * 86_400
_DAY_CAP = 10**9
_POLL = 0.02
_KEY_FILE = "log.vkey"


def prepare(folder: Path, *, state: Path) -> None:
    """Copy the prepared state of this version to a new folder; create it first if it is missing."""
    ready = folder / _fingerprint()
    if not ready.is_dir() or time.time() - ready.stat().st_mtime > _WEEK:
        _make(folder, ready)
    shutil.copytree(ready, state, dirs_exist_ok=True)


def _make(folder: Path, ready: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder, prefix=".draft-"))
    layout = Layout(draft)
    layout.create()
    environment.adopt(layout)
    certificates.prepare(layout, now=real_now())
    people.prepare(layout)
    durable_file.replace(
        draft / _KEY_FILE, key_files.init_keys(config.load(Process.KEYS), cost=COST).encode()
    )
    settings = config.load(Process.PLATFORMS)
    operator.upgrade_databases(settings)
    asyncio.run(_register(layout, settings))
    asyncio.run(_work_once(layout))
    # Another process may have created the same state first; an older state of this version has expired.
    shutil.rmtree(ready, ignore_errors=True)
    try:
        draft.rename(ready)
    except OSError:
        shutil.rmtree(draft)


async def _register(layout: Layout, settings: config.Settings) -> None:
    await moderators.name(layout, settings, now=running.real_clock())
    for name in PLATFORMS:
        pem = layout.certificate(name).read_bytes()
        now = running.real_clock()
        await operator.register_platform(settings, name=name, role=ROLES[name], certificate_pem=pem, now=now)


async def _work_once(layout: Layout) -> None:
    """Run the worker until the log has published the registrations, so that no later start waits for it."""
    os.environ.update(environment.registry(layout, base_url=f"http://{HOST}:1"))
    stop = asyncio.Event()
    working = asyncio.create_task(
        worker.work(
            _work_settings(layout),
            ready=lambda _: None,
            stop=stop,
            clock=running.real_clock,
            speed=environment.WORK_SPEED,
        )
    )
    checkpoint = layout.public / "checkpoint"
    while not working.done() and not await asyncio.to_thread(checkpoint.exists):  # noqa: ASYNC110 - a file
        await asyncio.sleep(_POLL)
    stop.set()
    await working


def _work_settings(layout: Layout) -> config.Settings:
    os.environ.update(environment.work(layout, ports=FREE_PORTS))
    return config.load(Process.WORK)


def _fingerprint() -> str:
    """Return a hash of what determines a prepared state: the relevant code and the user."""
    root = Path(idvault.__file__).parent
    files = sorted((*root.glob("processes/migrations/versions/*/*.py"), *root.glob("sealing/*.py")))
    facts = [f"{path.relative_to(root)} {path.stat().st_mtime_ns}" for path in files]
    return sha256("\n".join((str(os.getuid()), *facts)).encode()).hexdigest()[:16]


class SingleProcess:
    """Registry, worker, platform edge and public directory in one process."""

    def __init__(self, *, layout: Layout, registry_latency: int) -> None:
        """layout: the prepared folder."""
        self._layout = layout
        self._latency = registry_latency
        environment.adopt(layout)

    async def program(self, ready: running.Ready, stop: asyncio.Event) -> None:
        """Run until stop is set; raises any exception of a part."""
        async with AsyncExitStack() as stack:
            static = StaticServer(directory=self._layout.public, port=0)
            public_url = await static.start()
            stack.push_async_callback(static.stop)
            async with asyncio.TaskGroup() as group:
                registry = await self._registry(group, stop)
                os.environ.update(environment.registry(self._layout, base_url=registry["base_url"]))
                work = await _started(
                    group, lambda told: worker.work(
                        _work_settings(self._layout), ready=told, stop=stop, clock=running.real_clock,
                        # The prepared state may be a week old, and no witness tells the time.
                        clock_agrees=True, speed=environment.WORK_SPEED,
                    ),
                )  # fmt: skip
                serve = await _started(
                    group, lambda told: edges.serve(
                        self._serve_settings(), edge="platform", ready=told, stop=stop,
                        clock=running.real_clock,
                    ),
                )  # fmt: skip
                ready(self._document(serve, work, registry, public_url))

    def _serve_settings(self) -> config.Settings:
        os.environ.update(environment.serve(self._layout, ports=FREE_PORTS))
        os.environ["IDVAULT_KEYS"] = str(self._layout.keys / "service.keys")
        os.environ["IDVAULT_LISTEN"] = f"{HOST}:0"
        return config.load(Process.PLATFORM_EDGE)

    async def _registry(self, group: asyncio.TaskGroup, stop: asyncio.Event) -> Mapping[str, Any]:
        secret_key = self._layout.registry_secret_key.read_text("ascii").strip()
        return await _started(
            group, lambda told: mock_registry.run(
                host=HOST, port=0, admin_port=0, app_id=environment.APP_ID, biz_id=environment.BIZ_ID,
                secret_key=secret_key, population_path=self._layout.population, latency_ms=self._latency,
                ready=lambda at: told(asdict(at)), stop=stop,
                # Tests may check one person any number of times.
                options=mock_registry.Options(name_cap=_DAY_CAP, number_cap=_DAY_CAP),
            ),
        )  # fmt: skip

    def _document(
        self, serve: Mapping[str, Any], work: Mapping[str, Any], registry: Mapping[str, Any], public_url: str
    ) -> dict[str, Any]:
        layout = self._layout
        return {
            "version": 1,
            "state": str(layout.state),
            "grpc": serve["grpc"],
            "server_name": "localhost",
            "ca": str(layout.authority),
            "certificates": {
                name: {
                    "certificate": str(layout.certificate(name)),
                    "key": str(layout.key(name)),
                    "spiffe_id": spiffe_id(name),
                }
                for name in ROLES
                if name != SERVER
            }
            | moderators.certificates(layout),
            "public_url": public_url,
            "public": str(layout.public),
            "metrics": {"serve-0": serve["metrics"], "work": work["metrics"]},
            "registry": {**registry, "population": str(layout.population)},
            "databases": layout.databases,
            "log": {
                "origin": LOG_ORIGIN,
                "public_key": (layout.state / _KEY_FILE).read_text("utf-8"),
            },
            "pids": {"dev": os.getpid()},
        }


async def _started(group: asyncio.TaskGroup, part: Any) -> Mapping[str, Any]:
    """Start a part, and return its ready document; raises the part's exception if it fails first."""
    told: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
    task = group.create_task(part(told.set_result))
    await asyncio.wait([task, told], return_when=asyncio.FIRST_COMPLETED)
    if not told.done():
        task.result()
        raise process.ProcessError("a part of the vault ended before it was ready")
    return told.result()
