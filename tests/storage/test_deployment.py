"""The deployment id in both databases."""

import asyncio
from pathlib import Path

import pytest

from idvault.core.db.database import Database
from idvault.processes.deployment import acts as deployment
from idvault_verify.error import PreconditionError, Reason
from tools.support.databases import Databases, Maker


async def test_both_get_one_id_once(main_database: Database, shred_database: Database) -> None:
    """The first candidate is kept; `check` returns it too."""
    assert await deployment.ensure(main_database, shred_database, candidate="one") == "one"
    assert await deployment.ensure(main_database, shred_database, candidate="two") == "one"
    assert await deployment.check(main_database, shred_database) == "one"


async def test_processes_that_start_at_once_agree(main_database: Database, shred_database: Database) -> None:
    """Concurrent candidates lead to one id."""
    kept = await asyncio.gather(
        *(deployment.ensure(main_database, shred_database, candidate=str(turn)) for turn in range(8))
    )
    assert len(set(kept)) == 1


async def test_check_without_any_id(main_database: Database, shred_database: Database) -> None:
    """Databases that never got an id are refused by `check`."""
    with pytest.raises(PreconditionError) as refused:
        await deployment.check(main_database, shred_database)
    assert refused.value.reason is Reason.ILLEGAL_TRANSITION


async def test_databases_of_two_deployments_are_refused(
    main_database: Database,
    shred_database: Database,
    maker: Maker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Different ids, or an id in one database only, are refused and change nothing."""
    monkeypatch.setattr(deployment, "_PAUSE", 0.001)
    folder = tmp_path / "other"
    folder.mkdir()
    other = await asyncio.to_thread(maker.fresh, folder)
    await _refuse_mixtures(main_database, shred_database, other)
    await asyncio.to_thread(maker.drop, other)


async def _refuse_mixtures(main: Database, shred: Database, other: Databases) -> None:
    other_main, other_shred = Database(url=other.main_url), Database(url=other.shred_url)
    try:
        await deployment.ensure(main, shred, candidate="one")
        for pair in ((main, other_shred), (other_main, shred)):
            await _refuse(*pair)
        await deployment.ensure(other_main, other_shred, candidate="other")
        await _refuse(main, other_shred)
        assert await deployment.check(main, shred) == "one"
        assert await deployment.check(other_main, other_shred) == "other"
    finally:
        await other_main.close()
        await other_shred.close()


async def _refuse(main: Database, shred: Database) -> None:
    for call in (deployment.check(main, shred), deployment.ensure(main, shred, candidate="three")):
        with pytest.raises(PreconditionError, match="same deployment"):
            await call
