"""The migration to releases, from a database with disclosures under way."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import Connection, text

from idvault.core.db.database import Database
from idvault.disclosure import rules as disclosure_rules
from idvault.disclosure.acts.refusal import Refusals
from idvault.disclosure.acts.retention import DisclosureRetention
from idvault.disclosure.store.store import SqlDisclosureStore
from idvault.processes import migrations
from idvault.processes.bootstrap.base import ENTROPY
from idvault.processes.migrations import MAIN
from idvault.verify.clock import ClockReading
from idvault.verify.disclosure import DecidingQuorum, Disclosure, DisclosureState, QuorumMember, Verdict
from idvault.verify.event import EventType
from idvault.verify.transparency import entry
from tests.support.builders import TOKEN
from tests.support.databases import Maker

AT = datetime(2026, 3, 1, 4, tzinfo=UTC)
_MICROS = int(AT.timestamp() * 1_000_000)
_HOUR = 3_600_000_000
# The id of each disclosure with its state, its openings, and the verdicts of custodians a, b and c.
FORMER = {
    "1" * 32: ("REQUESTED", 0, ("APPROVE",)),
    "2" * 32: ("APPROVED", 0, ("APPROVE", "APPROVE")),
    "3" * 32: ("OPENED", 1, ("APPROVE", "DENY", "APPROVE")),
    "4" * 32: ("CANCELLED", 0, ("APPROVE", "APPROVE")),
    "5" * 32: ("DENIED", 0, ("DENY", "DENY")),
    "6" * 32: ("EXPIRED", 0, ("DENY", "APPROVE", "APPROVE")),
    "7" * 32: ("EXPIRED", 0, ("APPROVE",)),
    "8" * 32: ("APPROVED", 0, ("APPROVE", "APPROVE", "APPROVE")),
}
# When the second share of each disclosure came, in hours.
DISCLOSED = {"2" * 32: 2, "3" * 32: 3, "4" * 32: 2, "6" * 32: 3, "8" * 32: 2}
QUORUM = DecidingQuorum("e" * 64, threshold=2, size=3)
C = QuorumMember("custodian-c", "c" * 32, 3)


def _to_former(connection: Connection) -> None:
    command.upgrade(MAIN.config(connection), "0012")
    connection.execute(
        text(
            "INSERT INTO accounts (account_token, relying_party, subject_kind, state, standing, assurance,"
            " revision) VALUES (:token, 'platform-a', 'INDIVIDUAL', 'VERIFIED', 'GOOD', 'REGISTRY_MATCH', 2)"
        ),
        {"token": TOKEN},
    )
    for number, (disclosure_id, (state, opened, verdicts)) in enumerate(FORMER.items()):
        _add(connection, disclosure_id, state, opened, number)
        for place, verdict in enumerate(verdicts, start=1):
            _add_decision(connection, disclosure_id, place, verdict)


def _add(connection: Connection, disclosure_id: str, state: str, opened: int, number: int) -> None:
    connection.execute(
        text(
            "INSERT INTO disclosures (account_token, disclosure_id, auditor, auditor_actor_id, number,"
            " record_id, openings, created_at, expire_at, state, opened, opened_at, key_version, text,"
            " digest, threshold, entry_id) VALUES (:token, :id, 'auditor-a', 'a', :number, 'r', 1, :at, :end,"
            " :state, :opened, :opened_at, '1', :bytes, :bytes, 2, :id)"
        ),
        {
            "token": TOKEN, "id": disclosure_id, "number": number, "state": state, "opened": opened,
            "at": _MICROS, "end": _MICROS + 72 * _HOUR, "bytes": b"x",
            "opened_at": _MICROS + 9 * _HOUR if opened else None,
        },
    )  # fmt: skip
    if opened:
        connection.execute(
            text(
                "INSERT INTO disclosure_openings (account_token, disclosure_id, entry_id, auditor_actor_id,"
                " opened_at, record_digest) VALUES (:token, :id, :id, 'a', :at, :digest)"
            ),
            {"token": TOKEN, "id": disclosure_id, "at": _MICROS + 9 * _HOUR, "digest": b"digest"},
        )


def _add_decision(connection: Connection, disclosure_id: str, place: int, verdict: str) -> None:
    name = f"custodian-{'abc'[place - 1]}"
    connection.execute(
        text(
            "INSERT INTO disclosure_decisions (account_token, disclosure_id, place, custodian,"
            " custodian_actor_id, verdict, decided_at, signed, resealed, entry_id)"
            " VALUES (:token, :id, :place, :name, :name, :verdict, :at, :signed, :resealed, :entry)"
        ),
        {
            "token": TOKEN, "id": disclosure_id, "place": place, "name": name, "verdict": verdict,
            "at": _MICROS + place * _HOUR, "signed": b"s", "entry": f"{place}" * 32,
            "resealed": b"share" if verdict == "APPROVE" else None,
        },
    )  # fmt: skip


async def _migrated(maker: Maker, folder: Path) -> dict[str, tuple[Disclosure, list[Any]]]:
    urls = await asyncio.to_thread(maker.empty_urls, folder)
    await migrations.change(urls[0], _to_former)
    await migrations.upgrade_both(*urls)
    database = Database(url=urls[0])
    store = SqlDisclosureStore(database=database)
    found: dict[str, tuple[Disclosure, list[Any]]] = {}
    for disclosure_id in FORMER:
        filed = await store.get(disclosure_id=disclosure_id)
        assert filed is not None
        found[disclosure_id] = filed.disclosure, await store.shares(disclosure_id=disclosure_id)
    assert await store.disclosures(account_token=TOKEN) == []  # none has the log entry of a disclosure
    assert await store.disclosures_since(actor_id="a", since=AT) == len(DISCLOSED)
    assert [each.disclosure_id for each in await store.due(now=AT, limit=9)] == []
    await _check_logged(database, store)
    await database.close()
    return found


async def _check_logged(database: Database, store: SqlDisclosureStore) -> None:
    """Let the worker log what has no entry, and find it in what the history is made from."""
    counted: list[str] = []
    observe = counted.append
    refusals = Refusals(store=store, entropy=ENTROPY, observe=observe)
    retention = DisclosureRetention(store=store, refusals=refusals, entropy=ENTROPY, observe=observe)
    at = ClockReading(AT + timedelta(hours=4), AT + timedelta(hours=4))
    assert [await retention.sweep(now=at, limit=3) for _ in range(3)] == [3, 2, 0]
    assert counted == ["disclose"] * 5
    told = await store.disclosures(account_token=TOKEN)
    assert {each.disclosure_id: each.disclosed_at for each in told} == {
        name: AT + timedelta(hours=hours) for name, hours in DISCLOSED.items()
    }
    # The version that was opened is known; of the others nothing is left here.
    assert {each.disclosure_id: each.record_digest for each in told if each.record_digest} == {
        "3" * 32: b"digest"
    }
    for each in told:
        logged = await store.logged(account_token=TOKEN, entry_id=each.entry_id)
        assert logged is not None
        found = entry.decode_leaf(logged.leaf)
        assert (found.type, found.occurred_at) == (EventType.DISCLOSURE_DISCLOSE, each.disclosed_at)


async def test_a_share_that_an_approval_carries_is_released(maker: Maker, tmp_path: Path) -> None:
    """What was under way goes on: M - 1 shares need one more, and M shares can be opened."""
    found = await _migrated(maker, tmp_path)
    assert [made.state.value for made, _ in found.values()] == [state for state, _, _ in FORMER.values()]
    assert [made.releases for made, _ in found.values()] == [1, 2, 2, 2, 0, 2, 1, 3]
    assert [[each.resealed for each in shares] for _, shares in found.values()] == [
        [b"share"] * count for count in (1, 2, 2, 2, 0, 2, 1, 3)
    ]
    half, ready, opened, *_ = (made for made, _ in found.values())
    assert (half.disclosed_at, ready.disclosed_at) == (None, ready.decisions[1].decided_at)
    agreed = disclosure_rules.decide(
        disclosure=half, member=C, verdict=Verdict.APPROVE, quorum=QUORUM, now=AT
    )
    given = disclosure_rules.release(disclosure=agreed, member=C, quorum=QUORUM, now=AT)
    assert given.state is DisclosureState.APPROVED
    assert disclosure_rules.open_once(disclosure=ready, now=AT).state is DisclosureState.OPENED
    assert opened.confirmed_at == opened.opened_at
