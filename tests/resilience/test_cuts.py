"""The connection to PostgreSQL is cut at each packet of an act; the repeated request is done once.

A small version of promise 3, for one act at a time; `scripts/torture` does it to a whole process.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from idvault.claim.acts.claim import OpenedClaim
from idvault.core.db.database import Database
from idvault.core.tables.claim import claims, requests
from idvault.core.tables.log import log_entries
from idvault_verify.account import Assurance
from idvault_verify.error import UnavailableError
from tools.support.claims import AskedClaim
from tools.support.databases import Databases, PostgresMaker
from tools.support.storage_world import MATCHED, World
from tools.torture.proxy import CuttingProxy

_MOST = 120
_TRIES = 5


@pytest.fixture
def pair(postgres_maker: PostgresMaker, tmp_path: Path) -> Iterator[Databases]:
    """A fresh pair on PostgreSQL."""
    made = postgres_maker.fresh(tmp_path)
    yield made
    postgres_maker.drop(made)


async def _open(world: World, new_claim: AskedClaim) -> OpenedClaim:
    """Open a claim as often as a caller repeats its request."""
    for _ in range(_TRIES):
        try:
            return await world.open(new_claim)
        except UnavailableError:
            continue
    raise AssertionError("the store stays away")


@pytest.mark.parametrize("half", [False, True])
async def test_a_request_cut_at_any_packet_is_one_claim(pair: Databases, half: bool) -> None:
    """For any lost packet, including the answer to COMMIT: one request, one claim, one entry."""
    with CuttingProxy(pair.main_url) as proxy:
        database = Database(url=proxy.through(pair.main_url), pool_size=1)
        world = World(database)
        await world.open()
        opened = 1
        for packet in range(1, _MOST):
            new_claim, before = world.new_claim(), proxy.cuts
            proxy.cut_at(packet, half=half)
            claim = (await _open(world, new_claim)).claim
            proxy.let_pass()
            opened += 1
            assert (await world.open(new_claim)).claim.claim_id == claim.claim_id
            if proxy.cuts == before:
                break
        for table in (requests, claims, log_entries):
            (row,) = await world.all(select(func.count()).select_from(table))
            assert row[0] == opened
        await database.close()
    assert 5 < packet < _MOST - 1


@pytest.mark.parametrize("proved", [Assurance.REGISTRY_MATCH, Assurance.RESULT_ONLY])
async def test_a_settlement_whose_answer_is_lost_is_there(pair: Databases, proved: Assurance) -> None:
    """For each packet: record and entry both exist or neither; after a repeat both exist once."""
    with CuttingProxy(pair.main_url) as proxy:
        database = Database(url=proxy.through(pair.main_url), pool_size=1)
        world = World(database)
        for packet in range(1, _MOST):
            job, before = await world.job(), proxy.cuts
            entries = len(await world.all(select(log_entries)))
            proxy.cut_at(packet, half=False)
            try:
                await world.settle(job, MATCHED, proved=proved)
                proxy.let_pass()
            except UnavailableError:
                proxy.let_pass()
                done = len(await world.all(select(log_entries))) > entries
                assert (await world.stored_record(job.account_token) is not None) is done
                assert (await world.settle(job, MATCHED, proved=proved) is None) is done
            assert await world.stored_record(job.account_token) is not None
            assert len(await world.all(select(log_entries))) == entries + 1
            if proxy.cuts == before:
                break
        await database.close()
    assert 5 < packet < _MOST - 1
