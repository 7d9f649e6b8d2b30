"""The deployment id in both databases."""

import asyncio
from pathlib import Path

import pytest

from idvault.core.db.database import Database
from idvault.processes.deployment import store as deployment_store
from idvault.processes.deployment.store import SqlDeploymentStore
from idvault.verify.error import PreconditionError, Reason
from tests.support.databases import Databases, Maker


async def test_both_get_one_id_once(main_database: Database, shred_database: Database) -> None:
    """The first candidate is kept; `check` returns it too."""
    store = SqlDeploymentStore(main=main_database, shred=shred_database)
    assert await store.ensure(candidate="one") == "one"
    assert await store.ensure(candidate="two") == "one"
    assert await store.check() == "one"


async def test_processes_that_start_at_once_agree(main_database: Database, shred_database: Database) -> None:
    """Concurrent candidates lead to one id."""
    store = SqlDeploymentStore(main=main_database, shred=shred_database)
    kept = await asyncio.gather(*(store.ensure(candidate=str(turn)) for turn in range(8)))
    assert len(set(kept)) == 1


async def test_check_without_any_id(main_database: Database, shred_database: Database) -> None:
    """Databases that never got an id are refused by `check`."""
    with pytest.raises(PreconditionError) as refused:
        await SqlDeploymentStore(main=main_database, shred=shred_database).check()
    assert refused.value.reason is Reason.ILLEGAL_TRANSITION


async def test_databases_of_two_deployments_are_refused(
    main_database: Database,
    shred_database: Database,
    maker: Maker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Different ids, or an id in one database only, are refused and change nothing."""
    monkeypatch.setattr(deployment_store, "_PAUSE", 0.001)
    folder = tmp_path / "other"
    folder.mkdir()
    other = await asyncio.to_thread(maker.fresh, folder)
    await _refuse_mixtures(main_database, shred_database, other)
    await asyncio.to_thread(maker.drop, other)


async def _refuse_mixtures(main: Database, shred: Database, other: Databases) -> None:
    other_main, other_shred = Database(url=other.main_url), Database(url=other.shred_url)
    try:
        await SqlDeploymentStore(main=main, shred=shred).ensure(candidate="one")
        for pair in ((main, other_shred), (other_main, shred)):
            await _refuse(SqlDeploymentStore(main=pair[0], shred=pair[1]))
        await SqlDeploymentStore(main=other_main, shred=other_shred).ensure(candidate="other")
        await _refuse(SqlDeploymentStore(main=main, shred=other_shred))
        assert await SqlDeploymentStore(main=main, shred=shred).check() == "one"
        assert await SqlDeploymentStore(main=other_main, shred=other_shred).check() == "other"
    finally:
        await other_main.close()
        await other_shred.close()


async def _refuse(store: SqlDeploymentStore) -> None:
    for call in (store.check(), store.ensure(candidate="three")):
        with pytest.raises(PreconditionError, match="same deployment"):
            await call
