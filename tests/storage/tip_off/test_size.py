"""Lists among many reports: the planner reads the list's own index in order, and a page is right."""

import asyncio
import random

import pytest

from idvault.core.db.database import Database
from idvault.tip_off.store import lists as tip_off_lists
from tests.storage.plans import plan_of
from tests.storage.tip_off.test_plans import HOT, SORTED
from tools.bench.flows import PARTY
from tools.bench.scale import reports, sql
from tools.support.databases import Databases

COUNT = 20_000
LISTS = [name for name, (asked, _, _) in HOT.items() if asked in vars(tip_off_lists).values()]


@pytest.fixture
async def loaded(main_database: Database, databases: Databases) -> Database:
    """Return a database with many reports, and statistics on PostgreSQL."""

    def load() -> None:
        main, shred = sql.loaders(databases)
        with main as loader, shred:
            reports.grow(loader, before=0, after=COUNT)
            loader.settle()

    await asyncio.to_thread(load)
    return main_database


async def test_the_planner_reads_an_index_in_order(loaded: Database, databases: Databases) -> None:
    """No list sorts or scans, with the statistics of many reports, too."""
    for name in LISTS:
        asked, parameters, index = HOT[name]
        plan = await plan_of(loaded, asked, scans=True, **_changed(parameters))
        assert index in plan, (name, plan)
        assert "Seq Scan" not in plan, (name, plan)
        if name not in SORTED:
            assert "Sort" not in plan, (name, plan)
            assert "TEMP B-TREE" not in plan, (name, plan)
    assert databases.kind in ("sqlite", "postgres")


async def test_pages_of_many_reports(loaded: Database) -> None:
    """Each filter's first page has what was asked for, and no page looks at more than the bound."""
    for wanted in reports.filters(random.Random(1), reports=COUNT):  # noqa: S311 - no secret
        page = await reports.read_list(loaded, wanted, limit=100)
        assert all(wanted.category in (None, each.category) for each in page.tip_offs)
        assert all(wanted.state in (None, each.state) for each in page.tip_offs)
        assert all(wanted.target in (None, each.target) for each in page.tip_offs)
        # Whatever is left of a list comes on its next page.
        assert (
            len(page.tip_offs) == 100
            or page.following
            or wanted.open_only
            or wanted.category
            or wanted.target
        )
        if wanted.target is not None and wanted.state is None:
            assert len(page.tip_offs) == reports.TARGETS_ONE_IN


def _changed(parameters: dict[str, object]) -> dict[str, object]:
    """Return the parameters with the platform that has the reports, and a page at the head of a list."""
    wanted = {"party": PARTY, "at": tip_off_lists._FIRST, "before": tip_off_lists._LAST, "limit": 101}
    return {name: wanted.get(name, value) for name, value in parameters.items()}
