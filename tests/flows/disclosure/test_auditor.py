"""Disclosures: what the service refuses, with the reason and the log entry."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from idvault.account.rules import FORMER_KEPT
from idvault.account.store import rows as account_rows
from idvault.core.db.connection import Connection
from idvault.core.db.statement import statement
from idvault.core.tables.account import records
from idvault.core.tables.disclosure import disclosures, kept_records
from idvault.core.tables.key import record_keys
from idvault.core.tables.log import log_openings
from idvault.disclosure.acts.custodian import LONGEST_SHARE
from idvault.disclosure.ports import Filed
from idvault.disclosure.store import rows
from idvault_client.errors import NotFound, RecordDamaged
from idvault_verify.attest import disclosure as papers
from idvault_verify.disclosure import Verdict
from idvault_verify.error import Reason
from idvault_verify.event import EventType
from idvault_verify.v1 import disclosure_pb2 as pb
from tests.support.disclosure_world import (
    A,
    B,
    C,
    approved,
    cancel,
    confirm,
    decide,
    decision,
    file,
    filed,
    get,
    give,
    open_once,
    pending,
    refused,
    release,
    request_id,
    signed,
    terms,
)
from tools.support import builders
from tools.support.chamber import Chamber, Local, roster_member
from tools.support.storage_world import MISMATCHED


async def test_self_approval(room: Chamber) -> None:
    """An auditor who becomes a custodian cannot decide on an earlier request: SELF_APPROVAL."""
    disclosure_id, paper = await filed(room)
    roster = room.rosters.current
    turned = replace(roster_member(A), name="auditor-a", actor_id=roster_member("auditor-a").actor_id)
    quorum = replace(roster.quorums[0], custodians=(turned, roster_member(B), roster_member(C)))
    others = tuple(each for each in roster.people if each.name not in ("auditor-a", A))
    room.rosters.versions.append(replace(roster, version=2, people=(turned, *others), quorums=(quorum,)))
    own = replace(decision(paper, A), name="auditor-a")
    await refused(room, "auditor-a", decide(room, own), Reason.SELF_APPROVAL)
    room.pass_time(minutes=1)
    request = pb.GetSealedShareRequest(disclosure_id=disclosure_id)
    share = Local(room, "auditor-a", role="custodian").ask(
        "CustodianService/GetSealedShare", request, pb.SealedShare
    )
    await refused(room, "auditor-a", share, Reason.SELF_APPROVAL)


async def test_a_wrong_code(room: Chamber) -> None:
    """An approval and an opening with one are SECOND_FACTOR_REFUSED."""
    _, paper = await filed(room)
    await refused(room, A, decide(room, decision(paper, A, code="000000")), Reason.SECOND_FACTOR_REFUSED)
    opening = open_once(room, await approved(room), code="000000")
    await refused(room, "auditor-a", opening, Reason.SECOND_FACTOR_REFUSED)


async def test_a_paper_that_says_something_else(room: Chamber) -> None:
    """Without a share's hash, or with another purpose, custodian, place, request or signature: refused."""
    _, paper = await filed(room)
    _, other = await filed(room)
    command = decision(paper, A)
    said = papers.parse_decision(command.signed, verdict=Verdict.APPROVE)
    for wrong in (
        decision(paper, A, verdict=Verdict.DENY).signed,
        paper,
        signed(replace(said, resealed_hash=b""), A),
        signed(replace(said, resealed_hash=bytes(31)), A),
        signed(replace(said, custodian=B), A),
        signed(replace(said, share_index=2), A),
        decision(other, A).signed,
        signed(said, B),
    ):
        await refused(room, A, decide(room, replace(command, signed=wrong)), Reason.INVALID_MESSAGE)
        room.pass_time(minutes=1)


async def test_too_few_shares(room: Chamber) -> None:
    """With M - 1 shares and M approvals: ILLEGAL_TRANSITION, as for a second decision; no code is spent."""
    disclosure_id, paper = await filed(room)
    await give(room, paper, A)
    await decide(room, decision(paper, B))
    code = room.codes.code()
    await refused(room, "auditor-a", open_once(room, disclosure_id, code=code), Reason.ILLEGAL_TRANSITION)
    await refused(room, B, decide(room, decision(paper, B, code=code)), Reason.ILLEGAL_TRANSITION)
    assert code in room.codes.good


async def test_somebody_who_holds_no_share(room: Chamber) -> None:
    """A custodian of another quorum gets ACCESS_DENIED and no part of the request."""
    _, paper = await filed(room)
    roster = room.rosters.current
    outsider = roster_member("mallory")
    room.rosters.versions[0] = replace(roster, people=(*roster.people, outsider))
    asked = replace(decision(paper, A), name="mallory")
    await refused(room, "mallory", decide(room, asked), Reason.ACCESS_DENIED)
    found = await pending(room, "mallory")
    assert (list(found.disclosures), found.checkpoint.note) == ([], b"")


async def test_a_key_that_is_not_in_the_roster(room: Chamber) -> None:
    """A request signed with another key or in another auditor's name is INVALID_MESSAGE."""
    asked = terms(room, await room.account())
    await refused(room, "auditor-a", file(room, signed(asked, "mallory")), Reason.INVALID_MESSAGE)
    room.pass_time(minutes=1)
    other = replace(asked, auditor="auditor-b")
    await refused(room, "auditor-a", file(room, signed(other)), Reason.INVALID_MESSAGE)


async def test_a_person_who_left_the_roster(room: Chamber) -> None:
    """A removed member gets ACCESS_DENIED from the next call on."""
    asked = terms(room, await room.account())
    roster = room.rosters.current
    left = tuple(each for each in roster.people if each.name != "auditor-a")
    room.rosters.versions.append(replace(roster, version=2, people=left))
    await refused(room, "auditor-a", file(room, signed(asked)), Reason.ACCESS_DENIED)


async def test_a_request_under_another_roster(room: Chamber) -> None:
    """A request signed under a version that is not the current one is ROSTER_INVALID."""
    asked = terms(room, await room.account(), roster_digest="0" * 64)
    await refused(room, "auditor-a", file(room, signed(asked)), Reason.ROSTER_INVALID)


async def test_a_replayed_request(room: Chamber) -> None:
    """The same signed bytes under another request_id or from another auditor are refused and logged."""
    asked = terms(room, await room.account())
    await file(room, signed(asked), number=1)
    again = await file(room, signed(asked), number=1)
    assert again.disclosure_id == asked.disclosure_id
    await refused(room, "auditor-a", file(room, signed(asked), number=2), Reason.REQUEST_ID_REUSED)
    await refused(room, "auditor-b", file(room, signed(asked), name="auditor-b"), Reason.INVALID_MESSAGE)
    other = signed(terms(room, asked.account_token))
    room.pass_time(minutes=1)
    await refused(room, "auditor-a", file(room, other, number=1), Reason.REQUEST_ID_REUSED)
    assert len(await room.logged(EventType.DISCLOSURE_REQUEST)) == 1


async def test_an_old_request(room: Chamber) -> None:
    """A request signed an hour ago is DISCLOSURE_EXPIRED, although its lifetime is longer."""
    asked = terms(room, await room.account())
    room.pass_time(hours=1)
    await refused(room, "auditor-a", file(room, signed(asked)), Reason.DISCLOSURE_EXPIRED)


async def test_an_account_without_a_record(room: Chamber) -> None:
    """An unknown account and a never-verified one are ACCOUNT_NOT_FOUND."""
    job = await room.world.job()
    for account in (builders.TOKEN, job.account_token):
        asked = signed(terms(room, account))
        await refused(room, "auditor-a", file(room, asked), Reason.ACCOUNT_NOT_FOUND)
        room.pass_time(minutes=1)


async def test_another_auditors_disclosure(room: Chamber) -> None:
    """For other auditors it is REQUEST_NOT_FOUND: to read, to cancel and to open."""
    disclosure_id = await approved(room)
    await refused(room, "auditor-b", get(room, disclosure_id, name="auditor-b"), Reason.REQUEST_NOT_FOUND)
    for act in (
        cancel(room, disclosure_id, name="auditor-b"),
        open_once(room, disclosure_id, name="auditor-b"),
        get(room, "0" * 32, name="auditor-b"),
    ):
        with pytest.raises(NotFound):
            await act
    assert await room.refusals("auditor-b") == 1  # within a minute: the rest is a count


async def test_a_share_that_was_not_approved(room: Chamber) -> None:
    """Another share than the approved one, none, and one that is too long are refused."""
    _, paper = await filed(room)
    command = decision(paper, A)
    await decide(room, command)
    for resealed in (b"another share", b"", bytes(LONGEST_SHARE + 1)):
        room.pass_time(minutes=1)
        await refused(room, A, release(room, command, share=resealed), Reason.INVALID_MESSAGE)
    await release(room, command)
    assert len(await room.logged(EventType.DISCLOSURE_RELEASE)) == 1


async def test_only_the_auditor_confirms_and_reports(room: Chamber) -> None:
    """For others the disclosure does not exist; before the first opening both are ILLEGAL_TRANSITION."""
    disclosure_id = await approved(room)
    for name, reason in (
        ("auditor-b", Reason.REQUEST_NOT_FOUND),
        ("auditor-a", Reason.ILLEGAL_TRANSITION),
    ):
        await refused(room, name, confirm(room, disclosure_id, name=name), reason)
        room.pass_time(minutes=1)
        request = pb.ReportShareRequest(request_id=request_id(), disclosure_id=disclosure_id, custodian=A)
        reported = Local(room, name).ask("DisclosureService/ReportShare", request, pb.ReportShareResponse)
        await refused(room, name, reported, reason)


async def _fetched(room: Chamber, disclosure_id: str) -> Filed:
    found = await room.read(rows.get, disclosure_id=disclosure_id)
    assert found is not None
    return found


async def test_a_record_that_was_replaced_is_kept_for_its_requests(room: Chamber) -> None:
    """After a re-verification requests go on with the former version; it is due 8 days after the last."""
    disclosure_id, paper = await filed(room)
    account = papers.parse_request(paper).account_token
    second = await room.request(account)
    former = await room.verify_again(account)
    newest = await room.request(account)
    for each in (disclosure_id, second):
        assert (await _fetched(room, each)).disclosure.record_id == former.record_id
    assert (await _fetched(room, newest)).disclosure.record_id != former.record_id
    await room.approve(second, A, B)
    assert (await open_once(room, second)).record.record_id == former.record_id
    room.pass_time(hours=1)
    assert (await confirm(room, second)).HasField("confirm_time")
    await room.sweep(limit=10)
    version = {"account_token": account, "record_id": former.record_id}
    assert await room.read(rows.evidence, **version) is not None
    await cancel(room, disclosure_id)
    assert await room.read(rows.evidence, **version) is not None
    ((due_at,),) = await room.world.all(select(kept_records.c.due_at))
    assert due_at == room.now().business + FORMER_KEPT


async def test_each_former_version_is_kept_for_some_days(room: Chamber) -> None:
    """Whether or not somebody has requested it: how long it stays tells of nobody."""
    account, due = await room.account(), []
    for _ in range(2):
        await room.verify_again(account)
        due.append(room.now().business + FORMER_KEPT - timedelta(milliseconds=1))
    found = await room.world.all(select(kept_records.c.due_at).order_by(kept_records.c.due_at))
    assert [row.due_at for row in found] == due


async def test_a_quorum_that_no_roster_has(room: Chamber) -> None:
    """A record with an unknown quorum is QUORUM_INVALID: to request and to decide."""
    _, paper = await filed(room)
    await room.world.do(update(records).values(present_quorum_id="0" * 64))
    await refused(room, A, decide(room, decision(paper, A)), Reason.QUORUM_INVALID)
    asked = terms(room, papers.parse_request(paper).account_token)
    await refused(room, "auditor-a", file(room, signed(asked)), Reason.QUORUM_INVALID)


async def test_a_record_that_does_not_fit_the_log(room: Chamber) -> None:
    """A changed record or changed evidence is RECORD_DAMAGED, and no code is spent."""
    disclosure_id = await approved(room)
    (row,) = await room.world.all(select(records))
    changes: list[Any] = [
        update(records).values(ciphertext=row.ciphertext[:-1] + bytes([row.ciphertext[-1] ^ 1])),
        update(records).values(ciphertext=row.ciphertext, salt=bytes(32)),
        update(records).values(salt=row.salt, commitment=bytes(32)),
        update(records).values(commitment=row.commitment, sealing_quorum_id="0" * 64),
    ]
    for change in changes:
        await room.world.do(change)
        code = room.codes.code()
        await refused(room, "auditor-a", open_once(room, disclosure_id, code=code), Reason.RECORD_DAMAGED)
        assert code in room.codes.good
        room.pass_time(minutes=1)
    await room.world.do(update(records).values(sealing_quorum_id=row.sealing_quorum_id))
    await open_once(room, disclosure_id)


async def test_missing_evidence_is_damage(room: Chamber) -> None:
    """Without the opening keys nothing can be proved, so nothing is returned."""
    disclosure_id = await approved(room)
    await filed(room)
    await room.world.do(delete(log_openings))
    await refused(room, "auditor-a", open_once(room, disclosure_id), Reason.RECORD_DAMAGED)
    with pytest.raises(RecordDamaged):
        await pending(room, C)


async def test_an_old_version_that_was_put_back_is_refused(room: Chamber) -> None:
    """A restored old version does not match the newest settlement entry: it cannot be requested.

    One that is put back after the request does not match the request's entry.
    """
    account = await room.account()
    former = await room.verify_again(account)
    disclosure_id = await room.request(account)
    await room.approve(disclosure_id, A, B)
    await room.world.database.act("test", lambda connection: account_rows.put_record(connection, former))
    await room.world.do(update(disclosures).values(record_id=former.record_id))
    await refused(room, "auditor-a", open_once(room, disclosure_id), Reason.RECORD_DAMAGED)
    room.pass_time(minutes=1)
    asked = signed(terms(room, account))
    await refused(room, "auditor-a", file(room, asked), Reason.RECORD_DAMAGED)


async def test_a_failed_verification_leaves_the_record_fitting(room: Chamber) -> None:
    """The settlement entry of a failed claim is newer but does not concern the record."""
    account = await room.account()
    job = await room.world.job(account_token=account, new_account=False)
    await room.settle(job, MISMATCHED)
    disclosure_id = await room.request(account)
    await room.approve(disclosure_id, A, B)
    opened = await open_once(room, disclosure_id)
    assert opened.record.record_id == room.records[account].record_id


async def test_an_erased_shred_key_releases_nothing(room: Chamber) -> None:
    """The answer is RECORD_DAMAGED, and no new shred key is created."""
    disclosure_id = await approved(room)

    async def work(connection: Connection) -> None:
        await connection.run(statement(delete(record_keys)))

    await room.shred.act("test", work)
    with pytest.raises(RecordDamaged):
        await open_once(room, disclosure_id)
