"""The number of statements in the acts of a sign-up, against both databases."""

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, cast

from idvault.claim.job.store import Job
from idvault.core.db.database import Database
from idvault.core.db.sqlite_connection import SqliteConnection
from idvault.key.acts.version import ShredKeys
from idvault.registry.ports import CallTurn, Reserved
from idvault_verify.record import SealedRecord
from tests.storage.hooks import before_statements, connection_class
from tools.support.storage_world import MATCHED, MISMATCHED, NO_RECORD, World, at

# The budget of VerifyIndividual at the edge, from the request to the answer. On SQLite each insert and update
# is a statement: it has no WITH that writes, and a statement there is a function call.
_MOST = {"postgresql": 14, "sqlite": 21}


async def _sent(database: Database, act: Awaitable[Any]) -> tuple[int, Any]:
    """Return an act's number of statements, without BEGIN and COMMIT, and its result."""
    seen: list[str] = []
    with before_statements(database, seen.append):
        result = await act
    return len(seen), result


def _kind(database: Database) -> str:
    return "sqlite" if connection_class(database) is SqliteConnection else "postgresql"


def _turn() -> CallTurn:
    now = at().real
    return CallTurn("nppa/check", timedelta(seconds=1), now, now + timedelta(seconds=1))


async def test_a_sign_up_is_few_statements(world: World, shred_database: Database) -> None:
    """A new person: open with a slot at the registry, a shred key and settle: three commits."""
    opened, answer = await _sent(world.database, world.open(turn=_turn()))
    keys = ShredKeys(shred_database)
    obtaining = keys.obtain(account_token="acct_1", record_id="d" * 32, candidate=b"k" * 32)
    sealed, _ = await _sent(shred_database, obtaining)
    settled, claim = await _sent(world.database, world.settle(answer.job, MATCHED))
    assert claim is not None
    assert answer.reserved == Reserved(at().real)
    expected = {"postgresql": (4, 1, 3), "sqlite": (10, 1, 10)}
    assert (opened, sealed, settled) == expected[_kind(world.database)]
    assert opened + sealed + settled <= _MOST[_kind(world.database)]


async def test_a_new_verification_keeps_the_former_version_in_one_statement(world: World) -> None:
    """Its settlement looks nothing up for it: on PostgreSQL the statement goes with others.

    The second one forgets what a notice of the registry wanted of the account, the third one ends an
    invitation of a campaign that asks for more.
    """
    asked = world.new_claim()
    first = await world.open(asked)
    settled, _ = await _sent(world.database, world.settle(cast(Job, first.job), MATCHED))
    owner = {"account_token": asked.account_token, "new_account": False, "person": asked.person}
    again = await world.open(world.new_claim(**owner))
    renewed, claim = await _sent(world.database, world.settle(cast(Job, again.job), MATCHED))
    assert claim is not None
    assert renewed - settled == {"postgresql": 1, "sqlite": 3}[_kind(world.database)]


async def test_a_slot_is_taken_last(world: World) -> None:
    """Only a claim that opens takes one, in a re-verification after everything that may wait for a row."""
    asked = world.new_claim()
    first = await world.open(asked, turn=_turn())
    repeated = await world.open(asked, turn=_turn())
    assert (first.reserved, repeated.reserved) == (Reserved(at().real), None)
    await world.settle(cast(Job, first.job), MATCHED)
    changes: dict[str, Any] = {
        "account_token": asked.account_token,
        "new_account": False,
        "person": asked.person,
    }
    seen: list[str] = []
    with before_statements(world.database, seen.append):
        again = await world.open(turn=_turn(), **changes)
    assert again.reserved == Reserved(at().real + timedelta(seconds=1))
    assert seen[-1].startswith("INSERT INTO budgets")
    late = await world.open(turn=_turn())
    assert late.reserved == Reserved(None)


async def test_statements_of_other_new_claims(world: World) -> None:
    """A person's second account, a re-verification, a repeated request."""
    verified = await world.verified(person=world.person("x"))
    asked = world.new_claim(person=world.person("x"))
    second, _ = await _sent(world.database, world.open(asked))
    again, _ = await _sent(world.database, world.again(verified, person=world.person("x")))
    repeated, _ = await _sent(world.database, world.open(asked))
    expected = {"postgresql": (4, 6, 3), "sqlite": (9, 11, 3)}
    assert (second, again, repeated) == expected[_kind(world.database)]


async def test_statements_of_other_endings(world: World) -> None:
    """Two failures, a success of a waiting claim with an intake to delete, and a match without a slot."""
    failed, _ = await _sent(world.database, world.settle(await world.job(), NO_RECORD))
    mismatched, _ = await _sent(world.database, world.settle(await world.job(), MISMATCHED))
    waited, _ = await _sent(world.database, world.settle(await world.waiting(), MATCHED, lease_id=None))
    full, _ = await _sent(world.database, world.settle(await world.job(), MATCHED, accounts_per_person=0))
    expected = {"postgresql": (3, 3, 3, 4), "sqlite": (8, 8, 11, 9)}
    assert (failed, mismatched, waited, full) == expected[_kind(world.database)]


async def test_a_record_is_hashed_once(world: World, monkeypatch: Any) -> None:
    """The digest in the log, the receipt and the answer is computed once per act."""
    hashed: list[SealedRecord] = []
    digest = SealedRecord.digest

    def counted(record: SealedRecord) -> bytes:
        hashed.append(record)
        return digest(record)

    job = await world.job()
    monkeypatch.setattr(SealedRecord, "digest", counted)
    assert await world.settle(job, MATCHED)
    assert len(hashed) == 1
