"""A share leaves a custodian's machine only for a logged disclosure, and no one person can block one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.message import Message
from sqlalchemy import select

from idvault.core.act import MemberActor
from idvault.core.edge import convert
from idvault.core.log_entry import EventFactory
from idvault.core.request import Request
from idvault.core.tables.disclosure import disclosure_decisions
from idvault.disclosure.acts import auditor as auditor_acts
from idvault.disclosure.ports import Filing
from idvault.disclosure.store import rows
from idvault.processes.bootstrap.base import ENTROPY
from idvault.sealing.text import KeyedCaseTextSealer
from idvault_client.errors import Unavailable
from idvault_people.disclosure.custodian import UnloggedReleaseError
from idvault_people.disclosure.kept_approval import KeptApprovalError
from idvault_people.disclosure.pending import NotPendingError
from idvault_people.disclosure.quota import ShareQuota
from idvault_people.trust import FindingError
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest.disclosure import Terms
from idvault_verify.attest.witness import WitnessPolicy
from idvault_verify.disclosure import Disclosure
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.event import Event, EventType
from idvault_verify.transparency import checkpoint, note
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.note import NoteSigner as Signer
from idvault_verify.v1 import disclosure_pb2
from tests.support.disclosure_world import request_id, signed, terms
from tests.support.handover_world import adopt, hand_over, leaver
from tools.support import builders, merkle
from tools.support.chamber import CUSTODIANS, SUCCESSORS, Chamber, Local, Tamper, chamber, roster_member
from tools.support.databases import Databases
from tools.support.log_world import KEY, SIGNER
from tools.support.release_world import give_garbage, history, lose, opened_behind_the_log

A, B, C = CUSTODIANS
D = SUCCESSORS[0]
REQUESTED, APPROVED = disclosure_pb2.DISCLOSURE_STATE_REQUESTED, disclosure_pb2.DISCLOSURE_STATE_APPROVED


@pytest_asyncio.fixture
async def room(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber over SQLite files."""
    async with chamber(sqlite_databases, tmp_path) as made:
        yield made


async def test_a_disclosure_is_told_although_it_was_opened_in_silence_and_cancelled(room: Chamber) -> None:
    """Operator and auditor decrypt behind the log and cancel: the owner's history lists the disclosure."""
    account = await room.account()
    disclosure_id = await room.request(account)
    await room.approve(disclosure_id, A, B)
    assert await opened_behind_the_log(room, disclosure_id, account) == builders.NAME
    await asyncio.to_thread(room.auditor().cancel, disclosure_id)
    told = await history(room, account)
    assert [each.disclosure_id for each in told.disclosures] == [disclosure_id]


async def test_garbage_that_comes_first_does_not_block(
    room: Chamber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first opening names the bad share; with the third custodian's share the same opening succeeds."""
    disclosure_id = await room.request(await room.account())
    await give_garbage(room, disclosure_id, A, monkeypatch)
    await room.approve(disclosure_id, B)
    with pytest.raises(FindingError, match=f"the share of {A} is not the one"):
        await room.open(disclosure_id)
    await room.approve(disclosure_id, C)
    opened = await room.open(disclosure_id)
    assert opened.payload.identity == builders.identity()
    assert opened.answer.disclosure.opened == 1


async def test_a_platform_that_verifies_again_does_not_block(room: Chamber) -> None:
    """The version that was newest at the request is opened, although the account has another one by now."""
    account = await room.account()
    disclosure_id = await room.request(account)
    former = await room.verify_again(account)
    await room.approve(disclosure_id, A, B)
    opened = await room.open(disclosure_id)
    assert opened.answer.record.record_id == former.record_id


async def test_a_wrong_share_among_three_is_named_and_the_record_opens(
    room: Chamber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any M good shares open; the log names the custodian of the wrong one, once."""
    disclosure_id = await room.request(await room.account(), openings=2)
    await give_garbage(room, disclosure_id, B, monkeypatch)
    await room.approve(disclosure_id, A, C)
    for _ in range(2):
        opened = await room.open(disclosure_id)
        assert opened.payload.identity == builders.identity()
        assert (opened.wrong_shares, opened.is_confirmed) == ((B,), True)
    (reported,) = await room.logged(EventType.DISCLOSURE_REPORT_SHARE)
    assert reported.actor_id == roster_member("auditor-a").actor_id
    assert len(await room.logged(EventType.DISCLOSURE_CONFIRM)) == 1
    shown = await asyncio.to_thread(room.auditor().show, disclosure_id)
    assert [each.custodian for each in shown.decisions if each.HasField("report_time")] == [B]


async def test_a_custodian_who_approves_and_gives_nothing_blocks_nothing(room: Chamber) -> None:
    """An approval without a share counts nothing, and neither does a denial after the M-th share."""
    disclosure_id = await room.request(await room.account())
    edge = Local(room, A)
    edge.tamper = lose(edge, "ReleaseShare", before=True)
    with pytest.raises(Unavailable):
        await room.approve_with(room.custodian(A, edge=edge), disclosure_id)
    assert (await room.approve(disclosure_id, B)).state == REQUESTED
    late = await asyncio.to_thread(room.custodian(C).find, disclosure_id)
    assert (await room.approve(disclosure_id, C)).state == APPROVED
    assert late.releases == 1
    assert (await room.open(disclosure_id)).payload.identity == builders.identity()


async def test_a_denial_after_the_disclosure_ends_nothing(room: Chamber) -> None:
    """The third custodian still sees the request, and the denial is logged without effect."""
    disclosure_id = await room.request(await room.account())
    await room.approve(disclosure_id, A, B)
    custodian = room.custodian(C)
    pending = await asyncio.to_thread(custodian.find, disclosure_id)
    assert (pending.releases, pending.threshold) == (2, 2)
    assert (await asyncio.to_thread(partial(custodian.deny, pending, reason="late"))).state == APPROVED
    assert (await room.open(disclosure_id)).payload.identity == builders.identity()


async def test_nothing_is_taken_once_the_auditor_has_the_record(room: Chamber) -> None:
    """After the confirmation the request waits for nobody."""
    disclosure_id = await room.request(await room.account())
    await room.approve(disclosure_id, A, B)
    assert (await room.open(disclosure_id)).is_confirmed
    with pytest.raises(NotPendingError):
        await asyncio.to_thread(room.custodian(C).find, disclosure_id)


async def test_a_lost_confirmation_does_not_hide_the_record(room: Chamber) -> None:
    """The record is shown, and the caller is told that the service does not know."""
    disclosure_id = await room.request(await room.account())
    await room.approve(disclosure_id, A, B)
    edge = Local(room, "auditor-a")
    edge.tamper = lose(edge, "ConfirmOpening", before=True)
    opened = await room.open(disclosure_id, auditor=room.auditor(edge=edge))
    assert (opened.payload.identity, opened.is_confirmed) == (builders.identity(), False)


# A service that wants a share without the public log knowing.


def _no_proof(answer: Any) -> None:
    answer.entry.ClearField("proof")


def _no_entry(answer: Any) -> None:
    answer.ClearField("entry")


def _no_checkpoint(answer: Any) -> None:
    answer.checkpoint.note = b""


def _own_log(answer: Any) -> None:
    text = answer.checkpoint.note.decode().partition("\n\n")[0] + "\n"
    answer.checkpoint.note = note.sign_note(text, [merkle.signer("log.example/idvault", seed=9)])


def _forked(answer: Any) -> None:
    """Sign another tree of the same size with the log's own key, as a forked service can."""
    text = answer.checkpoint.note.decode().split("\n")
    forked = Checkpoint(text[0], int(text[1]), bytes(32))
    answer.checkpoint.note = checkpoint.sign(forked, [Signer(KEY, SIGNER.sign)])


LIES = (_no_proof, _no_entry, _no_checkpoint, _own_log, _forked)


@pytest.mark.parametrize("lie", LIES)
async def test_a_share_does_not_leave_before_its_approval_is_public(room: Chamber, lie: Any) -> None:
    """A service that keeps the approval out of the witnessed log gets the hash of a share, and no share."""
    disclosure_id = await room.request(await room.account())
    edge = Local(room, A)

    def tamper(method: str, answer: Any) -> Any:
        if method.endswith("/ApproveDisclosure"):
            lie(answer)
        return answer

    edge.tamper = tamper
    with pytest.raises(FindingError) as refused:
        await room.approve_with(room.custodian(A, edge=edge), disclosure_id)
    assert refused.value.finding.value in {"NOT_IN_LOG", "LOG_INVALID", "LOG_FORKED"}
    assert not isinstance(refused.value, UnloggedReleaseError)
    assert not any(method.endswith("/ReleaseShare") for method, _ in edge.calls)
    assert await room.read(rows.shares, disclosure_id=disclosure_id) == []
    assert await room.refusals(A) == 1


async def test_an_approval_that_the_witnesses_have_not_seen_releases_nothing(room: Chamber) -> None:
    """The roster demands a witness: without its cosignature the share stays where it is."""
    disclosure_id = await room.request(await room.account())
    custodian = room.custodian(A)
    pending = await asyncio.to_thread(custodian.find, disclosure_id)
    first, witness = room.rosters.current, merkle.witness("witness.example", seed=2)
    policy = WitnessPolicy(1, (("witness-a", witness.key.public_key),))
    edge = Local(room, A)
    demanding = replace(
        room.custodian(A, edge=edge), trust=room.trust(A, first, replace(first, version=2, witness=policy))
    )
    async with room.sequencing():
        with pytest.raises(FindingError) as refused:
            await asyncio.to_thread(demanding.approve, pending, code=room.codes.code())
    assert refused.value.finding.value in {"LOG_INVALID", "LOG_NOT_WITNESSED"}
    assert not any(method.endswith("/ReleaseShare") for method, _ in edge.calls)


@pytest.mark.parametrize("lie", LIES)
async def test_a_release_that_is_not_logged_is_said(room: Chamber, lie: Any) -> None:
    """The custodian's client knows that its share was sent, and that the log does not show it."""
    disclosure_id = await room.request(await room.account())
    edge = Local(room, A)

    def tamper(method: str, answer: Any) -> Any:
        if method.endswith("/ReleaseShare"):
            lie(answer)
        return answer

    edge.tamper = tamper
    with pytest.raises(UnloggedReleaseError):
        await room.approve_with(room.custodian(A, edge=edge), disclosure_id)
    assert len(await room.logged(EventType.DISCLOSURE_APPROVE)) == 1  # the approval is public in any case
    assert await room.refusals(A) == 1


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("method", ["ApproveDisclosure", "ReleaseShare"])
async def test_an_approval_continues_where_it_stopped(room: Chamber, method: str, before: bool) -> None:
    """Call or answer lost: the next attempt is the same approval and share, and each act counts once."""
    disclosure_id = await room.request(await room.account())
    edge = Local(room, A)
    edge.tamper = lose(edge, method, before=before)
    with pytest.raises(Unavailable):
        await room.approve_with(room.custodian(A, edge=edge), disclosure_id)
    room.restart()
    custodian = room.custodian(A)
    pending = await asyncio.to_thread(custodian.pending)
    is_released = method == "ReleaseShare" and not before
    assert [each.is_approved for each in pending] == ([] if is_released else [method == "ReleaseShare"])
    code = room.codes.code() if method == "ApproveDisclosure" and before else ""
    async with room.sequencing():
        if is_released:
            answer = await asyncio.to_thread(custodian.finish, disclosure_id)
        else:
            answer = await asyncio.to_thread(custodian.approve, pending[0], code=code)
    assert [each.HasField("release_time") for each in answer.decisions] == [True]
    assert len(await room.logged(EventType.DISCLOSURE_APPROVE)) == 1
    assert len(await room.logged(EventType.DISCLOSURE_RELEASE)) == 1
    assert not list((room.folder / A / "approvals").iterdir())


async def test_a_kept_approval_goes_when_its_request_ends(room: Chamber) -> None:
    """It is destroyed once the request has expired, and a damaged one is named."""
    disclosure_id = await room.request(await room.account())
    edge = Local(room, A)
    edge.tamper = lose(edge, "ReleaseShare", before=True)
    with pytest.raises(Unavailable):
        await room.approve_with(room.custodian(A, edge=edge), disclosure_id)
    (path,) = (room.folder / A / "approvals").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    content = path.read_bytes()
    path.write_bytes(b"{}")
    with pytest.raises(KeptApprovalError, match=f"{disclosure_id}.json"):
        await asyncio.to_thread(room.custodian(A).pending)
    path.write_bytes(content)
    room.pass_time(hours=73)
    assert await asyncio.to_thread(room.custodian(A).pending) == []
    assert not list((room.folder / A / "approvals").iterdir())


# What the custodian's client checks by itself.


@pytest.mark.parametrize(
    "change",
    [
        {"openings": 4},
        {"openings": 0},
        {"lifetime": timedelta(days=30)},
        {"purpose": "harmless\x1b[2J\x1b[H"},
        {"legal_basis": "\u202eevil"},
        {"case_reference": ""},
        {"ahead": timedelta(minutes=11)},
    ],
)
async def test_terms_are_checked_by_the_custodian(room: Chamber, change: dict[str, Any]) -> None:
    """A coerced auditor and a service that allows anything: the custodian's client still refuses."""
    asked = await signed_anyhow(room, await room.account(), change)
    (pending,) = await asyncio.to_thread(room.custodian(A).pending)
    assert pending.disclosure_id == asked
    assert pending.refused is not None
    assert pending.refused.finding is Finding.TERMS_INVALID
    with pytest.raises(FindingError):
        await room.approve(asked, A)
    assert await room.world.all(select(disclosure_decisions)) == []


@dataclass(kw_only=True, eq=False, repr=False)
class OneEvent(EventFactory):
    """Makes one event, whatever an act wants to log: for a service that lies to its log."""

    given: Event

    def event(self, *_args: Any, **_fields: Any) -> Event:
        """Return the event."""
        return self.given


def _changed(room: Chamber, account: str, change: dict[str, Any]) -> tuple[Terms, Disclosure]:
    """Return the changed terms of a request, and the request that is stored for them."""
    first = terms(room, account)
    lifetime = change.pop("lifetime", timedelta(hours=72))
    begin = first.create_time + int(change.pop("ahead", timedelta()).total_seconds())
    end = begin + int(lifetime.total_seconds())
    asked = replace(first, create_time=begin, expire_time=end, **change)
    record = room.records[account]
    made = Disclosure(
        asked.disclosure_id,
        "auditor-a",
        roster_member("auditor-a").actor_id,
        account,
        record.record_id,
        asked.openings,
        room.now().business,
        room.now().business + timedelta(days=30),
        record_digest=record.digest(),
    )
    return asked, made


async def signed_anyhow(
    room: Chamber,
    account: str,
    change: dict[str, Any],
    *,
    digest: bytes | None = None,
) -> str:
    """File a request whose terms or entry (digest) the honest service would refuse; return its id."""
    asked, made = _changed(room, account, change)
    paper, record = signed(asked), room.records[account]
    text = KeyedCaseTextSealer(keys=room.keys, entropy=ENTROPY).seal(
        disclosure_id=asked.disclosure_id, text=paper
    )
    event = EventFactory(entropy=ENTROPY).event(
        EventType.DISCLOSURE_REQUEST,
        actor_id=made.auditor_actor_id,
        now=room.now(),
        account_token=account,
        fields={"request": paper, "record_digest": record.digest() if digest is None else digest},
    )
    vault = replace(room.vault, events=OneEvent(entropy=ENTROPY, given=event))
    await auditor_acts.request_stored.run(
        vault,
        MemberActor(made.auditor_actor_id),
        room.now(),
        Request(made.auditor_actor_id, request_id(), b"f" * 32),
        Filing(made, text, papers.digest(paper), 2),
        paper,
        named=False,
        today=room.now().business.date(),
        daily=100,
    )
    await room.step()
    return asked.disclosure_id


async def test_a_custodian_gives_one_auditor_so_many_shares_a_day(room: Chamber) -> None:
    """The limit is the custodian's own, so a lying service and a coerced auditor cannot lift it."""
    account = await room.account()
    made = [await room.request(account) for _ in range(3)]
    custodian = room.custodian(A)
    custodian = replace(custodian, quota=replace(custodian.quota, daily=2))
    for each in made[:2]:
        await room.approve_with(custodian, each)
    with pytest.raises(FindingError, match="which is your limit") as refused:
        await room.approve_with(custodian, made[2])
    assert refused.value.finding is Finding.QUOTA_EXCEEDED
    other = await room.request(account, name="auditor-b")
    await room.approve_with(custodian, other)
    room.pass_time(days=1)
    await room.step()
    await room.approve_with(custodian, made[2])


def test_the_quota_counts_a_share_once_and_survives_a_crash(tmp_path: Path) -> None:
    """A repeat does not count, and a line that was cut off does not count."""
    path, now = tmp_path / "given-shares", datetime(2026, 3, 1, tzinfo=UTC)
    quota = ShareQuota(path=path, daily=1)
    asked: dict[str, Any] = {"auditor_actor_id": "9" * 32, "now": now}
    assert quota.take(signed_request=b"a", **asked)
    assert quota.take(signed_request=b"a", **asked)
    # The attack: another request under the same disclosure id, which the auditor chooses, is another share.
    assert not quota.take(signed_request=b"b", **asked)
    path.write_bytes(path.read_bytes()[:-1])
    assert ShareQuota(path=path, daily=1).take(signed_request=b"b", **asked)
    assert path.read_text().splitlines() == [f"2026-03-01 {'9' * 32} {sha256(b'b').hexdigest()}"]


async def test_a_share_of_another_version_is_not_given(room: Chamber) -> None:
    """The request's entry fixes the record: a former version of the same account is SHARE_WRONG."""
    account = await room.account()
    former = await room.verify_again(account)
    disclosure_id = await room.request(account)

    def other(answer: Any) -> None:
        answer.record_id, answer.sealed_share = former.record_id, former.shares[0]
        answer.share_hash = former.share_hashes[0]

    def record_too(answer: Any) -> None:
        other(answer)
        answer.record.CopyFrom(convert.sealed_record(former))

    for lie in (other, record_too):
        edge = Local(room, A)
        edge.tamper = _on(lie, "/GetSealedShare")
        with pytest.raises(FindingError, match="another record than the request") as refused:
            await room.approve_with(room.custodian(A, edge=edge), disclosure_id)
        assert refused.value.finding is Finding.SHARE_WRONG
        room.pass_time(minutes=1)


async def test_a_record_that_the_request_did_not_fix_is_not_shown(room: Chamber) -> None:
    """The auditor's client refuses an answer whose request entry names another record."""
    disclosure_id = await room.request(await room.account())
    await room.approve(disclosure_id, A, B)
    edge = Local(room, "auditor-a")
    edge.tamper = _on(lambda answer: answer.request.CopyFrom(answer.opening), "/OpenDisclosure")
    with pytest.raises(FindingError) as refused:
        await room.open(disclosure_id, auditor=room.auditor(edge=edge))
    assert refused.value.finding is Finding.NOT_IN_LOG


def _on(lie: Any, method: str) -> Tamper:
    def tamper(name: str, answer: Message) -> Message:
        if name.endswith(method):
            lie(answer)
        return answer

    return tamper


async def test_a_hand_over_in_between_blocks_nothing(room: Chamber) -> None:
    """A share that the leaver released counts, under the new roster, with one of another custodian."""
    account = await room.account()
    disclosure_id = await room.request(account)
    await room.approve(disclosure_id, A)
    adopt(room, D, B, C)
    await hand_over(leaver(room))
    assert (await room.approve(disclosure_id, C)).state == APPROVED
    assert (await room.open(disclosure_id)).payload.identity == builders.identity()


async def test_a_kept_version_opens_after_a_hand_over(room: Chamber) -> None:
    """It stays sealed to the custodians of before; those who stay release their shares."""
    account = await room.account()
    disclosure_id = await room.request(account)
    former = await room.verify_again(account)
    adopt(room, D, B, C)
    await hand_over(leaver(room))
    assert (await room.approve(disclosure_id, B, C)).state == APPROVED
    assert (await room.open(disclosure_id)).answer.record.record_id == former.record_id
    with pytest.raises(NotPendingError):
        await asyncio.to_thread(room.custodian(D).find, disclosure_id)
