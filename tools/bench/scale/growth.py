"""Loads accounts, measures each operation at each number of them, and weighs the tables."""

import asyncio
import gc
import random
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop

from idvault.log.acts import stored_log
from idvault.log.acts.sequencing import sequence
from idvault.processes import migrations
from idvault_verify.campaign import Campaign
from tools.bench import bare_database
from tools.bench.flows import PARTY, clock, signing_up
from tools.bench.scale import population, reports, sql
from tools.bench.scale.operations import FLAT, Deployment
from tools.bench.scale.population import VERIFIED_PER_LEGACY, Template
from tools.support import durable
from tools.support.campaign_world import CampaignWorld
from tools.support.databases import Databases

_SEQUENCED = 1_000
# Batches find members in the order of their tokens, so the first half is invited first.
_INVITED = (
    "INSERT INTO invitations "
    "(account_token, campaign_id, method, state, deliveries, due_at, code_tries, invited_on) "
    "SELECT account_token, '{campaign}', 'WHEN_DUE', 'ACTIVE', 1, 9000000000000000, 0, '2026-03-01' "
    "FROM (SELECT account_token FROM legacy_accounts WHERE relying_party = '{party}' "
    "ORDER BY account_token LIMIT {half}) AS t"
)
_INVITED_BY = (
    "UPDATE legacy_accounts SET invited_by = '{campaign}' WHERE account_token IN "
    "(SELECT account_token FROM invitations WHERE campaign_id = '{campaign}')"
)


@dataclass(frozen=True, slots=True)
class Size:
    """What was measured at one number of accounts.

    cpu_us: CPU microseconds of a unit of each operation, database included, in each round. seconds: to load
    and to sequence. bytes: of each table, its data and its indexes, in both databases.
    """

    accounts: int
    cpu_us: Mapping[str, tuple[float, ...]]
    seconds: tuple[float, float]
    bytes: Mapping[str, tuple[int, int]]
    entries: int


def measure(kind: str, sizes: Sequence[int], *, rounds: int) -> list[Size]:
    """Measure a database that grows from one size to the next."""
    with (
        tempfile.TemporaryDirectory(prefix="idvault-scale-") as folder,
        durable.durable(kind, Path(folder)) as databases,
    ):
        migrations.upgrade(databases.main_url, databases.shred_url)
        template = population.template_of(databases)
        pid = asyncio.run(bare_database.postmaster(databases)) if kind == "postgres" else None
        found, before = [], 0
        for accounts in sizes:
            found.append(_grown(databases, template, before, accounts, rounds=rounds, postmaster=pid))
            before = accounts
    return found


def _grown(
    databases: Databases, template: Template, before: int, after: int, *, rounds: int, postmaster: int | None
) -> Size:
    main, shred = sql.loaders(databases)
    with main as loader, shred as other:
        begun = time.monotonic()
        population.grow(loader, other, template, before=before, after=after)
        reports.grow(loader, before=before, after=after)
        loader.settle()
        other.settle()
        loaded = time.monotonic()
        print(f"  {databases.kind}, {after:,} accounts: loaded in {loaded - begun:.0f} s", flush=True)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_sequence(databases))
        sequenced = time.monotonic()
        print(f"  log sequenced in {sequenced - loaded:.0f} s", flush=True)
        campaign = asyncio.run(_campaign(databases, after))
        half = after // VERIFIED_PER_LEGACY // 2
        loader.run(_INVITED.format(campaign=campaign.campaign_id, party=PARTY, half=half))
        loader.run(_INVITED_BY.format(campaign=campaign.campaign_id))
        loader.settle()
        sizes = {**loader.sizes(), **other.sizes()}
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        cpu, entries = runner.run(_operate(databases, after, campaign, rounds, postmaster))
    return Size(after, cpu, (loaded - begun, sequenced - loaded), sizes, entries)


async def _sequence(databases: Databases) -> None:
    """Give every loaded log entry its index, by the product's own act."""
    async with signing_up(databases) as flow:
        deployment = Deployment(flow, 1, random.Random(0), Path())  # noqa: S311 - not a secret
        while await sequence(deployment.flow.main, limit=_SEQUENCED, now=clock().real) == _SEQUENCED:
            continue
        while await deployment.feed.arrange(limit=_SEQUENCED):
            continue


async def _campaign(databases: Databases, accounts: int) -> Campaign:
    """Start a campaign, half of whose cohort is invited afterwards as if by earlier batches."""
    async with signing_up(databases) as flow:
        world = CampaignWorld(flow.main, life=2 * accounts.bit_length() + 1)
        return await world.started(daily_limit=1_000_000)


async def _operate(
    databases: Databases, accounts: int, campaign: Campaign, rounds: int, postmaster: int | None
) -> tuple[dict[str, tuple[float, ...]], int]:
    """Run every operation in each round, after a round that is not counted."""
    found: dict[str, list[float]] = {name: [] for name in FLAT}
    async with signing_up(databases) as flow:
        deployment = Deployment(flow, accounts, random.Random(accounts), Path(), campaign)  # noqa: S311
        for number in range(rounds + 1):
            deployment.rounds = number
            for name, operation in FLAT.items():
                with _cpu(postmaster) as used:
                    units = await operation(deployment)
                if number:
                    found[name].append(used.seconds / max(units, 1) * 1e6)
        entries = (await stored_log.head(deployment.flow.main)).size
    return {name: tuple(costs) for name, costs in found.items()}, entries


@contextmanager
def _cpu(postmaster: int | None) -> Iterator[bare_database.Used]:
    """Measure the CPU time of this process and of PostgreSQL."""
    used = bare_database.Used()
    gc.collect()
    before = time.process_time(), bare_database.backend_seconds(postmaster) if postmaster else 0.0
    yield used
    after = time.process_time(), bare_database.backend_seconds(postmaster) if postmaster else 0.0
    used.seconds = sum(after) - sum(before)
