"""The current roster against an attacker who can write rows or files, and against a model.

Members ask RosterService; the attacker, a start and a refresh are below it.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import ClauseElement, delete, insert, update

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import statement
from idvault.core.tables.people import roster as newest
from idvault.core.tables.people import roster_proposals, roster_signatures, roster_versions
from idvault_client.errors import NotFound, VaultError
from idvault_verify.attest.people import roster_signature
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.error import Reason
from tests.support.refusal import outcome, reason_of
from tests.support.roster_world import NAMES, Process, first, next_version, signature, write
from tools.support import people
from tools.support.databases import Databases, SqliteMaker
from tools.support.flow_world import at

A, B, C = NAMES


def signed(roster: Roster, *names: str) -> Roster:
    """Return a roster with the signatures of these members."""
    for name in names:
        roster = roster_signature.sign(roster, name=name, signer=people.signer(name).sign)
    return roster


async def do(process: Process, change: ClauseElement) -> None:
    """Change rows like an attacker with write access to the database."""

    async def work(connection: Connection) -> None:
        await connection.run(statement(change))

    await process.database.act("test", work)


async def put(process: Process, roster: Roster, **changes: Any) -> None:
    """Insert a version's row by hand."""
    values = {
        "version": roster.version,
        "digest": roster.digest(),
        "file": roster.to_bytes(),
        "adopted_at": at(0).business,
    }
    await do(process, insert(roster_versions).values(**values | changes))


@pytest_asyncio.fixture
async def process(databases: Databases, tmp_path: Path) -> AsyncIterator[Process]:
    """Return a process with the first version."""
    database = Database(url=databases.main_url)
    first(tmp_path / "roster.json")
    yield await Process(database, tmp_path / "roster.json").start()
    await database.close()


def forgeries(before: Roster) -> dict[str, tuple[Roster, dict[str, Any]]]:
    """Return forged rows: a roster and what else is wrong with its row."""
    mallory = replace(next_version(before, variant=9), signatures=())
    good = signed(next_version(before), A, B)
    return {
        "unsigned": (mallory, {}),
        "signed by one": (signed(mallory, A), {}),
        "signed by the auditor": (mallory.with_signature("auditor-a", signature(mallory, "auditor-a")), {}),
        "signed by its own new custodians": (
            signed(next_version(before, names=("eve", "fay", "gil")), "eve", "fay", "gil"),
            {},
        ),
        "changed after it was signed": (replace(good, people=good.people[:-1]), {}),
        "another digest": (good, {"digest": "0" * 64}),
        "a version further on": (signed(replace(good, version=3, signatures=()), A, B), {}),
        "another number": (good, {"version": 3}),
        "without witnesses": (signed(replace(good, witness=None, signatures=()), A, B), {}),
        "not a roster": (good, {"file": b"{}"}),
        "not even text": (good, {"file": b"\xff"}),
    }


FORGERIES = list(forgeries(next_version(None)))


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forged_row_is_refused_and_the_roster_stays(process: Process, forgery: str) -> None:
    """A forged row alarms once, changes nothing while the process runs, and stops the next start."""
    before = process.holder.current
    roster, changes = forgeries(before)[forgery]
    await put(process, roster, **changes)
    for _ in range(3):
        assert not await process.holder.refresh(now=at(1))
    assert process.holder.current == before
    assert len(process.alarms) == 1
    with pytest.raises(RosterError):
        await Process(process.database, process.path).start()


async def test_a_good_version_after_a_forged_one_is_still_taken(process: Process) -> None:
    """Once the row is corrected the process continues by itself."""
    good = signed(next_version(process.holder.current), A, B)
    await put(process, good, file=b"{}")
    assert not await process.holder.refresh(now=at(1))
    await do(
        process, update(roster_versions).values(file=good.to_bytes()).where(roster_versions.c.version == 2)
    )
    assert await process.holder.refresh(now=at(2))
    assert process.holder.current.digest() == good.digest()


async def test_a_row_of_the_version_in_force_changes_nothing(process: Process) -> None:
    """The verified roster is in memory and in the file; the next start refuses the changed row."""
    before = process.holder.current
    forged = next_version(None, variant=7)
    await do(process, update(roster_versions).values(file=forged.to_bytes(), digest=forged.digest()))
    assert not await process.holder.refresh(now=at(1))
    assert (await process.get(1)).roster == before
    with pytest.raises(Exception, match="ROSTER_INVALID"):
        await Process(process.database, process.path).start()


async def test_versions_that_vanished_stop_the_start(process: Process) -> None:
    """A start with less than the newest version, which would accept revoked members, is refused."""
    second = signed(next_version(process.holder.current, auditor=False), A, B)
    await process.propose(second)
    assert process.holder.current.version == 2
    await do(process, delete(roster_versions).where(roster_versions.c.version == 2))
    with pytest.raises(RosterError, match="does not follow from"):
        await Process(process.database, process.path).start()
    await do(process, update(newest).values(version=1, digest="0" * 64))
    with pytest.raises(RosterError, match="does not follow from"):
        await Process(process.database, process.path).start()


@pytest.mark.parametrize("wrong", ["another first version", "unsigned", "gone", "damaged"])
async def test_a_wrong_file_is_refused_and_the_roster_stays(process: Process, wrong: str) -> None:
    """A running process keeps its roster; a start with the wrong file is refused."""
    before = process.holder.current
    if wrong == "another first version":
        process.path.write_bytes(signed(next_version(None, variant=5), *NAMES).to_bytes())
    elif wrong == "unsigned":
        write(process.path, next_version(before))
    elif wrong == "gone":
        process.path.unlink()
    else:
        process.path.write_bytes(b"{")
    for _ in range(2):
        assert not await process.holder.refresh(now=at(1))
    assert process.holder.current == before
    assert len(process.alarms) == 1
    with pytest.raises(Exception, match=r"ROSTER_INVALID|roster|adopted|file|signed"):
        await Process(process.database, process.path).start()


async def test_tampered_proposals_hide_no_others(process: Process) -> None:
    """A changed proposal is left out, and a changed signature does not count; others are not affected."""
    good, bad = (
        next_version(process.holder.current, variant=1),
        next_version(process.holder.current, variant=2),
    )
    for each in (good, bad):
        await process.propose(each)
    await process.sign(good, A)
    await do(
        process, update(roster_proposals).values(file=b"{}").where(roster_proposals.c.digest == bad.digest())
    )
    forged = {"digest": good.digest(), "signature": bytes(64), "signed_at": at(0).business}
    for name in (B, "mallory"):
        await do(process, insert(roster_signatures).values(name=name, **forged))
    (found,) = (await process.get(0)).proposals
    assert [each.name for each in found.roster.signatures] == [A]
    assert not await process.complete(seconds=1)
    with pytest.raises(NotFound):
        await process.sign(bad, A)
    assert (await process.sign(good, B)).adopted


# The next step: who acts, and with which of two variants.
ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["propose", "sign", "forge", "restart", "tamper", "file"]),
        st.sampled_from([*NAMES, "custodian-d"]),
        st.integers(0, 1),
    ),
    max_size=14,
)


_REFUSED = (Reason.REQUEST_NOT_FOUND, Reason.ROSTER_INVALID)


class Model:
    """The expected state: the current version, its custodians, and the signatures so far."""

    def __init__(self) -> None:
        self.version = 1
        self.custodians = set(NAMES)
        self.waiting: dict[int, set[str]] = {}

    @staticmethod
    def names(variant: int, version: int) -> tuple[str, ...]:
        """Return the custodians of a proposal: variant 1 swaps C for D, or D for C."""
        swapped = (variant + version) % 2 == 1
        return (A, B, "custodian-d") if swapped else NAMES

    def settle(self, variant: int) -> None:
        """Adopt a proposal with two signatures of custodians who stay."""
        after = set(self.names(variant, self.version))
        if len(self.waiting[variant] & self.custodians & after) >= 2:
            self.version, self.custodians, self.waiting = self.version + 1, after, {}


@settings(max_examples=25)
@given(actions=ACTIONS)
def test_the_life_of_rosters_follows_its_model(
    sqlite_maker: SqliteMaker, actions: list[tuple[str, str, int]]
) -> None:
    """After any steps in any order, the current version is the model's, and it only grows."""
    with TemporaryDirectory() as folder:
        asyncio.run(_live(sqlite_maker, Path(folder), actions))


async def _live(maker: SqliteMaker, folder: Path, actions: list[tuple[str, str, int]]) -> None:
    database = Database(url=maker.fresh(folder).main_url)
    first(folder / "roster.json")
    process, model = await Process(database, folder / "roster.json").start(), Model()
    try:
        for action, name, variant in actions:
            process = await _step(process, model, action, name, variant)
            assert process.holder.current.version == model.version
            assert {each.name for each in process.holder.quorum.custodians} == model.custodians
    finally:
        await database.close()


async def _step(process: Process, model: Model, action: str, name: str, variant: int) -> Process:
    current = process.holder.current
    proposal = next_version(current, variant=variant, names=model.names(variant, model.version))
    if action == "propose":
        await process.propose(proposal)
        model.waiting.setdefault(variant, set())
    elif action == "sign":
        found = await outcome(process.sign(proposal, name))
        if isinstance(found, VaultError):
            assert found.reason in _REFUSED
            assert variant not in model.waiting or name not in model.custodians
        else:
            model.waiting[variant].add(name)
            model.settle(variant)
    elif action == "forge":
        assert await reason_of(process.sign(proposal, name, forged=bytes(64))) in _REFUSED
    elif action == "restart":
        process = await Process(process.database, process.path).start()
    elif action == "tamper":
        await put(process, proposal)
        assert not await process.holder.refresh(now=at(0))
        await do(process, delete(roster_versions).where(roster_versions.c.version == proposal.version))
    else:
        await _publish(process)
    return process


async def _publish(process: Process) -> None:
    """Write the current version as a file, as an operator does after an adoption over the API."""
    for number in range(2, process.holder.current.version + 1):
        if number > len(process.holder._read_file()):
            write(process.path, process.holder.version(number))
    assert not await process.holder.refresh(now=at(0))
