"""What every room's tests may use: fresh databases of both kinds; and whose tests count as coverage."""

import gc
import importlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Generator, Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from coverage import Coverage
from hypothesis import HealthCheck, settings

from idvault.core.db.database import Database
from tests.support import command_trees
from tools.support import cores, measured, passphrases
from tools.support.databases import Databases, Maker, PostgresMaker, SqliteMaker, memory, postgres

_HERE = Path(__file__).parent

MEASURED_ROOMS = ("domain", "transparency", "attest", "sealing", "custody")
"""The folders of tests that alone must reach each line and branch of what is measured (scripts/test)."""

MEASURED = measured.modules()
"""Rules, sealing, the formats and checks of `verify`, and what opens."""

PROCESS_ROOMS = ("journeys", "resilience", "scripts")
"""The folders whose tests start processes; elsewhere the mark `process` says so."""

LONGEST = (
    "test_operations.py",
    "journeys/test_demo.py",
    "web/test_rendering.py",
    "resilience/failover/test_failover.py",
    "resilience/test_notices.py",
    "clients/test_package.py",
    "resilience/test_flakes.py",
    "clients/test_node.py",
    "scripts/test_deploy.py",
    "clients/console/disclosure/test_journey.py",
    "test_operations_backup.py",
    "resilience/test_memory.py",
    "scripts/test_check.py",
    "resilience/test_neighbours.py",
    "resilience/test_erasures.py",
    "clients/moderation/test_journey.py",
)
"""Files with a test or a fixture of half a minute, which nobody can share: the longest comes first."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="without processes, PostgreSQL and long walks")


def pytest_configure(config: pytest.Config) -> None:
    """Put the tests' folders into memory where there is room: databases sync their files all the time."""
    _draw(is_quick=config.getoption("--quick"))
    _end_tracing_for_nothing(config)
    # What is collected lives until the end: looking for garbage meanwhile is a seventh of the time.
    gc.disable()
    folder = memory()
    if folder is not None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder))


def _draw(*, is_quick: bool) -> None:
    """Set how many examples hypothesis draws; no test fails because the machine is slow or stood still."""
    examples = 25 if is_quick else 100
    settings.register_profile(
        "tests", max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("tests")


def pytest_collection(session: pytest.Session) -> None:
    """Let each worker import another share of the tests first: together they compile each file once.

    On a fresh checkout all of them would compile the same file at the same time.
    """
    config = session.config
    _trace_imports_once(config)
    given = getattr(config, "workerinput", None)
    if given is None or config.args != config.getini("testpaths"):
        return
    left_out = PROCESS_ROOMS if config.getoption("--quick") else ()
    files = [path for path in sorted(_HERE.rglob("test_*.py")) if _folder_of(path) not in left_out]
    number, workers = _number(given), given["workercount"]
    for path in files[len(files) * number // workers : len(files) * (number + 1) // workers]:
        importlib.import_module(_module_of(path))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not import the folders that a quick run leaves out."""
    is_left_out = config.getoption("--quick") and collection_path.name in PROCESS_ROOMS
    return True if is_left_out and collection_path.parent == _HERE else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is slow from a quick run; begin a whole one with what waits for processes."""
    _narrow_constants()
    if config.getoption("--quick"):
        slow = {item: _is_slow(item) for item in items}
        config.hook.pytest_deselected(items=[item for item in items if slow[item]])
        items[:] = [item for item in items if not slow[item]]
        return
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    items[:] = _spread(items, workers)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Count the rooms' own tests only: a line that a journey happens to pass is not tested by it.

    It is a matter of time, too: tracing doubles what a test and its fixtures cost.
    """
    _trace(item.config, is_wanted=_room(item) in MEASURED_ROOMS)
    _keep_to_a_core(item)
    return (yield)


def _number(given: dict[str, Any]) -> int:
    """Return the number of a worker, from 0."""
    return int(given["workerid"].removeprefix("gw"))


def _keep_to_a_core(item: pytest.Item) -> None:
    """Let the threads of a worker take turns on one core, while the other workers use the others.

    Only one thread of a process runs Python at a time: to wake another core for the next one costs a tenth
    of the time. Tests of processes keep every core: these do run at the same time.
    """
    given = getattr(item.config, "workerinput", None)
    if given is None or not cores.ALL:
        return
    own = cores.of_worker(_number(given), given["workercount"])
    cores.use(cores.ALL if _starts_processes(item) else own)


def _trace_imports_once(config: pytest.Config) -> None:
    """Let one worker note which lines an import runs: traced, collecting the tests takes twice as long."""
    is_first = getattr(config, "workerinput", {}).get("workerid", "gw0") == "gw0"
    if is_first and _controller(config) is not None:
        for room in MEASURED_ROOMS:
            for path in sorted((_HERE / room).rglob("test_*.py")):
                importlib.import_module(_module_of(path))
        for name in MEASURED:
            importlib.import_module(name)
    _trace(config, is_wanted=False)


def _end_tracing_for_nothing(config: pytest.Config) -> None:
    # pytest-cov traces the process that runs no test itself, and begins twice in a worker: its first tracer
    # there is never paused, and what that one notes is thrown away.
    has_workers = bool(config.getoption("numprocesses", 0))
    forgotten = Coverage.current() if has_workers or hasattr(config, "workerinput") else None
    if forgotten is not None:
        forgotten.stop()


def _controller(config: pytest.Config) -> Any:
    """Return what starts and stops the tracing, None in a run that measures no coverage."""
    plugin = config.pluginmanager.get_plugin("_cov")
    return None if plugin is None else plugin.cov_controller


def _trace(config: pytest.Config, *, is_wanted: bool) -> None:
    controller = _controller(config)
    if controller is not None and controller.started != is_wanted:
        (controller.resume if is_wanted else controller.pause)()


def _narrow_constants() -> None:
    """Let hypothesis look for constants to try in the rules and formats only, not in a thousand modules."""
    providers = sys.modules.get("hypothesis.internal.conjecture.providers")
    if providers is not None:
        files = {str(measured.file_of(name)) for name in MEASURED}
        vars(providers)["is_local_module_file"] = lambda path: path in files


def pytest_collection_finish() -> None:
    """Keep the garbage collector away from what was collected: it lives until the end."""
    gc.freeze()
    # Looked for as often as usual, garbage costs tests a twentieth of their time.
    gc.set_threshold(50_000, 20, 20)
    gc.enable()
    passphrases.make_cheap()
    command_trees.keep()


def _spread(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """Begin the shares of all workers but those that compute with files that start processes.

    No long test is left for the end, and while these workers wait for a process, the others compute.
    """
    files: dict[Path, list[pytest.Item]] = {}
    others: list[pytest.Item] = []
    for item in items:
        if _starts_processes(item):
            files.setdefault(item.path, []).append(item)
        else:
            others.append(item)
    shares: list[list[pytest.Item]] = [[] for _ in range(workers)]
    computing = cores.computing(workers)
    waiting = [share for number, share in enumerate(shares) if number not in computing]
    for number, path in enumerate(sorted(files, key=_order)):
        waiting[number % len(waiting)] += files[path]
    rest = iter(others)
    for share in shares:
        share.extend(islice(rest, max(0, len(items) // workers - len(share))))
    return [item for share in shares for item in share] + list(rest)


def _order(path: Path) -> int:
    """Return the place of a file among those that start processes: the longest come first."""
    name = path.relative_to(_HERE).as_posix()
    return LONGEST.index(name) if name in LONGEST else len(LONGEST)


def _module_of(path: Path) -> str:
    return ".".join(path.relative_to(_HERE.parent).with_suffix("").parts).removesuffix(".__init__")


@cache
def _folder_of(path: Path) -> str:
    return path.relative_to(_HERE).parts[0]


def _room(item: pytest.Item) -> str:
    return _folder_of(item.path)


def _starts_processes(item: pytest.Item) -> bool:
    return _room(item) in PROCESS_ROOMS or item.get_closest_marker("process") is not None


def _is_slow(item: pytest.Item) -> bool:
    kinds = getattr(item, "callspec", None)
    return (
        _starts_processes(item)
        or item.get_closest_marker("long") is not None
        or "postgres_maker" in getattr(item, "fixturenames", ())
        or (kinds is not None and "postgres" in kinds.params.values())
    )


@pytest.fixture(autouse=True)
def _start_nothing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold a quick run to its word: a test that starts a process needs the mark `process`.

    Git and cat are tools.
    """
    if not request.config.getoption("--quick"):
        return
    start = subprocess.Popen.__init__

    def refuse(self: Any, arguments: Any, *rest: Any, **options: Any) -> None:
        if Path(arguments[0]).name not in ("cat", "git"):
            raise AssertionError("this test starts a process: mark it with pytest.mark.process")
        start(self, arguments, *rest, **options)

    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)


@pytest.fixture(scope="session")
def sqlite_maker(tmp_path_factory: pytest.TempPathFactory) -> SqliteMaker:
    return SqliteMaker(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_maker() -> Iterator[PostgresMaker]:
    """Run the PostgreSQL server of this test process."""
    with postgres() as maker:
        yield maker


@pytest.fixture(params=["sqlite", "postgres"])
def maker(request: pytest.FixtureRequest) -> Maker:
    """Return the maker of each kind in turn."""
    made: Maker = request.getfixturevalue(f"{request.param}_maker")
    return made


@pytest.fixture
def databases(maker: Maker, tmp_path: Path) -> Iterator[Databases]:
    """Return a fresh pair of databases of each kind in turn."""
    pair = maker.fresh(tmp_path)
    yield pair
    maker.drop(pair)


@pytest.fixture
def sqlite_databases(sqlite_maker: SqliteMaker, tmp_path: Path) -> Databases:
    """Return a fresh pair of SQLite files, for tests that do not depend on the kind."""
    return sqlite_maker.fresh(tmp_path)


@pytest.fixture
def postgres_databases(postgres_maker: PostgresMaker, tmp_path: Path) -> Iterator[Databases]:
    """Return a fresh pair of PostgreSQL, for what only it can show."""
    pair = postgres_maker.fresh(tmp_path)
    yield pair
    postgres_maker.drop(pair)


@pytest_asyncio.fixture
async def main_database(databases: Databases) -> AsyncIterator[Database]:
    database = Database(url=databases.main_url)
    yield database
    await database.close()


@pytest_asyncio.fixture
async def sqlite_main(sqlite_databases: Databases) -> AsyncIterator[Database]:
    """Return an open main database in a SQLite file."""
    database = Database(url=sqlite_databases.main_url)
    yield database
    await database.close()


@pytest_asyncio.fixture
async def shred_database(databases: Databases) -> AsyncIterator[Database]:
    database = Database(url=databases.shred_url)
    yield database
    await database.close()
