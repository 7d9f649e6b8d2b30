"""The growth measurement: the loaded rows are valid for the product, and growth is told from noise."""

import asyncio
import random
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from idvault.core.tables.log import log_nodes
from idvault.log.acts import stored_log
from idvault.log.acts.sequencing import sequence
from idvault.status.credential import acts as credential_acts
from idvault_verify.account import AccountState
from idvault_verify.attest.status_list import VALID, StatusList
from idvault_verify.transparency.tree import CompactRange, leaf_hash
from tools.bench.flows import PARTY, clock, signing_up
from tools.bench.goal import GOALS, Measured, figure
from tools.bench.results import document
from tools.bench.scale import estimate, goal, population, sql
from tools.bench.scale.growth import Size
from tools.bench.scale.operations import Deployment
from tools.support.databases import Databases
from tools.support.sql import rows

_FIRST, _ALL = 40, 100


async def test_loaded_rows_are_valid(databases: Databases) -> None:
    """Accounts loaded in two steps can be read, listed, followed and sequenced, each one once."""
    template = await population.begin(databases)
    await _load(databases, template)
    async with signing_up(databases) as flow:
        deployment = Deployment(flow, _ALL, random.Random(1), Path())  # noqa: S311
        tokens = [population.token_of(number) for number in range(1, _ALL + 1)]
        read = [await deployment.statuses.get(relying_party=PARTY, account_token=token) for token in tokens]
        found = [account for account in read if account is not None]
        assert {each.state for each in found} == {AccountState.VERIFIED}
        assert len({each.person_id for each in found}) == _ALL
        assert all(each.expire_date and each.expire_date > date.today() for each in found)
        assert await sequence(flow.main, limit=1_000, now=datetime.now(UTC)) == 2 * _ALL + 3
        leaves = await stored_log.read_leaves(flow.main, start=0, limit=1_000)
        assert len(set(leaves)) == len(leaves) == 2 * _ALL + 3
        tree = CompactRange()
        for leaf in leaves:
            tree.append(leaf_hash(leaf))
        assert (await stored_log.head(flow.main)).tree == tree.to_bytes()
        assert len(await rows(flow.main, select(log_nodes.c.hash))) == len(leaves)
        while await deployment.feed.arrange(limit=100):
            continue
        chunk = await deployment.feed.changes(party=PARTY, after=0, limit=1_000)
        followed = [token for tokens in chunk.accounts.values() for token in tokens.split(",")]
        assert len(set(followed)) == len(followed) == chunk.place == _ALL + _ALL // 4 + 2
        vault = deployment.world.vault
        before = await credential_acts.get_list(vault, 0)
        await credential_acts.rebuild(vault, clock(), 0, today=date.today())
        assert await credential_acts.get_list(vault, 0) == before
        listed = StatusList(bits=1, data=before.entries)
        assert [place for place in range(200) if listed.get(place) == VALID] == list(range(1, _ALL + 1))


async def _load(databases: Databases, template: population.Template) -> None:
    def load() -> None:
        main, shred = sql.loaders(databases)
        with main as loader, shred as other:
            population.grow(loader, other, template, before=0, after=_FIRST)
            population.grow(loader, other, template, before=_FIRST, after=_ALL)
            assert loader.sizes()["records"][0] > 0

    await asyncio.to_thread(load)


def size(accounts: int, **cpu_us: tuple[float, ...]) -> Size:
    """Return a size with these costs."""
    kept = {"records": (accounts * 5_000, accounts * 100), "roster": (8_192, 0)}
    named = dict.fromkeys(goal.NAMED, (10.0, 10.0))
    costs = {name.replace("_", " "): rounds for name, rounds in cpu_us.items()}
    return Size(accounts, {**named, **costs}, (1.0, 2.0), kept, 3 * accounts)


def test_growth_is_told_from_noise() -> None:
    """A cost may rise by 15 % or stay below 2 us; the median of the rounds counts."""
    sizes = [
        size(10, read=(100.0, 100.0, 130.0), look=(1.0, 1.0, 1.0), scan=(50.0, 50.0, 50.0)),
        size(20, read=(100.0, 100.0, 100.0), look=(1.5, 1.5, 1.5), scan=(90.0, 90.0, 90.0)),
        size(30, read=(114.0, 300.0, 110.0), look=(1.9, 1.9, 1.9), scan=(60.0, 60.0, 55.0)),
    ]
    found = {check.figure.name: check.met for check in goal.checks("sqlite", sizes)}
    assert found == {"sqlite: read": True, "sqlite: look": True, "sqlite: scan": False}
    figures = {each.name: each.value for each in goal.figures("sqlite", sizes)}
    assert figures["sqlite: largest ratio of the others at 20"] == pytest.approx(1.8)
    assert figures["sqlite: sealed record"] == 5_100
    assert figures["sqlite: everything else"] == pytest.approx(8_192 / 30)


def test_the_estimate_comes_from_the_figures() -> None:
    """Without a figure nothing is estimated; with all of them the tables say what follows."""
    assert estimate.tables({}) == "Not measured yet: P12.\n"
    sizes = [size(10), size(10**6, rebuild_a_status_list__per_entry=(12.0, 12.0))]
    sizes[1].cpu_us["rebuild a status list, per entry"] = (12.0,)  # type: ignore[index]
    figures = [*goal.figures("postgres", sizes), *goal.figures("sqlite", sizes)]
    figures.append(figure(goal.RESEALED, "us", [200.0]))
    known: dict[str, Any] = {"P12": document("P12", Measured((), tuple(figures)), run={})}
    for name, shown in {
        "P2": {"GetStatus, CPU of a call": 200.0},
        "P4": {"CPU per status of a batch": 2.0},
        "P5": {
            "VerifyIndividual, CPU of the edge": 2_000.0,
            "PostgreSQL's CPU of a sign-up, worker included": 1_000.0,
        },
        "P11": {"list, per account": 0.2, "publishing one list": 5.0},
    }.items():
        assert name in GOALS
        parts = tuple(figure(text, "us", [value]) for text, value in shown.items())
        known[name] = document(name, Measured((), parts), run={})
    known["P7"] = {"checks": [{"name": "CPU of a log entry", "value": 30.0}], "figures": []}
    text = estimate.tables(known)
    assert "| sealed record | 5,100 | 5,100 | 4.08 TB |" in text
    assert "| first verification of everybody | 111 days | 83 a second, under the registry's cap |" in text
    assert "| rebuilding every list each five minutes | 32 cores | the same |" in text
    assert "| hand-over of one custodian | 44 core-hours on the custodian's side | 200 us per share |" in text
