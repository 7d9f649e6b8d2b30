"""An upgrade beside the last release: its wheel serves, and starts, on the schema of this version."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import pytest
from sqlalchemy import Connection, inspect

from idvault.processes import migrations
from idvault_client import Unavailable, Vault, Verification
from tests.support import last_release
from tools.support.checkout import Checkout
from tools.support.cluster import Cluster, running
from tools.support.databases import Databases, Maker
from tools.support.sandbox import claim, wait_for

pytestmark = pytest.mark.process
LATER = "9998"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """The wheel of the last release, installed."""
    folder = tmp_path_factory.mktemp("release")
    installed = last_release.install(folder)
    question = [str(installed.python), "-c", "import idvault; print(idvault.__file__)"]
    answer = subprocess.run(question, cwd=folder, check=True, capture_output=True, text=True)
    assert Path(answer.stdout).is_relative_to(installed.folder)
    return installed


@pytest.fixture
def cluster(tmp_path: Path, postgres_maker: Maker, release: Checkout) -> Iterator[Cluster]:
    """A deployment that the last release has set up, with its worker and its edge."""
    urls = postgres_maker.empty_urls(tmp_path)
    with running(tmp_path, Databases("postgres", *urls), checkout=release) as made:
        made.start_work()
        made.start_edge("edge")
        yield made


_TRIES = 9


def _widen(connection: Connection) -> None:
    """Do everything at once that an expansion may do."""
    tables = inspect(connection).get_table_names()
    (version,) = (name for name in tables if name.startswith("idvault_"))
    # A part of a table gets the columns of the whole.
    wholes = ("record_keys", "shred_keys")
    parts = {name for name in tables if name.startswith(tuple(f"{each}_" for each in wholes))}
    parts -= {f"{each}_spare" for each in wholes}
    for name in set(tables) - {version} - parts:
        connection.exec_driver_sql(f'ALTER TABLE "{name}" ADD COLUMN later_text VARCHAR(32)')
        connection.exec_driver_sql(f'ALTER TABLE "{name}" ADD COLUMN later_count INTEGER DEFAULT 0 NOT NULL')
    connection.exec_driver_sql("CREATE TABLE later_things (later_id VARCHAR(32) PRIMARY KEY)")
    connection.exec_driver_sql(f"UPDATE {version} SET version_num = '{LATER}'")  # noqa: S608 - a fixed name


async def _expand(cluster: Cluster) -> None:
    """Upgrade as this version does, and then as far as any version may."""
    cluster.use(None)
    cluster.command("keys", "init")  # completes the files, as `keys complete` does for each
    cluster.command("db", "upgrade", "--phase", "expand")
    for name in ("IDVAULT_DATABASE_URL", "IDVAULT_SHRED_DATABASE_URL"):
        await migrations.change(cluster.settings[name], _widen)


def test_a_copy_without_history_says_so() -> None:
    """A commit that git neither has nor can fetch is not passed over in silence; the text says what to do."""
    with pytest.warns(last_release.NoHistoryWarning, match="Clone the project with its history"):
        assert last_release.archive("0" * 40) == last_release.archive("HEAD")


class _People:
    """People who sign up, one after the other; each is looked up again after every step."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._verified: list[str] = []

    def sign_up(self, *, waiting: bool = False) -> None:
        """Verify a newcomer. waiting: only the worker can, because the registry is down meanwhile."""
        registry = self._cluster.registry
        with self._cluster.vault(timeout=30) as vault:
            registry.behave("down" if waiting else "normal")
            answer = claim(vault, registry.newcomer())
            registry.behave("normal")
            assert answer.pending is waiting
            assert wait_for(lambda: _settled(vault, answer), patience=90)
            self._verified.append(answer.account_token)
            found = vault.batch_get_statuses(self._verified).statuses
            assert [each.is_verified for each in found] == [True] * len(self._verified)


T = TypeVar("T")


class _Crowd:
    """People who sign up and are looked up all the time, in a thread of their own, while a block runs.

    A call that the edge could not answer is repeated, a sign-up under its id.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self.verified: list[str] = []
        self.reads = 0

    def __enter__(self) -> "_Crowd":
        self._work = self._pool.submit(self._run)
        assert wait_for(lambda: bool(self.verified) or self._work.done(), patience=90)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._work.result(120)
        self._pool.shutdown()

    def _run(self) -> None:
        with self._cluster.vault(timeout=30) as vault:
            while not self._stop.is_set():
                self.verified.append(self._sign_up(vault))
                found = self._answered(partial(vault.batch_get_statuses, self.verified[-50:])).statuses
                assert all(each.is_verified for each in found)
                self.reads += 1

    def _sign_up(self, vault: Vault) -> str:
        person, request_id = self._cluster.registry.newcomer(), str(uuid4())
        answer = self._answered(partial(claim, vault, person, request_id=request_id))
        assert wait_for(lambda: self._answered(partial(_settled, vault, answer)), patience=90)
        return answer.account_token

    def _answered(self, call: Callable[[], T]) -> T:
        for _ in range(_TRIES):
            with suppress(Unavailable):
                return call()
        return call()


def _settled(vault: Vault, answer: Verification) -> bool:
    return vault.get_verification(answer.request_id).succeeded


async def test_the_last_release_serves_while_and_after_this_version_expands(
    cluster: Cluster, release: Checkout
) -> None:
    """Its processes go on and start again; both versions serve one address; contracted, it is refused."""
    people = _People(cluster)
    people.sign_up()
    with _Crowd(cluster) as crowd:
        before = crowd.reads
        await _expand(cluster)
        during = crowd.reads - before
    assert during >= 1
    with cluster.vault(timeout=30) as vault:
        for token in crowd.verified:
            assert vault.get_status(token).is_verified
    people.sign_up()
    people.sign_up(waiting=True)

    cluster.use(release)
    assert "can be used by this program" in cluster.command("db", "current")
    assert [cluster.stop(name) for name in ("edge", "work")] == [0, 0]
    cluster.start_work()
    cluster.start_edge("edge")
    people.sign_up()
    people.sign_up(waiting=True)

    cluster.use(None)
    cluster.start_edge("successor")
    people.sign_up()
    assert cluster.stop("edge") == 0
    people.sign_up()
