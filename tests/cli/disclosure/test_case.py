"""A case on a terminal: what it says, who decided and why; searched; on 60 columns, in wide characters."""

import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from rich.cells import cell_len

from tests.support.commands import Commands, Result
from tests.support.served_chamber import House, house_over
from tools.support.chamber import CUSTODIANS
from tools.support.databases import Databases

A, B, C = CUSTODIANS
REASON = "理由不足:没有说明为什么需要这条记录 (synthetic)"
WIDTH = 60


@pytest_asyncio.fixture
async def house(
    sqlite_databases: Databases, tmp_path: Path, idvault: Commands, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    """Return a served chamber over SQLite files, whose commands write to 60 columns."""
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    async with house_over(sqlite_databases, tmp_path, idvault) as made:
        yield made


def check_fits(result: Result) -> None:
    """Check that no line of a table is longer than the terminal, and nothing was cut."""
    assert max(cell_len(line) for line in result.err.splitlines()) <= WIDTH
    assert "…" not in result.err


async def test_a_case_says_who_decided_what_and_why(house: House) -> None:
    """Purpose, basis, approvals and denials by name, with the signed reason; nothing is cut."""
    room = house.room
    account = await room.account()
    disclosure_id = await house.request(account)
    new = await house.run("auditor-a", "show", disclosure_id)
    assert "nobody has yet" in new.err
    await house.run(A, "approve", disclosure_id, code=room.codes.code())
    denied = await house.run(B, "deny", disclosure_id, "--reason", REASON)
    assert (denied.code, denied.last) == (0, f"disclosure: {disclosure_id} REQUESTED")
    other = await house.run(C, "show", disclosure_id)
    assert (other.code, other.last) == (0, f"disclosure: {disclosure_id} waits for you")
    shown = await house.run("auditor-a", "show", disclosure_id)
    assert (shown.code, shown.last) == (0, f"disclosure: {disclosure_id} REQUESTED")
    for result in (shown, other):
        check_fits(result)
        flat = "".join(result.err.replace("│", "").split())
        for text in (disclosure_id, account, "案 2026-1", "第一条 (synthetic)", "一次核查"):
            assert text in result.err
        assert f"by {A} " in result.err
        assert "releasedtheshare" in flat
        assert "".join(REASON.split()) in flat
    told = json.loads((await house.run("auditor-a", "show", disclosure_id, json=True)).out)
    assert (told["purpose"], told["legal_basis"]) == ("一次核查", "第一条 (synthetic)")
    assert [(made["custodian"], made["verdict"], made["reason"]) for made in told["decisions"]] == [
        (A, "APPROVE", None),
        (B, "DENY", REASON),
    ]


async def test_a_denial_needs_a_reason(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal it is wrong usage; a reason that is too long is named, and nothing is decided."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    disclosure_id = await house.request(await house.room.account())
    bare = await house.run(A, "deny", disclosure_id)
    assert (bare.code, "--reason is missing" in bare.err) == (2, True)
    long = await house.run(A, "deny", disclosure_id, "--reason", "x" * 501)
    assert (long.code, "--reason is wrong (LENGTH)" in long.err) == (4, True)
    assert (await house.run(A, "pending")).last == "pending: 1"


async def test_a_list_can_be_searched(house: House) -> None:
    """By state, case, account and day; a table of 60 columns shows whole ids."""
    room = house.room
    first, second = await room.account(), await room.account()
    kept = await house.request(first)
    ended = await house.request(second)
    assert (await house.run("auditor-a", "cancel", ended)).code == 0
    listed = await house.run("auditor-a", "list")
    check_fits(listed)
    assert listed.last == "disclosures: 2"
    for text in (kept, ended, first, second, "案 2026-1", "CANCELLED"):
        assert text in listed.err
    today = f"{room.now().business:%Y-%m-%d}"
    searches = {
        ("--state", "requested"): [kept],
        ("--state", "cancelled", "--state", "REQUESTED"): [ended, kept],
        ("--account", second): [ended],
        ("--case", "2026"): [ended, kept],
        ("--case", "2027"): [],
        ("--day", today): [ended, kept],
        ("--day", "2001-01-01"): [],
        ("--since", today, "--until", today, "--account", first): [kept],
        ("--until", "2001-01-01"): [],
        ("--since", "2100-01-01"): [],
    }
    for options, expected in searches.items():
        found = await house.run("auditor-a", "list", *options, json=True)
        assert [json.loads(line)["disclosure_id"] for line in found.out.splitlines()] == expected
    wrong = await house.run("auditor-a", "list", "--state", "asleep")
    assert wrong.code == 2
