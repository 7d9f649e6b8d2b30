"""The audit of tortured databases finds what is missing, doubled or inconsistent, and nothing else."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from idvault.core import log_entry
from idvault.core.db.database import Database
from idvault.core.tables.account import accounts, records
from idvault.core.tables.claim import claims, jobs, persons, receipts, requests
from idvault.key.acts.version import ShredKeys
from idvault.sealing.request import KeyedFingerprinter
from idvault_client import Status, Verification
from idvault_client.reasons import FailureReason
from idvault_verify.claim import ClaimState
from idvault_verify.event import EventType
from tools.support.databases import Databases
from tools.support.sandbox import invent
from tools.support.storage_world import World
from tools.torture.audit import Audit
from tools.torture.book import SignUp
from tools.torture.tally import Tally

KEY = b"k" * 32
KEPT = KeyedFingerprinter(key=KEY)


def _told(request_id: str, token: str, state: ClaimState) -> SignUp:
    status = Status(token, None, None, None, None, 1, None, None)
    answer = Verification(request_id, token, state, status, FailureReason.UNSPECIFIED, timedelta(0))
    return SignUp(invent(), request_id, answer)


async def _book(databases: Databases) -> list[SignUp]:
    """Sign up three people, one of them without success, and return their platform's answers."""
    main, shred = Database(url=databases.main_url), Database(url=databases.shred_url)
    world = World(main)
    told = []
    for outcome in (ClaimState.SUCCEEDED, ClaimState.SUCCEEDED, ClaimState.FAILED):
        asked = world.request()
        kept_id = KEPT.kept_id(relying_party="platform-a", request_id=asked.request_id)
        new_claim = world.new_claim(request=replace(asked, request_id=kept_id))
        ended = world.verified if outcome is ClaimState.SUCCEEDED else world.rejected
        job = await ended(new_claim=new_claim)
        if outcome is ClaimState.SUCCEEDED:
            which = {"account_token": job.account_token, "record_id": "d" * 32}
            await ShredKeys(shred).obtain(**which, candidate=b"s" * 32)
        told.append(_told(asked.request_id, job.account_token, outcome))
    await main.close()
    await shred.close()
    return told


async def _found(databases: Databases, book: list[SignUp]) -> Tally:
    tally = Tally()
    (await Audit.read(databases, request_key=KEY)).check(book, tally=tally)
    return tally


async def _do(databases: Databases, statement: Any) -> None:
    main = Database(url=databases.main_url)
    await World(main).do(statement)
    await main.close()


async def test_sound_databases_are_found_sound(databases: Databases) -> None:
    """Two successes and a failure are consistent, and a request that never arrived is not a loss."""
    book = await _book(databases)
    tally = await _found(databases, [*book, SignUp(invent())])
    assert tally.complaints == []


@pytest.mark.parametrize(
    "harm",
    [
        lambda token: delete(records).where(records.c.account_token == token),
        lambda token: delete(receipts).where(receipts.c.account_token == token),
        lambda token: delete(jobs).where(jobs.c.account_token == token),
        lambda token: delete(requests).where(requests.c.account_token == token),
        lambda token: update(records).where(records.c.account_token == token).values(salt=b"x" * 32),
        lambda token: update(receipts).where(receipts.c.account_token == token).values(record_digest=b"x"),
        lambda token: update(accounts).where(accounts.c.account_token == token).values(state="PENDING"),
        lambda token: update(claims).where(claims.c.account_token == token).values(state="FAILED"),
        lambda _: update(persons).values(accounts=2),
    ],
)
async def test_what_is_missing_or_does_not_fit_is_lost(sqlite_databases: Databases, harm: Any) -> None:
    """A row removed or changed behind an acknowledged success is reported."""
    book = await _book(sqlite_databases)
    assert book[0].answer is not None
    await _do(sqlite_databases, harm(book[0].answer.account_token))
    tally = await _found(sqlite_databases, book)
    assert tally.lost >= 1


async def test_what_nobody_asked_for_is_doubled(sqlite_databases: Databases) -> None:
    """A second settlement entry, and a claim of a request never sent, are reported."""
    book = await _book(sqlite_databases)
    main = Database(url=sqlite_databases.main_url)
    world = World(main)
    assert book[0].answer is not None
    token = book[0].answer.account_token
    fields = {"claim_id": "c", "state": "SUCCEEDED", "failure_reason": "", "record_digest": b""}
    event = world.event(EventType.CLAIM_SETTLE, token, **fields)
    await main.act("test", lambda connection: log_entry.append(connection, event))
    await main.close()
    tally = await _found(sqlite_databases, book[:2])
    assert tally.lost == 0
    assert tally.doubled == 2
    assert tally.last_line() == "torture: 0 faults, 0 acknowledged, 0 lost, 2 doubled"
