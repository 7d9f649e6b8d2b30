"""`second-factor` says what is wrong: not enrolled, enrolled, a code that is wrong, a lock and its end."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from idvault.core.second_factor import Cause, SecondFactorError, Tries
from idvault_verify.error import PreconditionError, Reason
from idvault_verify.v1 import roster_pb2
from tests.support.commands import Commands
from tests.support.served_chamber import House, Rosters, house_over
from tools.support.databases import Databases

UNTIL = datetime(2026, 3, 1, 4, 15, tzinfo=UTC)


class Scripted:
    """What the vault says about a second factor: an error for each call, or a state."""

    def __init__(self) -> None:
        self.error: Exception = PreconditionError(Reason.ILLEGAL_TRANSITION)
        self.state = roster_pb2.SecondFactorState(enrolled=True, tries_left=7)


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    script = Scripted()

    async def refuse(*_: Any, **__: Any) -> Any:
        raise script.error

    async def state(*_: Any, **__: Any) -> roster_pb2.SecondFactorState:
        return script.state

    monkeypatch.setattr(Rosters, "ConfirmSecondFactor", refuse, raising=False)
    monkeypatch.setattr(Rosters, "GetSecondFactor", state, raising=False)
    return script


@pytest_asyncio.fixture
async def house(
    vault: Scripted, sqlite_databases: Databases, tmp_path: Path, idvault: Commands
) -> AsyncIterator[House]:
    async with house_over(sqlite_databases, tmp_path, idvault) as made:
        yield made


CASES: list[tuple[Exception, str, str]] = [
    (SecondFactorError(Cause.CODE_MISSING), "you have a second factor", "--code CODE second-factor"),
    (SecondFactorError(Cause.NOT_ENROLLED), "you have no second factor yet", "second-factor"),
    (SecondFactorError(Cause.CODE_MALFORMED), "a code has six digits", "repeat the command"),
    (SecondFactorError(Cause.CODE_WRONG, tries=Tries(3)), "; 7 tries are left before a lock", "next code"),
    (
        SecondFactorError(Cause.CODE_WRONG, tries=Tries(10, 1, UNTIL)),
        "locked until 2026-03-01 04:15 UTC",
        "no code is accepted before",
    ),
    (
        SecondFactorError(Cause.LOCKED, tries=Tries(10, 1, UNTIL)),
        "locked until 2026-03-01 04:15 UTC",
        "after",
    ),
    (PreconditionError(Reason.ILLEGAL_TRANSITION), "no enrolment waits for a code", "second-factor --status"),
]


async def test_each_refusal_says_what_is_wrong(house: House, vault: Scripted) -> None:
    """Why, and what to type next; with --json the tries left and the end of the lock are fields."""
    for error, why, next_ in CASES:
        vault.error = error
        told = await house.run("auditor-a", "second-factor", "--confirm", "123456")
        assert told.code == 4
        assert why in told.err
        assert next_ in told.err.splitlines()[-1]
    vault.error = CASES[3][0]
    told = await house.run("auditor-a", "second-factor", "--confirm", "123456", json=True)
    content = json.loads(told.err)["error"]
    assert (content["reason"], content["cause"], content["tries_left"]) == (
        "SECOND_FACTOR_REFUSED",
        "CODE_WRONG",
        "7",
    )


async def test_the_state_is_shown(house: House, vault: Scripted) -> None:
    """Enrolled or not, what waits, the tries left and a lock; the command costs no try."""
    shown = await house.run("auditor-a", "second-factor", "--status")
    assert (shown.code, shown.last) == (0, "second factor: auditor-a enrolled, 7 tries left")
    vault.state = roster_pb2.SecondFactorState(pending=True, tries_left=0)
    vault.state.lock_end_time.FromDatetime(UNTIL)
    shown = await house.run("auditor-a", "second-factor", "--status")
    assert shown.last == (
        "second factor: auditor-a not enrolled, a new one waits for --confirm CODE, "
        "locked until 2026-03-01 04:15 UTC"
    )
    told = json.loads((await house.run("auditor-a", "second-factor", "--status", json=True)).out)
    assert told == {
        "person": "auditor-a",
        "enrolled": False,
        "pending": True,
        "tries_left": 0,
        "locked_until": UNTIL.isoformat(),
    }


async def test_a_wrong_code_of_an_approval_says_how_many_are_left(house: House) -> None:
    """Against the real flows, which tell the tries that are left."""
    disclosure_id = await house.request(await house.room.account())
    told = await house.run("custodian-a", "approve", disclosure_id, "--yes", code="000000")
    assert "9 tries are left" in told.err
    missing = await house.run("custodian-b", "approve", disclosure_id, "--yes", code="12345")
    assert "a code has six digits" in missing.err
    (house.folder / "auditor-a" / "key.pem").unlink()
    bare = await house.run("auditor-a", "list")
    assert (bare.code, "key.pem is missing: the private key of your TLS certificate" in bare.err) == (4, True)
