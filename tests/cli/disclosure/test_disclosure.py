"""Commands of auditors and custodians over mutual TLS, against real flows and databases."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from idvault.disclosure.acts import custodian as custodian_acts
from idvault.disclosure.acts.disclosure import DisclosureContext
from idvault_client.errors import Unavailable
from idvault_people import identity_folder
from idvault_people.commands.disclosure import custodian as custodian_verbs
from idvault_people.custody_edge import CustodyEdge
from idvault_people.disclosure.custodian import Custodian, UnloggedReleaseError
from idvault_verify.attest.people.roster import Roster
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.error import Reason
from idvault_verify.event import EventType
from idvault_verify.transparency import checkpoint
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.note import NoteSigner
from tests.support.commands import Commands
from tests.support.served_chamber import House, house_over
from tools.support import builders, people
from tools.support.chamber import CUSTODIANS
from tools.support.databases import Databases
from tools.support.log_world import KEY, PLAIN, SIGNER

A, B, C = CUSTODIANS


@pytest_asyncio.fixture
async def house(sqlite_databases: Databases, tmp_path: Path, idvault: Commands) -> AsyncIterator[House]:
    """Return a served chamber over SQLite files."""
    async with house_over(sqlite_databases, tmp_path, idvault) as made:
        yield made


async def test_the_whole_story(house: House) -> None:
    """Request, show, approve twice, open, show again: each with its last line."""
    room = house.room
    disclosure_id = await house.request(await room.account())
    listed = await house.run("auditor-a", "list")
    assert (listed.code, listed.last) == (0, "disclosures: 1")
    assert disclosure_id in listed.err
    pending = await house.run(A, "pending")
    assert (pending.code, pending.last) == (0, "pending: 1")
    for text in ("auditor-a, 示例机构 (synthetic)", "第一条 (synthetic)", "since version 1", "yes, since"):
        assert text in pending.err
    approved = await house.run(A, "approve", disclosure_id, code=room.codes.code())
    assert approved.last == f"disclosure: {disclosure_id} REQUESTED"
    approved = await house.run(B, "approve", "--yes", disclosure_id, code=room.codes.code())
    assert approved.last == f"disclosure: {disclosure_id} APPROVED"
    opened = await house.run("auditor-a", "open", disclosure_id, code=room.codes.code())
    assert (opened.code, opened.last) == (0, f"disclosure: {disclosure_id} OPENED")
    assert builders.NAME in opened.err
    assert builders.NAME not in opened.out
    shown = await house.run("auditor-a", "show", disclosure_id)
    assert shown.last == f"disclosure: {disclosure_id} OPENED"


async def test_every_verb_speaks_json(house: House) -> None:
    """One object per line on stdout, nothing on stderr."""
    room = house.room
    disclosure_id = await house.request(await room.account())
    found = [
        await house.run("auditor-a", "list", json=True),
        await house.run("auditor-a", "show", disclosure_id, json=True),
        await house.run(A, "pending", json=True),
        await house.run(A, "approve", disclosure_id, json=True, code=room.codes.code()),
        await house.run(C, "approve", disclosure_id, json=True, code=room.codes.code()),
        await house.run("auditor-a", "open", disclosure_id, json=True, code=room.codes.code()),
    ]
    contents = []
    for result in found:
        assert (result.code, result.err) == (0, "")
        contents.append(json.loads(result.out))
    assert {content["disclosure_id"] for content in contents} == {disclosure_id}
    assert contents[2]["verified"] is True
    assert contents[2]["since_roster_version"] == 1
    assert [contents[at]["state"] for at in (0, 1, 3, 4)] == ["REQUESTED"] * 3 + ["APPROVED"]
    assert (contents[5]["real_name"], contents[5]["openings_left"]) == (builders.NAME, 0)


async def test_approve_continues_where_it_stopped(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped before the share was sent, the command goes on without a code; stopped after it, it says so."""
    room = house.room
    first, second = [await house.request(await room.account()) for _ in range(2)]
    real = Custodian._release

    def lost(*_: Any) -> Any:
        raise Unavailable(Reason.STORE_UNAVAILABLE, "UNAVAILABLE")

    def sent_and_lost(*args: Any) -> Any:
        approvals = args[0].approvals
        kept = args[1]
        real(*args)
        approvals.put(replace(kept, is_logged=True))
        raise Unavailable(Reason.LOG_UNAVAILABLE, "UNAVAILABLE")

    for disclosure_id, fault in ((first, lost), (second, sent_and_lost)):
        with monkeypatch.context() as patch:
            patch.setattr(Custodian, "_release", fault)
            stopped = await house.run(A, "approve", disclosure_id, code=room.codes.code())
        assert stopped.code == 3
        assert "next: repeat the command" in stopped.err
    for disclosure_id in (first, second):
        done = await house.run(A, "approve", disclosure_id)
        assert (done.code, done.last) == (0, f"disclosure: {disclosure_id} REQUESTED")
    assert len(await room.logged(EventType.DISCLOSURE_RELEASE)) == 2
    over = await house.run(A, "approve", first)
    assert (over.code, "no request with this id" in over.err) == (4, True)


async def test_a_share_that_is_not_logged_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The custodian learns that the share was sent, and what to do: exit code 5."""
    room = house.room
    disclosure_id = await house.request(await room.account())

    def unlogged(*_: Any) -> Any:
        raise UnloggedReleaseError(Finding.NOT_IN_LOG, "the log's checkpoint does not cover this")

    monkeypatch.setattr(Custodian, "_release", unlogged)
    told = await house.run(A, "approve", disclosure_id, code=room.codes.code())
    assert told.code == 5
    assert "your share was sent" in told.err
    assert (
        f"repeat idvault-people custodian --identity {house.folder / A} approve {disclosure_id}" in told.err
    )


async def test_a_damaged_approval_is_named(house: House) -> None:
    """The file is named, and nothing is sent."""
    disclosure_id = await house.request(await house.room.account())
    folder = house.folder / A / "approvals"
    folder.mkdir()
    (folder / f"{disclosure_id}.json").write_bytes(b"{}")
    told = await house.run(A, "approve", disclosure_id, json=True)
    assert told.code == 4
    assert json.loads(told.err.splitlines()[-1])["error"]["reason"] == "APPROVAL_DAMAGED"


async def test_a_wrong_share_is_named_on_the_card(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The auditor learns whose share is wrong and whom to ask; the next attempt opens and names it again."""
    room = house.room
    disclosure_id = await house.request(await room.account())
    with monkeypatch.context() as patch:
        patch.setattr(Custodian, "_open_share", lambda *_: bytes([1]) + bytes(32))
        await house.run(A, "approve", disclosure_id, code=room.codes.code())
    await house.run(B, "approve", disclosure_id, code=room.codes.code())
    failed = await house.run("auditor-a", "open", disclosure_id, code=room.codes.code())
    assert failed.code == 5
    assert f"the share of {A} is not the one that was sealed" in failed.err
    assert "no opening is used up\nnext: ask another custodian to approve, then: idvault" in failed.err
    await house.run(C, "approve", disclosure_id, code=room.codes.code())
    opened = await house.run("auditor-a", "open", disclosure_id, code="000000")
    assert (opened.code, opened.last) == (0, f"disclosure: {disclosure_id} OPENED")
    assert f"of {A}; the log names them" in opened.err


async def test_a_custodian_sets_a_quota(house: House) -> None:
    """One share a day and auditor: the second is refused before it is opened, with exit code 5."""
    room = house.room
    made = [await house.request(await room.account()) for _ in range(2)]
    given = [
        await house.run(A, "approve", "--quota", 1, each, code=room.codes.code(), json=True) for each in made
    ]
    assert [each.code for each in given] == [0, 5]
    assert json.loads(given[1].err.splitlines()[-1])["error"]["reason"] == "QUOTA_EXCEEDED"


async def test_what_others_wrote_cannot_move_the_cursor(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids, states, texts and names of a lying service are shown with their control characters escaped."""
    evil = "\x1b[2J\u202e\r"
    disclosure_id = await house.request(await house.room.account())
    real = CustodyEdge.call

    def lying(edge: Any, method: str, request: Any, answer: type[Any]) -> Any:
        found = real(edge, method, request, answer)
        if method.endswith("ListPendingDisclosures"):
            found.disclosures[0].disclosure_id += evil
        if method.endswith("ListDisclosures"):
            found.disclosures[0].disclosure_id += evil
            found.disclosures[0].decisions.add(custodian=evil, verdict=1)
        return found

    monkeypatch.setattr(CustodyEdge, "call", lying)
    results = [
        await house.run(A, "pending"),
        await house.run(A, "pending", json=True),
        await house.run("auditor-a", "list"),
        await house.run("auditor-a", "list", json=True),
    ]
    for result in results:
        assert result.code == 0
        for each in ("\x1b", "\u202e", "\r"):
            assert each not in (result.out + result.err).replace("\r\n", "\n")
        assert disclosure_id[:16] in result.out + result.err


async def test_a_denial_and_a_withdrawal(house: House) -> None:
    """Both end in their state."""
    room = house.room
    disclosure_id = await house.request(await room.account())
    denied = await house.run(A, "deny", disclosure_id, "--reason", "示例理由 (synthetic)")
    assert (denied.code, denied.last) == (0, f"disclosure: {disclosure_id} REQUESTED")
    denied = await house.run(B, "deny", disclosure_id, "--reason", "示例理由 (synthetic)")
    assert denied.last == f"disclosure: {disclosure_id} DENIED"
    other = await house.request(await room.account())
    cancelled = await house.run("auditor-a", "cancel", other)
    assert cancelled.last == f"disclosure: {other} CANCELLED"
    gone = await house.run("auditor-a", "open", other, code=room.codes.code())
    assert gone.code == 4
    assert "next: idvault-people auditor" in gone.err
    assert "request --help" in gone.err


async def test_refusals_say_why_and_what_to_type(house: House) -> None:
    """Too early, a wrong code, an unknown id, an unknown account: reason, exit code, next command."""
    room = house.room
    disclosure_id = await house.request(await room.account())
    early = await house.run("auditor-a", "open", disclosure_id, code=room.codes.code())
    assert early.code == 4
    assert "ILLEGAL_TRANSITION" in early.err
    assert (
        f"next: idvault-people auditor --identity {house.folder / 'auditor-a'} show {disclosure_id}"
        in early.err
    )
    wrong = await house.run(A, "approve", disclosure_id, code="000000")
    assert wrong.code == 4
    assert "next: wait for the next code" in wrong.err
    told = await house.run(A, "approve", disclosure_id, code="１２３４５６", json=True)
    assert json.loads(told.err.splitlines()[-1])["error"]["reason"] == "SECOND_FACTOR_REFUSED"
    nothing = await house.run(A, "approve", "0" * 32, code=room.codes.code())
    assert (nothing.code, "NOT_PENDING" in nothing.err or "no request with this id" in nothing.err) == (
        4,
        True,
    )
    assert "next: idvault-people custodian" in nothing.err
    nobody = await house.run(
        "auditor-a",
        "request",
        "--account",
        builders.TOKEN,
        "--case",
        "x",
        "--legal-basis",
        "x",
        "--purpose",
        "x",
    )
    assert nobody.code == 4
    assert "ACCOUNT_NOT_FOUND" in nobody.err
    bad = await house.run(
        "auditor-a", "request", "--account", "acct_", "--case", "x", "--legal-basis", "x", "--purpose", "x",
        json=True,
    )  # fmt: skip
    told_of = json.loads(bad.err)["error"]
    assert told_of["field"] == "account_token"
    assert told_of["text"].startswith(
        "INVALID_ACCOUNT_TOKEN: --account is wrong (LENGTH)\nnext: idvault-people auditor"
    )


async def test_a_request_that_does_not_verify_is_refused(house: House) -> None:
    """A custodian whose roster lacks this auditor sees the cause, gives nothing, and can deny."""
    room = house.room
    disclosure_id = await house.request(await room.account())
    first = room.rosters.current
    left = tuple(each for each in first.people if each.name != "auditor-a")
    other = people.signed(Roster(1, False, left, first.quorums), *CUSTODIANS)
    for path in (house.folder / A).glob("roster*.json"):
        path.unlink()
    (house.folder / A / identity_folder.CONNECTION).unlink()
    house.pin(A, other)
    pending = await house.run(A, "pending")
    assert "does not verify: NOT_IN_ROSTER" in pending.err
    assert "第一条" not in pending.err
    refused = await house.run(A, "approve", disclosure_id, code=room.codes.code())
    assert refused.code == 5
    assert f"next: idvault-people custodian --identity {house.folder / A} deny {disclosure_id}" in refused.err
    assert await room.refusals(A) == 1
    denied = await house.run(A, "deny", disclosure_id, "--reason", "示例理由 (synthetic)")
    assert denied.code == 0


async def test_a_forked_log_is_5_and_both_checkpoints_are_kept(house: House) -> None:
    """A vault that is older than what the member has seen, or another, is told as LOG_FORKED by each verb."""
    room = house.room
    disclosure_id = await house.request(await room.account())
    assert (await house.run(A, "pending")).code == 0
    state = house.folder / A / identity_folder.CHECKPOINT
    true = checkpoint.verify(state.read_bytes(), PLAIN).checkpoint
    for number, size in enumerate((true.size + 5, true.size - 1), start=1):
        seen = checkpoint.sign(
            Checkpoint(KEY.name, size, bytes([number]) * 32), [NoteSigner(KEY, SIGNER.sign)]
        )
        state.write_bytes(seen)
        for verb in (["pending"], ["approve", disclosure_id], ["deny", disclosure_id]):
            refused = await house.run(A, *verb, code=room.codes.code(), json=True)
            assert refused.code == 5
            assert json.loads(refused.err)["error"]["reason"] == "LOG_FORKED"
        assert state.read_bytes() == seen
        kept = [path.read_bytes() for path in (house.folder / A / "forks").glob("*/kept")]
        assert seen in kept
    refused_notes = [path.read_bytes() for path in (house.folder / A / "forks").glob("*/refused")]
    assert {checkpoint.verify(raw, PLAIN).checkpoint.origin for raw in refused_notes} == {KEY.name}


async def test_what_is_missing_is_asked_for_at_a_terminal_only(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal a missing code, passphrase or folder is wrong usage."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    disclosure_id = await house.request(await house.room.account())
    no_code = await house.run(A, "approve", disclosure_id)
    assert (no_code.code, "--code is missing" in no_code.err) == (2, True)
    bare = await house.command("auditor", "list")
    assert (bare.code, "--identity is missing" in bare.err) == (2, True)
    quiet = await house.command("auditor", "--identity", house.folder / "auditor-a", "list")
    assert (quiet.code, "--passphrase-file is missing" in quiet.err) == (2, True)


async def test_the_wrong_folder_is_told(house: House) -> None:
    """A folder of another role, an unconnected one, and an unreachable vault are reported."""
    before = ["--passphrase-file", house.passphrase]
    other = await house.command("auditor", "--identity", house.folder / A, *before, "list")
    assert (other.code, "identity folder of a custodian" in other.err) == (4, True)
    (house.folder / "auditor-b" / identity_folder.CONNECTION).unlink()
    lone = await house.run("auditor-b", "list")
    assert lone.code == 4
    assert "connect --help" in lone.err
    house.pin("auditor-b", target="127.0.0.1:1")
    away = await house.run("auditor-b", "list")
    assert away.code == 3
    assert "next: repeat the command" in away.err or "next:" in away.err


async def test_connect_pins_a_vault(house: House) -> None:
    """It pins address, authority, log key and a published roster; another key is refused later."""
    roster = house.folder / "published.json"
    roster.write_bytes(house.room.rosters.current.to_bytes())
    folder = house.folder / "auditor-b"
    (folder / identity_folder.CONNECTION).unlink()
    arguments: list[object] = [
        "auditor", "--identity", folder, "connect", "--target", f"127.0.0.1:{house.server.port}",
        "--server-name", "localhost", "--ca", house.folder / "ca.pem", "--roster", roster, "--log-key",
    ]  # fmt: skip
    made = await house.command(*arguments, str(KEY))
    assert (made.code, made.last) == (
        0,
        f"roster: version 1 pinned, {house.room.rosters.current.digest()}",
    )
    assert (await house.run("auditor-b", "list")).last == "disclosures: 0"
    wrong = await house.command(*arguments, "noise")
    assert (wrong.code, "invalid log key" in wrong.err) == (4, True)


async def test_pending_can_be_watched(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request is shown once, as it arrives, until the vault is unavailable."""
    monkeypatch.setattr(custodian_verbs, "_PERIOD", 0.05)
    account = await house.room.account()
    first = await house.room.request(account)
    watching = asyncio.create_task(house.run(B, "pending", "--watch", json=True))
    asked = asyncio.Semaphore(0)
    pending = custodian_acts.pending

    async def counted(context: DisclosureContext, **what: Any) -> Any:
        answer = await pending(context, **what)
        asked.release()
        return answer

    monkeypatch.setattr(custodian_acts, "pending", counted)
    await asked.acquire()
    second = await house.room.request(account)
    for _ in range(3):
        await asked.acquire()
    await house.server.stop(grace=0.5, linger=0.0)
    watched = await watching
    assert watched.code == 3
    shown = [json.loads(line)["disclosure_id"] for line in watched.out.splitlines()]
    assert shown == [first, second]
